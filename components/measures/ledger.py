"""措施台账 as a table, its filters, and the form that drafts a measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.links import href
from components.parts.cards import card
from components.parts.filters import filter_bar, select
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.periods import format_day

Option = tuple[str, str]
CHANGED = "现值已变化"
LATE = "late"


@dataclass(frozen=True, slots=True)
class Line:
    """One measure as the ledger shows it. state, kind: value and label. waits_for: who moves it,
    with the day by which. late: workdays."""

    id: int
    unit: str
    kind: Option
    rule: str
    subject: str
    state: Option
    number: str
    issued_on: date | None
    due_on: date | None
    waits_for: str
    waits_until: date | None
    late: int
    changed: bool


HEADERS = (
    "编号", "措施", "区市", "对象", "规则", "状态", "文号", "签发", "回复期限", "等谁办",
    "办理期限", "超期工作日", "数据",
)  # fmt: skip


def ledger(lines: Sequence[Line], query: Mapping[str, str], year: int) -> Component:
    rows = [
        [
            Cell(f"第{line.id}号", href(paths.measure(line.id), query)),
            line.kind[1],
            line.unit,
            Cell(line.subject, _patch_href(line, query, year)),
            line.rule or "—",
            line.state[1],
            line.number or "—",
            format_day(line.issued_on, year),
            format_day(line.due_on, year),
            line.waits_for or "—",
            format_day(line.waits_until, year),
            Cell(str(line.late) if line.late else "—", tone="measure-late" if line.late else ""),
            Cell(CHANGED, tone="measure-changed") if line.changed else "—",
        ]
        for line in lines
    ]
    columns = [TableColumn(header, header == "超期工作日") for header in HEADERS]
    return plain_table(columns, rows, "措施台账", "measure-table")


def _patch_href(line: Line, query: Mapping[str, str], year: int) -> str | None:
    return None if line.subject == line.unit else href(paths.patch(year, line.subject), query)


def filters(
    chosen: Mapping[str, str], states: Sequence[Option], kinds: Sequence[Option], export: str,
    clear: str,
) -> Component:  # fmt: skip
    i = ids.Measures
    boxes = [
        select(i.STATE, "状态", "全部状态", states, chosen.get("state")),
        select(i.KIND, "措施", "全部措施", kinds, chosen.get("kind")),
        select(i.LATE, "期限", "不限", [(LATE, "已超期")], chosen.get("due")),
    ]
    actions = [
        html.A("清除筛选", href=clear, className="btn btn-sm btn-link"),
        html.A("导出 xlsx", href=export, download="", className="btn btn-sm btn-outline-secondary"),
    ]
    return filter_bar(boxes, actions, "筛选措施")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks to be drafted: values of the form. rests_on: the trigger, in words."""

    kind: str = ""
    subject: str = ""
    patches: str = ""
    rests_on: str = ""


def form(wanted: Wanted, kinds: Sequence[Option]) -> Component:
    i = ids.Measures
    boxes = [
        _field(
            "措施",
            i.NEW_KIND,
            dbc.Select(
                id=i.NEW_KIND,
                options=[{"label": label, "value": value} for value, label in kinds],
                value=wanted.kind or kinds[0][0],
                size="sm",
            ),
        ),
        _field(
            "对象（区市、图斑编号或全市）", i.NEW_SUBJECT, _input(i.NEW_SUBJECT, wanted.subject)
        ),
        _field(
            "所列图斑（可不填，用逗号隔开）", i.NEW_PATCHES, _input(i.NEW_PATCHES, wanted.patches)
        ),
        _field(
            "理由",
            i.NEW_REASON,
            dcc.Textarea(id=i.NEW_REASON, className="form-control form-control-sm", rows=2),
        ),
    ]
    buttons = html.Div(
        [
            html.Button("起草", id=i.DRAFT, type="button", className="btn btn-sm btn-primary"),
            html.Button(
                "不处理", id=i.DISMISS, type="button", className="btn btn-sm btn-outline-secondary"
            ),
        ],
        className="measure-buttons",
    )
    rests = [html.P(f"依据：{wanted.rests_on}")] if wanted.rests_on else []
    note = "起草即按基准日取数并冻结；没有触发规则的须写明理由，“不处理”也须写明理由。"
    body = html.Details(
        [
            html.Summary("起草措施"),
            *rests,
            html.Div(boxes, className="measure-form"),
            buttons,
        ],
        open=bool(wanted.kind),
        className="more",
    )
    return card("起草措施", body, note=note, class_name="measure-new")


def _field(label: str, box_id: str, box: Component) -> Component:
    return html.Div([html.Label(label, htmlFor=box_id), box], className="filter filter-wide")


def _input(box_id: str, value: str) -> Component:
    return dcc.Input(id=box_id, value=value, className="form-control form-control-sm")
