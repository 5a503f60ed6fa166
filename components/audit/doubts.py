"""Doubts to be judged one by one: confirmed as something, or dismissed, each with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.parts.html_table import TableColumn, html_table

#: What dismisses a doubt, among the names of buttons.
DISMISS = "dismiss"


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """key: work year, doubt and subject as one text. subject: the patch or district as it is
    called, href its place. where: of the patch, or how many patches it is about. said: what is
    doubtful. state: label; is_open: whether it can be judged. choices: name of a button → label,
    DISMISS among them."""

    key: str
    subject: str
    href: str
    where: Any
    what: str
    said: str
    state: str
    is_open: bool
    choices: Mapping[str, str]


#: Heads of a table of doubts about patches, and about districts.
OF_PATCHES = ("图斑编号", "区市", "疑点", "情况", "认定")
OF_DISTRICTS = ("区市", "图斑", "异常", "情况", "认定")


def doubts_table(
    rows: Sequence[DoubtRow], place: str, can_judge: bool, heads: Sequence[str] = OF_PATCHES
) -> Component:
    columns = [TableColumn(name) for name in heads]
    return html_table(
        columns,
        [
            (
                dcc.Link(row.subject, href=row.href),
                row.where,
                row.what,
                html.Td(row.said, className="said"),
                _act(row, place) if can_judge and row.is_open else row.state,
            )
            for row in rows
        ],
        "疑点",
        "acting-table",
    )


def _act(row: DoubtRow, place: str) -> Component:
    part = ids.Doubts.part
    buttons: list[Any] = [
        dbc.Button(
            label,
            id=part(place, name, row.key),
            size="sm",
            outline=True,
            color="secondary" if name == DISMISS else "danger",
        )
        for name, label in row.choices.items()
    ]
    reason = html.Label(
        [
            html.Span(f"{row.subject}（{row.what}）的理由", className="visually-hidden"),
            dbc.Input(
                id=part(place, "reason", row.key),
                placeholder="理由（必填）",
                maxLength=500,
                size="sm",
            ),
        ],
        className="inline-reason",
    )
    return html.Div([reason, *buttons], className="inline-act")
