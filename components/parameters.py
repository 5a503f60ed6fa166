"""The form on 规则口径 with which a parameter of 本市设定 gets a new value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.parts.cards import card

i = ids.Rules


@dataclass(frozen=True, slots=True)
class Choice:
    """key: `T3.warning_ratio`. words: rule, parameter, its present value and what it may be."""

    key: str
    words: str


def change_card(choices: Sequence[Choice], today: date) -> Component:
    options = [{"value": choice.key, "label": choice.words} for choice in choices]
    fields = [
        _field(
            "参数（现值；可设范围）",
            i.PARAMETER,
            dbc.Select(id=i.PARAMETER, options=options, size="sm"),
        ),
        _field("新值", i.VALUE, _box(i.VALUE, maxLength=200)),
        _field("自哪一天起（2023-05-24）", i.VALID_FROM, _box(i.VALID_FROM, today.isoformat())),
        _field(
            "理由",
            i.REASON,
            dcc.Textarea(id=i.REASON, className="form-control form-control-sm", rows=2),
        ),
        html.Button("设定", id=i.SET, type="button", className="btn btn-sm btn-primary"),
    ]
    body = html.Div(fields, className="admin-fields")
    note = "只列本市设定的参数。从那一天起适用，已办结的月份不变；谁、何时、为何改的进入历史。"
    return html.Div(card("调整参数", body, note=note), id=i.FORM, className="parameter-form")


def way_to_form() -> Component:
    """From the top of a long page to the form at its end."""
    return html.A("调整参数", href=f"#{i.FORM}", className="btn btn-sm btn-outline-primary")


def _field(label: str, box_id: str, box: Component) -> Component:
    return html.Div([html.Label(label, htmlFor=box_id), box], className="admin-field")


def _box(box_id: str, value: str = "", **more: Any) -> Component:
    return dcc.Input(
        id=box_id, type="text", value=value, className="form-control form-control-sm", **more
    )
