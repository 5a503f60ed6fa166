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
    """key: work year, patch and doubt as one text. where: place of the patch. said: what is
    doubtful. state: label; is_open: whether it can be judged. choices: name of a button → label,
    DISMISS among them."""

    key: str
    patch_no: str
    href: str
    where: str
    what: str
    said: str
    state: str
    is_open: bool
    choices: Mapping[str, str]


def doubts_table(rows: Sequence[DoubtRow], place: str, can_judge: bool) -> Component:
    columns = [TableColumn(n) for n in ("图斑编号", "区市", "疑点", "情况", "认定")]
    return html_table(
        columns,
        [
            (
                dcc.Link(row.patch_no, href=row.href),
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
            html.Span(f"图斑{row.patch_no}的理由", className="visually-hidden"),
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
