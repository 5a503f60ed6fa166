"""`/overdue` 逾期图斑: table and map in step."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.OVERDUE,
    name="逾期图斑",
    title="逾期图斑 · 卫片执法监管",
    group="看",
    order=3,
    shows=("grid", "maps"),
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("list"), id=ids.Overdue.CONTENT, className="list-page")
