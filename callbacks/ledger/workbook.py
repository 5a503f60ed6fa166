"""整改台账 as a workbook: what the filters leave, or what is to be rechecked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbacks.audit.doubts import comeback_text
from callbacks.frame.context import read_context
from callbacks.frame.downloads import file_name, sheet_stamp
from callbacks.ledger.address import MARKS, has_mark, read_ledger
from components import paths
from components.ledger.page import kind_text
from data.exports import SheetColumn, tables_to_xlsx
from data.settings import Settings
from data.vocabulary import RectificationWay
from data.worklists.comebacks import comebacks
from data.worklists.ledger import ledger
from data.worklists.rechecks import rechecks

if TYPE_CHECKING:
    from sqlalchemy import Connection

EXPORT_PATH = f"/export{paths.LEDGER}.xlsx"


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx) for an address."""
    context = read_context(conn, settings, search)
    address = read_ledger(context.query)
    names = context.names_seen
    stamp = sheet_stamp(context, "ledger_unrectified_rate")
    if address.tab == "rechecks":
        columns = [
            SheetColumn("年度", "count"), SheetColumn("图斑编号", width=20),
            SheetColumn("地块", "count"), SheetColumn("区市"), SheetColumn("复核对象"),
            SheetColumn("起算日", "date"), SheetColumn("上次复核", "date"),
            SheetColumn("上次结果"), SheetColumn("应复核日", "date"), SheetColumn("逾期"),
            SheetColumn("重新列入"),
        ]  # fmt: skip
        rows: list[list[Any]] = [
            [
                r.year, r.patch_no, r.parcel_no, names.get(r.district, r.district),
                kind_text(r.kind), r.start_on, r.last_on, r.finding.label if r.finding else None,
                r.due_on, r.overdue, r.reopened,
            ]
            for r in rechecks(conn, context.scope, context.as_of, context.district)
        ]  # fmt: skip
        tables = {"周期复核": (columns, rows)}
        return file_name("周期复核", context), tables_to_xlsx(tables, stamp)
    if address.tab == "comebacks":
        columns = [
            SheetColumn("年度", "count"), SheetColumn("图斑编号", width=20), SheetColumn("区市"),
            SheetColumn("类别", width=14), SheetColumn("情况", width=70), SheetColumn("认定"),
        ]  # fmt: skip
        pairs = comebacks(conn, context.scope, context.as_of, context.year, context.district)
        told: list[list[Any]] = [
            [b.year, b.patch_no, names.get(b.district, b.district), b.kind.label, comeback_text(b),
             b.state.label]
            for b in pairs
        ]  # fmt: skip
        return file_name("重叠和复现", context), tables_to_xlsx(
            {"重叠和复现": (columns, told)}, stamp
        )
    found = ledger(conn, context.scope, context.as_of, context.district)
    columns = [
        SheetColumn("来源年度", "count"), SheetColumn("图斑编号", width=20),
        SheetColumn("地块", "count"), SheetColumn("区市"),
        SheetColumn("违法占用耕地（亩）", "area"), SheetColumn("其中永久基本农田（亩）", "area"),
        SheetColumn("整改方式", width=14),
        SheetColumn("整改期限", "date"), SheetColumn("计划整改日期", "date"),
        SheetColumn("消除违法状态日期", "date"), SheetColumn("验收日期", "date"),
        SheetColumn("拆除复耕证明编号", width=20), SheetColumn("销号日期", "date"),
        SheetColumn("状态"), *(SheetColumn(label) for label in MARKS.values()),
    ]  # fmt: skip
    rows = [
        [
            i.year, i.patch_no, i.parcel_no, names.get(i.district, i.district), i.farmland_mu,
            i.basic_farmland_mu, RectificationWay(i.way).label if i.way else None, i.deadline_on,
            i.planned_on, i.eliminated_on, i.accepted_on, i.certificate_no, i.written_off_on,
            i.state.label, *(has_mark(i, mark) for mark in MARKS),
        ]
        for i in found.items
        if address.fits(i)
    ]  # fmt: skip
    return file_name("整改台账", context), tables_to_xlsx({"整改台账": (columns, rows)}, stamp)
