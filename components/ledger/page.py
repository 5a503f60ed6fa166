"""What stands on 整改台账: sums by year of origin, the curve, the list, what is to be rechecked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.figures.cleanup import cleanup_figure
from components.links import href
from components.parts.chips import chips
from components.parts.filters import filter_bar, search_box, select
from components.parts.html_table import TableColumn, html_table
from components.parts.plain_table import Cell, plain_table
from components.parts.theme import graph
from data.periods import format_day
from data.units import format_areas, format_count, format_mu
from data.vocabulary import OtherCategory, RectificationWay

if TYPE_CHECKING:
    from data.worklists.cleanup import CleanUp
    from data.worklists.ledger import LedgerItem, LedgerState, LedgerSum, LedgerYear
    from data.worklists.rechecks import RecheckDue

Query = Mapping[str, str]
Names = Mapping[str, str]
_DASH = "—"


def to_list(query: Query, **own: str | None) -> str:
    return href(paths.LEDGER, query, **own)


def tabs(
    entries: Mapping[str, str], counts: Mapping[str, int], chosen: str, query: Query
) -> Component:
    def target(key: str) -> str:
        return to_list(query, tab=None if key == "items" else key)

    return chips(entries, chosen, target, "台账页签", counts=counts)


# ---- sums ----------------------------------------------------------------------------------------


def _plus(one: tuple[int, float], other: LedgerSum) -> tuple[int, float]:
    return one[0] + other.items, one[1] + other.farmland_mu


def year_sums(
    years: Sequence[LedgerYear], states: Collection[LedgerState]
) -> dict[int, dict[str, Any]]:
    """Year of origin → (items, 亩) of all and of each state, and the marks."""
    found: dict[int, dict[str, Any]] = {}
    for row in years:
        own = found.setdefault(
            row.year,
            {"total": (0, 0.0), **{s.value: (0, 0.0) for s in states}, "overdue": 0, "unproven": 0},
        )
        own["total"] = _plus(own["total"], row.total)
        for state in states:
            own[state.value] = _plus(own[state.value], row.states[state])
        own["overdue"] += row.overdue
        own["unproven"] += row.unproven
    return dict(sorted(found.items()))


def _sum_cell(value: tuple[int, float], target: str) -> Cell:
    items, area = value
    if not items:
        return Cell("0", tone="none")
    return Cell(format_count(items), target, below=Cell(f"{format_areas([area])[0]}亩"))


def years_table(
    sums: Mapping[int, Mapping[str, Any]], states: Collection[LedgerState], query: Query
) -> Component:
    """Each number leads to its items."""
    rows: list[list[str | Cell]] = []
    whole: dict[str, Any] = {}
    for year, own in [*sums.items(), (0, whole)]:
        if not year and len(sums) == 1:
            break
        origin = str(year) if year else None
        rows.append(
            [
                Cell(f"{year}年", to_list(query, origin=origin))
                if year
                else Cell("合计", tone="total"),
                _sum_cell(own["total"], to_list(query, origin=origin)),
                *(
                    _sum_cell(own[s.value], to_list(query, origin=origin, state=s.value))
                    for s in states
                ),
                *(
                    Cell(
                        format_count(own[mark]),
                        to_list(query, origin=origin, mark=mark) if own[mark] else None,
                        tone="bad" if own[mark] else "none",
                    )
                    for mark in ("overdue", "unproven")
                ),
            ]
        )
        for key, value in own.items():
            if year and isinstance(value, tuple):
                old = whole.get(key, (0, 0.0))
                whole[key] = (old[0] + value[0], old[1] + value[1])
            elif year:
                whole[key] = whole.get(key, 0) + value
    columns = [
        TableColumn("来源年度"),
        TableColumn("台账（宗）", True),
        *(TableColumn(f"{s.label}（宗）", True) for s in states),
        TableColumn("逾期未整改（宗）", True),
        TableColumn("销号缺依据（宗）", True),
    ]
    return plain_table(columns, rows, "各来源年度的台账状态", "ledger-years")


def curve(found: CleanUp) -> list[Component]:
    days = found.days
    shown = [at for at, day in enumerate(days) if day.month == 12 or at == len(days) - 1]
    rows: list[list[str | Cell]] = [
        [f"{year}年", *(format_mu(values[at]) for at in shown)]
        for year, values in found.remaining.items()
    ]
    columns = [
        TableColumn("来源年度"),
        *(
            TableColumn(
                f"{days[at].year}年末（亩）" if days[at].month == 12 and days[at].day == 31
                else f"{format_day(days[at])}（亩）", True,
            )
            for at in shown
        ),
    ]  # fmt: skip
    return [
        graph(cleanup_figure(days, found.remaining), ids.Ledger.CURVE, height_px=280),
        html.Details(
            [html.Summary("看表格"), plain_table(columns, rows, "各来源年度未整改耕地")],
            id=ids.Ledger.CURVE_TABLE,
            className="more",
        ),
    ]


# ---- the list ------------------------------------------------------------------------------------


def filters(
    origins: Sequence[int],
    states: Collection[LedgerState],
    ways: Sequence[tuple[str, str]],
    marks: Mapping[str, str],
    chosen: Mapping[str, str],
    *,
    clear_href: str,
    export_href: str,
) -> Component:
    i = ids.Ledger
    return filter_bar(
        [
            search_box(i.TEXT, chosen.get("q", ""), "图斑编号"),
            select(
                i.ORIGIN, "来源年度", "全部年度", [(str(y), f"{y}年") for y in origins],
                chosen.get("origin"),
            ),
            select(
                i.STATE, "状态", "全部状态", [(s.value, s.label) for s in states],
                chosen.get("state"),
            ),
            select(i.WAY, "整改方式", "全部方式", ways, chosen.get("way")),
            select(i.MARK, "标记", "不限", list(marks.items()), chosen.get("mark")),
        ],
        [
            dcc.Link("清除筛选", href=clear_href),
            html.A("导出 xlsx", href=export_href, download="",
                   className="btn btn-sm btn-outline-secondary"),
        ],
        "筛选台账",
    )  # fmt: skip


def item_key(item: LedgerItem) -> str:
    return f"{item.year}|{item.parcel_no}|{item.patch_no}"


def state_text(item: LedgerItem, as_of: date) -> list[Component]:
    marks = []
    if item.overdue and item.deadline_on is not None:
        marks.append(html.Span(f"逾期{(as_of - item.deadline_on).days}天", className="bad"))
    if item.unproven:
        marks.append(html.Span("缺依据", className="bad"))
    if item.reopened_on is not None:
        marks.append(html.Span(f"{format_day(item.reopened_on)}重新列入", className="bad"))
    return [html.Span(item.state.label), *marks]


def items_table(
    items: Sequence[LedgerItem],
    names: Names,
    as_of: date,
    query: Query,
    in_store: Collection[int],
) -> Component:
    """in_store: work years whose patches have pages."""

    def number(item: LedgerItem) -> Any:
        if item.year not in in_store:
            return item.patch_no
        own = {key: value for key, value in query.items() if key in ("year", "asof", "district")}
        return dcc.Link(
            item.patch_no,
            href=href(paths.patch(item.year, item.patch_no), {**own, "year": str(item.year)}),
        )

    def day(value: date | None) -> str:
        return format_day(value) if value else _DASH

    rows = [
        (
            f"{item.year}年",
            number(item),
            str(item.parcel_no) if item.parcel_no else "整个",
            names.get(item.district, item.district),
            html.Span(state_text(item, as_of), className="ledger-state"),
            f"{as_of.year - item.year}年" if as_of.year > item.year else "本年",
            format_mu(item.farmland_mu),
            format_mu(item.basic_farmland_mu),
            RectificationWay(item.way).label if item.way else _DASH,
            day(item.deadline_on or item.planned_on),
            day(item.eliminated_on),
            day(item.accepted_on),
            item.certificate_no or _DASH,
            day(item.written_off_on),
        )
        for item in items
    ]
    columns = (
        TableColumn("来源"),
        TableColumn("图斑编号"),
        TableColumn("地块"),
        TableColumn("区市"),
        TableColumn("状态"),
        TableColumn("账龄"),
        TableColumn("违法耕地（亩）", True),
        TableColumn("永久基本农田（亩）", True),
        *(TableColumn(n) for n in ("整改方式", "期限或计划", "消除", "验收", "复耕证明", "销号")),
    )
    return html_table(columns, rows, "台账", "ledger-items")


def acting_list(items: Sequence[LedgerItem], names: Names, total: int) -> list[Component]:
    """What waits for acceptance or write-off, to be ticked."""
    i = ids.Ledger
    options = [
        {
            "label": html.Span(
                [
                    html.Strong(item.state.label),
                    html.Span(f"{item.year}年 {item.patch_no} 地块{item.parcel_no}"),
                    html.Span(names.get(item.district, item.district)),
                    html.Span(f"{format_mu(item.farmland_mu)}亩耕地", className="number"),
                    html.Span(
                        RectificationWay(item.way).label if item.way else "未填整改方式",
                        className="muted",
                    ),
                    html.Span(f"{format_day(item.eliminated_on)}消除", className="muted"),
                ],
                className="queue-line",
            ),
            "value": item_key(item),
        }
        for item in items
    ]
    more = [html.P(f"列出前{len(items)}宗，共{total:,}宗。", className="note")]
    return [
        dcc.Checklist(id=i.PICKED, options=options, value=[], className="audit-queue"),
        *(more if total > len(items) else []),
        html.Div(
            [
                html.Label("依据（照片、文书的编号或存放处，必填）", htmlFor=i.EVIDENCE),
                dbc.Input(id=i.EVIDENCE, maxLength=500, size="sm"),
            ],
            className="filter opinion",
        ),
        html.Div(
            [
                dbc.Button("验收勾选的", id=i.ACCEPT, size="sm", color="primary"),
                dbc.Button("销号勾选的", id=i.WRITE_OFF, size="sm", color="primary", outline=True),
            ],
            className="act-buttons",
        ),
        html.P(
            "拆除复耕须有恢复原貌和复耕到位面积，补办须有批准文号和面积，没收须有处罚决定；"
            "按面积没有整改完的不能办理。验收和销号由两个人办。",
            className="note",
        ),
    ]


# ---- rechecks ------------------------------------------------------------------------------------


def kind_text(kind: str) -> str:
    if kind == RectificationWay.DEMOLITION_RECULTIVATION.value:
        return RectificationWay(kind).label
    return OtherCategory(kind).label


def rechecks_table(
    rows: Sequence[RecheckDue], names: Names, as_of: date, query: Query
) -> Component:
    table: list[list[str | Cell]] = []
    for r in rows:
        target = href(paths.patch(r.year, r.patch_no), {**query, "year": str(r.year)})
        if r.due_on is None:
            due: str | Cell = Cell("复核发现变化，已重新列入", tone="bad")
        elif r.overdue:
            days = (as_of - r.due_on).days
            due = Cell(f"{format_day(r.due_on)}（逾期{days}天）", tone="bad")
        else:
            due = format_day(r.due_on)
        table.append(
            [
                Cell(r.patch_no, target),
                f"{r.year}年",
                str(r.parcel_no) if r.parcel_no else "整个",
                names.get(r.district, r.district),
                kind_text(r.kind),
                format_day(r.start_on),
                format_day(r.last_on) if r.last_on else "未复核",
                r.finding.label if r.finding else _DASH,
                due,
            ]
        )
    columns = [
        TableColumn(n)
        for n in (
            "图斑编号", "年度", "地块", "区市", "复核对象", "起算日", "上次复核", "上次结果",
            "应复核日",
        )
    ]  # fmt: skip
    return plain_table(columns, table, "周期复核", "rechecks-table")
