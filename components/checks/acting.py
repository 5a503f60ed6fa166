"""Forms of 外业核查: who is sent, what was found, whether it stands. Patches are ticked, many at
once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.checks.page import due_text, found_text, state_text
from components.links import href
from components.parts.date_box import date_box
from data.periods import format_day
from data.units import format_mu
from data.vocabulary import CheckFinding

if TYPE_CHECKING:
    from data.worklists.checks import CheckTask

Query = Mapping[str, str]
Names = Mapping[str, str]


def task_key(task: CheckTask) -> str:
    return f"{task.level.value}|{task.visit.seen}|{task.patch_no}"


def ticked(
    tasks: Sequence[CheckTask],
    total: int,
    names: Names,
    year: int,
    query: Query,
    beside: Mapping[str, str],
    photos: Mapping[tuple[str, str], Sequence[Component]],
) -> list[Component]:
    """What a step can be taken with. total: how many there are beside those listed. beside: patch
    number → what else is to be known of it. photos: (patch number, level) → its photographs."""
    options = [
        {
            "label": html.Span(
                [
                    dcc.Link(t.patch_no, href=href(paths.patch(year, t.patch_no), query)),
                    html.Span(f"{t.level.label}核查"),
                    html.Span(names.get(t.district, t.district)),
                    html.Span(f"{format_mu(t.farmland_mu)}亩耕地", className="number"),
                    html.Span(state_text(t)),
                    *([html.Span(due_text(t, year),
                                 className="bad" if t.visit.overdue else "muted")]
                      if t.visit.due_on else []),
                    *([html.Span("、".join(t.visit.team))] if t.visit.team else []),
                    *([html.Span(found_text(t, year))] if t.visit.check else []),
                    *([html.Strong(beside[t.patch_no])] if t.patch_no in beside else []),
                    *photos.get((t.patch_no, t.level), ()),
                    *([html.Span(t.visit.check.note, className="muted")]
                      if t.visit.check and t.visit.check.note else []),
                ],
                className="queue-line",
            ),
            "value": task_key(t),
        }
        for t in tasks
    ]  # fmt: skip
    more = f"列出最早到期的{len(tasks)}个，共{total:,}个。" if total > len(tasks) else ""
    return [
        dbc.Button("全选", id=ids.Checks.EVERY, size="sm", color="link"),
        dcc.Checklist(id=ids.Checks.PICKED, options=options, value=[], className="audit-queue"),
        *([html.P(more, className="note")] if more else []),
    ]


def _box(box_id: str, label: str, box: Any) -> Component:
    return html.Div([html.Label(label, htmlFor=box_id), box], className="filter")


def _text(box_id: str, label: str, longest: int = 500) -> Component:
    return _box(box_id, label, dbc.Input(id=box_id, maxLength=longest, size="sm"))


def _day(box_id: str, label: str, value: date | None, **bounds: date) -> Component:
    return _box(box_id, label, date_box(box_id, label, value, **bounds))


def _buttons(*entries: tuple[str, str, bool]) -> Component:
    """Ids, labels, and whether it is the main one."""
    return html.Div(
        [
            dbc.Button(label, id=button_id, size="sm", color="primary", outline=not main)
            for button_id, label, main in entries
        ],
        className="act-buttons",
    )


def _form(*parts: Component) -> Component:
    return html.Div(list(parts), className="checks-form")


def assign_form(latest: date, today: date) -> Component:
    i = ids.Checks
    return _form(
        _text(i.TEAM, "核查组（至少两人，用顿号隔开）", 128),
        _day(i.DUE, "核查期限（留空：各按最迟日期）", None, least=today, most=latest),
        _buttons((i.ASSIGN, "给勾选的派组", True)),
    )


def exempt_form(today: date) -> Component:
    i = ids.Checks
    return _form(
        _text(i.SOURCE, "已有举证的专项或图层", 64),
        _text(i.SOURCE_NO, "编号", 64),
        _day(i.SOURCE_DAY, "举证日期", None, most=today),
        _text(i.REASON, "免查理由（必填）"),
        _buttons((i.EXEMPT, "勾选的免查", False)),
    )


def result_form(today: date) -> Component:
    i = ids.Checks
    return _form(
        _box(
            i.FINDING,
            "核查结论",
            dbc.Select(
                id=i.FINDING,
                options=[{"label": f.label, "value": f.value} for f in CheckFinding],
                value=CheckFinding.TRUE.value,
                size="sm",
            ),
        ),
        _day(i.DAY, "核查日期", today, most=today),
        _text(i.TEAM, "核查人（留空：派出的核查组）", 128),
        _text(i.NOTE, "核查情况"),
        _buttons((i.RECORD, "录入勾选的结果", True)),
    )


def confirm_form() -> Component:
    i = ids.Checks
    return _form(
        _text(i.REASON, "意见（退回补充必填）"),
        _buttons((i.CONFIRM, "认定勾选的", True), (i.SEND_BACK, "退回补充", False)),
    )


def who_acts(what: str, right: str, today: date) -> Component:
    return html.P(f"由{right}在今天（{format_day(today)}）的基准日下{what}。", className="note")
