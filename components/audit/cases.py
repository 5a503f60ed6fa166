"""What stands on 查处移送: sums by district, how long steps took, and the lists behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from dash.development.base_component import Component

from components import paths
from components.audit.page import stay_cell
from components.links import href
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.periods import format_day
from data.units import format_count
from data.vocabulary import SIX_QUESTIONS, Legality

if TYPE_CHECKING:
    from data.store.queries.case_facts import TransferFact
    from data.worklists.audit import Unfiled
    from data.worklists.cases import Case, Cases, CaseSums, Question

Query = Mapping[str, str]
Names = Mapping[str, str]
#: Sum → (head, list of the patches behind it).
SUMS = {
    "unlawful": ("违法地块（宗）", "unlawful"),
    "filed": ("已立案（宗）", "filed"),
    "unfiled": ("未立案（宗）", "unfiled"),
    "late": ("超期未立案（宗）", "late"),
    "without_unlawful": ("立案而非违法（宗）", "without"),
    "transfers": ("移送（次）", "transfers"),
    "unanswered": ("未答复（次）", "unanswered"),
    "questions_open": ("六个是否待补判（宗）", "questions"),
}


def list_href(name: str, query: Query) -> str:
    return href(paths.AUDIT_PATCHES, query, list=f"cases-{name}")


def _rows(found: Cases, names: Names, query: Query, chosen: str | None) -> list[
    tuple[Cell, CaseSums, Query]
]:  # fmt: skip
    """A row a district, and of the whole where there are several."""
    rows: list[tuple[Cell, CaseSums, Query]] = []
    for code, sums in found.districts.items():
        own = {**query, "district": code}
        rows.append((Cell(names.get(code, code), href(paths.AUDIT, own, tab="cases")), sums, own))
    if chosen is None and len(rows) > 1:
        rows.append((Cell("全市", tone="total"), found.city, query))
    return rows


def sums_table(found: Cases, names: Names, query: Query, chosen: str | None) -> Component:
    """Each number leads to its patches."""
    bad = ("late", "without_unlawful")
    table: list[list[str | Cell]] = []
    for head, sums, own in _rows(found, names, query, chosen):
        cells: list[str | Cell] = [head]
        for name, (_, target) in SUMS.items():
            number = getattr(sums, name)
            tone = "none" if not number else "bad" if name in bad else ""
            link = list_href(target, own) if number else None
            cells.append(Cell(format_count(number), link, tone=tone))
        table.append(cells)
    columns = [TableColumn("区市"), *(TableColumn(head, True) for head, _ in SUMS.values())]
    return plain_table(columns, table, "各区市查处移送", "stage-matrix")


def times_table(found: Cases, names: Names, query: Query, chosen: str | None) -> Component:
    """Median workdays of what is finished; what is open apart, with the oldest."""
    rows = _rows(found, names, query, chosen)
    stays = list(found.city.times)
    table: list[list[str | Cell]] = [
        [
            head,
            *(
                stay_cell(sums.times[s], found.as_of, list_href(f"{s.value}-open", own))
                for s in stays
            ),
        ]
        for head, sums, own in rows
    ]
    columns = [TableColumn("区市"), *(TableColumn(f"{s.label}（工作日）", True) for s in stays)]
    return plain_table(columns, table, "查处各步用时的中位数", "stays-table")


def _patch(number: str, year: int, query: Query) -> Cell:
    return Cell(number, href(paths.patch(year, number), query))


def parcel_text(number: int) -> str:
    return str(number) if number else "整个图斑"


def legality_text(legality: Legality | None) -> str:
    return legality.label if legality else "没有这个地块"


def unfiled_rows(
    items: Sequence[Unfiled], names: Names, line: int, year: int, query: Query
) -> Component:
    table: list[list[str | Cell]] = [
        [
            _patch(u.patch_no, year, query),
            parcel_text(u.parcel_no),
            names.get(u.district, u.district),
            format_day(u.since, year),
            Cell(format_count(u.workdays), tone="bad" if u.workdays > line else ""),
        ]
        for u in items
    ]
    columns = [
        *(TableColumn(n) for n in ("图斑编号", "地块", "区市", "定性生效")),
        TableColumn("未立案（工作日）", True),
    ]
    return plain_table(columns, table, "违法未立案的地块")


def without_rows(items: Sequence[Case], names: Names, year: int, query: Query) -> Component:
    table: list[list[str | Cell]] = [
        [
            _patch(c.fact.patch_no, year, query),
            parcel_text(c.fact.parcel_no),
            names.get(c.fact.district, c.fact.district),
            format_day(c.fact.filed_on, year),
            c.fact.case_no or "—",
            legality_text(c.legality),
        ]
        for c in items
    ]
    columns = [TableColumn(n) for n in ("图斑编号", "地块", "区市", "立案", "案号", "现在的定性")]
    return plain_table(columns, table, "已立案而地块并非违法")


def transfer_rows(
    items: Sequence[TransferFact], names: Names, as_of: date, year: int, query: Query
) -> Component:
    table: list[list[str | Cell]] = [
        [
            _patch(t.patch_no, year, query),
            parcel_text(t.parcel_no),
            names.get(t.district, t.district),
            t.department.label,
            format_day(t.transferred_on, year),
            t.document_no or "—",
            format_day(t.replied_on, year)
            if t.replied_on
            else Cell(f"未答复，已{(as_of - t.transferred_on).days}天"),
            t.note or "—",
        ]
        for t in items
    ]
    heads = ("图斑编号", "地块", "区市", "移送部门", "移送", "文号", "答复", "备注")
    return plain_table([TableColumn(n) for n in heads], table, "移送移交和答复")


def questions_text(missing: Sequence[str]) -> str:
    return "、".join(SIX_QUESTIONS[name] for name in missing)


def question_rows(items: Sequence[Question], names: Names, year: int, query: Query) -> Component:
    table: list[list[str | Cell]] = [
        [
            _patch(q.patch_no, year, query),
            parcel_text(q.parcel_no),
            names.get(q.district, q.district),
            questions_text(q.missing),
        ]
        for q in items
    ]
    columns = [TableColumn(n) for n in ("图斑编号", "地块", "区市", "待补判")]
    return plain_table(columns, table, "六个是否没有答全的违法地块")
