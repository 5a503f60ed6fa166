"""月核 as a workbook: a sheet a list, as the page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbacks.audit.cases import cases_workbook
from callbacks.audit.doubts_tab import doubts_workbook
from callbacks.audit.oddities import oddities_workbook
from callbacks.frame.context import read_context
from callbacks.frame.downloads import file_name, sheet_stamp
from components.audit.page import ORDER, WHO
from data.exports import SheetColumn, tables_to_xlsx
from data.settings import Settings
from data.store.queries.audit_lists import returns_by
from data.vocabulary import AuditLevel
from data.worklists.audit import audit
from data.worklists.stages import Stage

if TYPE_CHECKING:
    from sqlalchemy import Connection

_OF_TABS = {
    "doubts": doubts_workbook,
    "oddities": oddities_workbook,
    "cases": cases_workbook,
}

Sheet = tuple[list[SheetColumn], list[list[Any]]]


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx) of the audit for an address, or of the tab that it names."""
    context = read_context(conn, settings, search)
    if (tab := context.query.get("tab", "")) in _OF_TABS:
        return _OF_TABS[tab](conn, context)
    scope, year, as_of = context.scope, context.year, context.as_of
    found = audit(conn, scope, year, as_of, context.district)
    names = context.names_seen
    stages = [Stage(name) for name in ORDER]
    matrix: list[list[Any]] = []
    rows = [(names.get(code, code), cells) for code, cells in found.districts.items()]
    if context.district is None:
        rows.append(("全市", found.city))
    for name, cells in rows:
        total = sum(cells[stage].patches for stage in stages)
        matrix.append(
            [name, *(v for s in stages for v in (cells[s].patches, cells[s].farmland_mu)), total]
        )
    heads = [
        column
        for s in stages
        for column in (
            SheetColumn(f"{s.label}（个）", "count"), SheetColumn(f"{s.label}耕地（亩）", "area")
        )
    ]  # fmt: skip
    tables: dict[str, Sheet] = {
        "阶段": ([SheetColumn("区市"), *heads, SheetColumn("下发图斑（个）", "count")], matrix),
        "在办图斑": (
            [
                SheetColumn("图斑编号", width=20),
                SheetColumn("区市"),
                SheetColumn("阶段", width=14),
                SheetColumn("谁来办"),
                SheetColumn("自何日起", "date"),
                SheetColumn("天数", "count"),
                SheetColumn("工作日", "count"),
                SheetColumn("耕地（亩）", "area"),
            ],
            [
                [
                    w.patch_no, names.get(w.district, w.district), w.stage.label,
                    WHO[w.stage.value], w.since, w.days, w.workdays, w.farmland_mu,
                ]
                for w in found.waiting
            ],
        ),
        "退回": (
            [
                SheetColumn("图斑编号", width=20),
                SheetColumn("区市"),
                SheetColumn("级别"),
                SheetColumn("退回日期", "date"),
                SheetColumn("退回原因", width=40),
                SheetColumn("月清月份"),
            ],
            [
                [
                    r.patch_no, names.get(r.district, r.district), AuditLevel(r.level).label,
                    r.decided_on, "、".join(r.codes), r.month or "矿产",
                ]
                for r in returns_by(conn, scope.narrowed_to(context.district), year, as_of)
            ],
        ),
        "问题清单": (
            [
                SheetColumn("图斑编号", width=20),
                SheetColumn("区市"),
                SheetColumn("列入日期", "date"),
                SheetColumn("期限", "date"),
                SheetColumn("销号日期", "date"),
                SheetColumn("状态"),
                SheetColumn("问题", width=50),
            ],
            [
                [
                    p.patch_no, names.get(p.district, p.district), p.listed_on, p.due_on,
                    p.written_off_on, p.state.label, p.description,
                ]
                for p in found.problems
            ],
        ),
        "违法未立案": (
            [
                SheetColumn("图斑编号", width=20),
                SheetColumn("地块", "count"),
                SheetColumn("区市"),
                SheetColumn("定性生效", "date"),
                SheetColumn("工作日", "count"),
            ],
            [
                [u.patch_no, u.parcel_no, names.get(u.district, u.district), u.since, u.workdays]
                for u in found.direct_filing
            ],
        ),
    }  # fmt: skip
    return file_name("月核", context), tables_to_xlsx(tables, sheet_stamp(context, "final"))
