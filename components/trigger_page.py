"""Trigger cards in full: what, by how much, since when, what would end it, by which clause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from components.cards import rule_link, sparkline
from components.figure_text import Lines, shown
from components.plain_table import Cell, plain_table
from components.tables import TableColumn
from components.trigger_card import gravity, patches_href, severity_mark
from data.definitions import DEFINITIONS
from data.periods import format_day, format_month
from data.units import format_count
from data.vocabulary import Measure, Severity

if TYPE_CHECKING:
    from data.workflow.trigger_trend import Trend

Trigger = dict[str, Any]
Query = Mapping[str, str]

#: What has become of a trigger since the day compared with: class → word.
STATES = {"new": "新增", "worse": "加重", "eased": "缓解", "same": ""}


@dataclass(frozen=True, slots=True)
class Told:
    """One trigger as the page tells it. since: the first day it holds without a gap. state: a key
    of STATES."""

    trigger: Trigger
    since: date
    state: str


@dataclass(frozen=True, slots=True)
class View:
    """What every card needs to know of the page."""

    query: Query
    year: int
    as_of: date
    lines: Lines


def subject_name(trigger: Trigger, names: Mapping[str, str]) -> str:
    """A district's short name; a patch's number after its district's."""
    if trigger["subject"] == trigger["district"] or trigger["district"] is None:
        return str(trigger["subject_name"])
    return f"{names.get(trigger['district'], '')} · 图斑 {trigger['subject']}"


def full_card(
    group: Sequence[Told], view: View, names: Mapping[str, str], trend: Trend | None
) -> Component:
    """One rule on one subject; several periods stand in a table."""
    gravest = max(group, key=_graveness)
    first = gravest.trigger
    parts: list[Any] = [
        html.Div(
            [
                html.H3(f"{subject_name(first, names)} · {first['rule_name']}"),
                severity_mark(first["severity"], first["line"]),
            ],
            className="trigger-head",
        ),
        html.P(_proposal(group), className="trigger-measure"),
    ]
    parts += _several(group, gravest, view) if len(group) > 1 else _single(gravest, view)
    if trend is not None:
        parts.append(trend_part(trend, view, first))
    parts.append(
        html.Details(
            [
                html.Summary(f"依据：工作方案 {first['clause']}"),
                html.P(f"“{first['citation']}”"),
                rule_link(str(first["rule"])),
            ],
            className="trigger-law",
        )
    )
    return html.Article(parts, className="trigger trigger-full")


def _graveness(told: Told) -> tuple[int, float]:
    """Severity, then how far: of an on-time share (T1) the lower is the worse."""
    value = float(told.trigger["value"])
    return gravity(told.trigger), -value if told.trigger["unit"] == "share" else value


def _proposal(group: Sequence[Told]) -> list[Any]:
    measures = dict.fromkeys(Measure(told.trigger["measure"]).label for told in group)
    marks = dict.fromkeys(STATES[told.state] for told in group if STATES[told.state])
    notes = dict.fromkeys(told.trigger["note"] for told in group if told.trigger["note"])
    badges = [html.Span(mark, className="trigger-state") for mark in marks]
    note = f"（{'；'.join(notes)}）" if notes else ""
    return [*badges, html.Strong(f"建议措施：{'、'.join(measures)}"), note]


def since_text(told: Told, view: View) -> str:
    """`自3月5日起，已263天`."""
    days = (view.as_of - told.since).days + 1
    return f"自{format_day(told.since, view.year)}起，第{days}天"


def _single(told: Told, view: View) -> list[Component]:
    trigger = told.trigger
    count = len(trigger["patches"])
    period = str(trigger["period"])
    month = f"{format_month(period, view.year)}月清：" if "-" in period else ""
    link = f"查看{format_count(count)}个图斑" if trigger["key"] else "打开图斑页"
    return [
        html.P(f"{month}{trigger['formula']}", className="trigger-value"),
        html.P(trigger["margin"], className="trigger-margin"),
        html.Dl(
            [
                html.Dt("已持续"),
                html.Dd(since_text(told, view)),
                html.Dt("何时解除"),
                html.Dd(trigger["ends"]),
            ],
            className="trigger-facts",
        ),
        html.P(
            dcc.Link(link, href=patches_href(trigger, view.query, view.year))
            if count or not trigger["key"]
            else "没有所依据的图斑",
            className="trigger-link",
        ),
    ]


def _several(group: Sequence[Told], gravest: Told, view: View) -> list[Component]:
    """The gravest month in full, all of them one click away."""
    periods = sorted({str(told.trigger["period"]) for told in group})
    months = "、".join(format_month(p, view.year) for p in periods)
    period = format_month(str(gravest.trigger["period"]), view.year)
    return [
        html.P(f"{len(periods)}个月份：{months}", className="trigger-value"),
        html.P(f"其中{period}：{gravest.trigger['formula']}", className="trigger-months-worst"),
        html.P(gravest.trigger["margin"], className="trigger-margin"),
        html.Details(
            [html.Summary("逐月查看算式、持续、解除条件和图斑"), _periods(group, view)],
            className="trigger-periods",
        ),
    ]


def _periods(group: Sequence[Told], view: View) -> Component:
    rows: list[list[str | Cell]] = []
    for told in sorted(group, key=lambda t: (t.trigger["period"], t.trigger["mark"])):
        trigger = told.trigger
        severity = Severity(trigger["line"] or trigger["severity"])
        period = str(trigger["period"])
        rows.append(
            [
                format_month(period, view.year) if "-" in period else f"{period}年",
                Cell(
                    Measure(trigger["measure"]).label,
                    tone=f"severity-{severity.value.replace('_', '-')}",
                    below=Cell(STATES[told.state]) if STATES[told.state] else None,
                ),
                Cell(str(trigger["formula"]), below=Cell(str(trigger["margin"]))),
                Cell(since_text(told, view), below=Cell(str(trigger["ends"]))),
                Cell(
                    f"{format_count(len(trigger['patches']))} 个",
                    patches_href(trigger, view.query, view.year),
                ),
            ]
        )
    columns = [
        TableColumn("月份"),
        TableColumn("措施"),
        TableColumn("情况与距离"),
        TableColumn("持续与解除"),
        TableColumn("图斑", True),
    ]
    return plain_table(columns, rows, "各月份的预警", "trigger-table")


def trend_part(trend: Trend, view: View, trigger: Trigger) -> Component:
    """The tiny line, and its table one click away."""
    definition = DEFINITIONS[trend.figure]
    texts = [shown(trend.figure, value, view.lines) for value in trend.values]
    month = str(trigger["period"])
    of = f"（{format_month(month, view.year)}）" if trigger["rule"] == "T2" else ""
    table = plain_table(
        [TableColumn("日期"), TableColumn(f"{definition.label}{of}（{definition.unit}）", True)],
        [
            [format_day(day, view.year), text]
            for day, text in zip(reversed(trend.days), reversed(texts), strict=True)
        ],
        f"{definition.label}近几个月末",
    )
    return html.Details(
        [
            html.Summary(
                [
                    html.Span(f"{definition.label}{of}走势"),
                    sparkline(trend.values, definition.label),
                ]
            ),
            table,
        ],
        className="trigger-trend",
    )
