"""查处移送: what was filed about the unlawful, how long it took, what was handed over and
answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from callbacks.audit.tabs import actions, head
from callbacks.frame.context import PageContext
from callbacks.frame.downloads import file_name, sheet_stamp
from components import paths
from components.audit.cases import (
    SUMS,
    legality_text,
    list_href,
    question_rows,
    questions_text,
    sums_table,
    times_table,
    transfer_rows,
    unfiled_rows,
    without_rows,
)
from components.links import href
from components.parts.cards import card, empty
from data.definitions import DEFINITIONS
from data.exports import SheetColumn, tables_to_xlsx
from data.periods import format_day
from data.settings import Settings
from data.units import format_count
from data.worklists.cases import Case, Cases, CaseStay, cases

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Rows of a list on the page; all of them are one click away.
MOST = 20


def _unlawful(found: Cases, filed: bool | None = None) -> list[str]:
    return [no for (no, _), (_, is_filed) in found.unlawful.items() if filed in (None, is_filed)]


def _of(found: Iterable[Case], start: str, end: str) -> list[str]:
    """Of cases in which one step was taken and the next waits."""
    return [
        c.fact.patch_no
        for c in found
        if getattr(c.fact, start) and not getattr(c.fact, end) and c.unlawful
    ]


#: What an address calls a list → (its words, the patch of each thing counted).
CASE_LISTS: dict[str, tuple[str, Callable[[Cases], list[str]]]] = {
    "unlawful": ("违法地块", _unlawful),
    "filed": ("违法已立案", lambda f: _unlawful(f, True)),
    "unfiled": ("违法未立案", lambda f: [u.patch_no for u in f.direct_filing]),
    "late": (
        "违法超期未立案",
        lambda f: [u.patch_no for u in f.direct_filing if u.workdays > f.line],
    ),
    "without": ("立案而非违法", lambda f: [c.fact.patch_no for c in f.without_unlawful]),
    "transfers": ("移送移交", lambda f: [t.patch_no for t in f.transfers]),
    "unanswered": (
        "移送未答复",
        lambda f: [t.patch_no for t in f.transfers if t.replied_on is None],
    ),
    "questions": ("六个是否待补判", lambda f: [q.patch_no for q in f.questions]),
    "file-open": ("已制止未立案", lambda f: _of(f.cases, "stopped_on", "filed_on")),
    "penalty-open": ("已立案未作处罚决定", lambda f: _of(f.cases, "filed_on", "penalty_on")),
    "reply-open": (
        "移送未答复",
        lambda f: [t.patch_no for t in f.transfers if t.replied_on is None],
    ),
}


def sentences(context: PageContext, found: Cases) -> list[str]:
    """What is late first, then how far filing is, then what else is open."""
    day, where, sums = format_day(context.as_of, context.year), context.district_name, found.city
    said = []
    if sums.late:
        said.append(
            f"截至{day}，{where}{sums.late:,}宗违法地块超过{found.line}个工作日未立案，市局可直接立案"
        )
    filed = f"违法地块{sums.unlawful:,}宗，已立案{sums.filed:,}宗"
    said.append(filed if said else f"截至{day}，{where}{filed}")
    if sums.without_unlawful:
        said.append(f"{sums.without_unlawful:,}宗立案而地块并非违法")
    if sums.unanswered:
        said.append(f"移送{sums.transfers:,}次，{sums.unanswered:,}次未答复")
    if sums.questions_open:
        said.append(f"{sums.questions_open:,}宗六个是否待补判")
    return said


def cases_tab(conn: Connection, context: PageContext, settings: Settings) -> list[Component]:
    found = cases(conn, context.scope, context.year, context.as_of, context.district)
    top = head(context, sentences(context, found), "cases")
    query, year = context.query, context.year
    if not (found.unlawful or found.cases or found.transfers):
        return [*top, empty("还没有违法地块、立案和移送。", "去上传“查处整改”",
                            href(paths.UPLOAD, query))]  # fmt: skip
    names = context.names_seen
    menu = actions(context, "cases")
    cards = [
        card(
            "违法地块立了多少案，移送了多少",
            sums_table(found, names, query, context.district),
            definition=DEFINITIONS["filing_rate"],
            actions=menu,
            note="土地和矿产图斑，按地块计（移送按次）。点数字看图斑。",
            class_name="wide",
        ),
        card(
            "各步用几个工作日",
            times_table(found, names, query, context.district),
            actions=menu,
            note="已完成的取中位数；还没完成的另列，点开看图斑。地块已不是违法的，不算没完成。",
        ),
    ]
    waiting, without = found.direct_filing, found.without_unlawful
    open_ = [t for t in found.transfers if t.replied_on is None]
    answered = [t for t in found.transfers if t.replied_on is not None]
    transfers = [*open_, *answered]
    for items, title, table, name in (
        (
            waiting,
            f"违法未立案{len(waiting):,}宗，{found.city.late:,}宗超过{found.line}个工作日",
            unfiled_rows(waiting[:MOST], names, found.line, year, query),
            "unfiled",
        ),
        (
            without,
            f"立案而地块并非违法{len(without):,}宗，请核对定性或撤案",
            without_rows(without[:MOST], names, year, query),
            "without",
        ),
        (
            transfers,
            f"移送移交{len(transfers):,}次，{len(open_):,}次未答复",
            transfer_rows(transfers[:MOST], names, context.as_of, year, query),
            "transfers",
        ),
        (
            found.questions,
            f"六个是否待补判{len(found.questions):,}宗",
            question_rows(found.questions[:MOST], names, year, query),
            "questions",
        ),
    ):
        if items:
            every = dcc.Link(f"全部{format_count(len(items))}项的图斑", href=list_href(name, query))
            cards.append(card(title, table, menu=[every], actions=menu))
    return [*top, html.Div(cards, className="audit-grid")]


def cases_workbook(conn: Connection, context: PageContext) -> tuple[str, bytes]:
    """(file name, xlsx): a sheet a list, whole."""
    found = cases(conn, context.scope, context.year, context.as_of, context.district)
    names = context.names_seen

    def name(code: str) -> str:
        return names.get(code, code)

    patch = [SheetColumn("图斑编号", width=20), SheetColumn("地块", "count"), SheetColumn("区市")]
    sums = [(name(code), own) for code, own in found.districts.items()]
    if context.district is None:
        sums.append(("合计", found.city))
    stays = list(CaseStay)

    def day(title: str) -> SheetColumn:
        return SheetColumn(title, "date")

    tables: dict[str, tuple[list[SheetColumn], list[list[Any]]]] = {
        "各区市": (
            [
                SheetColumn("区市"),
                *(SheetColumn(title, "count") for title, _ in SUMS.values()),
                *(
                    column
                    for s in stays
                    for column in (
                        SheetColumn(f"{s.label}中位数（工作日）", "number", 24),
                        SheetColumn(f"{s.label}未完成", "count", 18),
                    )
                ),
            ],
            [
                [
                    title,
                    *(getattr(own, key) for key in SUMS),
                    *(
                        value
                        for s in stays
                        for value in (own.times[s].median_workdays, own.times[s].open)
                    ),
                ]
                for title, own in sums
            ],
        ),
        "违法未立案": (
            [*patch, day("定性生效"), SheetColumn("未立案（工作日）", "count")],
            [
                [u.patch_no, u.parcel_no, name(u.district), u.since, u.workdays]
                for u in found.direct_filing
            ],
        ),
        "案件": (
            [*patch, SheetColumn("案号", width=24), SheetColumn("立案单位", width=20),
             day("制止"), day("立案"), day("处罚决定"), SheetColumn("现在的定性")],
            [
                [c.fact.patch_no, c.fact.parcel_no, name(c.fact.district), c.fact.case_no,
                 c.fact.filed_by, c.fact.stopped_on, c.fact.filed_on, c.fact.penalty_on,
                 legality_text(c.legality)]
                for c in found.cases
            ],
        ),
        "移送移交": (
            [*patch, SheetColumn("移送部门"), day("移送"), SheetColumn("文号", width=24),
             day("答复"), SheetColumn("备注", width=40)],
            [
                [t.patch_no, t.parcel_no, name(t.district), t.department.label, t.transferred_on,
                 t.document_no, t.replied_on, t.note]
                for t in found.transfers
            ],
        ),
        "六个是否待补判": (
            [*patch, SheetColumn("待补判", width=60)],
            [
                [q.patch_no, q.parcel_no, name(q.district), questions_text(q.missing)]
                for q in found.questions
            ],
        ),
    }  # fmt: skip
    stamp = sheet_stamp(context, "filing_rate")
    return file_name("查处移送", context), tables_to_xlsx(tables, stamp)
