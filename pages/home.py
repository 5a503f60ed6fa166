"""`/` 总览: the year on one screen."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton
from components.shell import wall_clock

dash.register_page(
    __name__,
    path=paths.OVERVIEW,
    name="总览",
    title="总览 · 卫片执法监管",
    group="看",
    order=1,
    shows=("maps",),
)


def layout(**query: Any) -> html.Div:
    return html.Div(
        [
            wall_clock(ids.Overview.TICK, query),
            html.Div(skeleton("page"), id=ids.Overview.CONTENT, className="wall-content"),
        ]
    )
