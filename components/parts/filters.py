"""The row of filters above a list, and the column chooser. Native selects: quick and accessible."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components.parts.attributes import aria

Option = tuple[str, str]  # value, label

#: The value of 全部…; an empty one would show as nothing chosen.
EVERYTHING = "all"


def select(
    select_id: str, label: str, everything: str, options: Sequence[Option], value: str | None
) -> Component:
    """A labelled choice whose first option is `everything` (全部…)."""
    return html.Div(
        [
            html.Label(label, htmlFor=select_id),
            dbc.Select(
                id=select_id,
                options=[
                    {"label": everything, "value": EVERYTHING},
                    *({"label": text, "value": key} for key, text in options),
                ],
                value=value or EVERYTHING,
                size="sm",
            ),
        ],
        className="filter",
    )


def search_box(box_id: str, value: str, what: str = "编号、坐落、乡镇") -> Component:
    """Part of what stands in it while it is empty."""
    return html.Div(
        [
            html.Label("搜索", htmlFor=box_id),
            dcc.Input(
                id=box_id,
                type="search",
                value=value,
                placeholder=what,
                debounce=0.4,
                className="form-control form-control-sm",
            ),
        ],
        className="filter filter-wide",
    )


def filter_bar(filters: Sequence[Component], actions: Sequence[Component], label: str) -> html.Div:
    return html.Div(
        [
            html.Div(list(filters), className="filters"),
            html.Div(list(actions), className="list-actions"),
        ],
        className="filter-bar",
        role="search",
        **aria(label=label),
    )
