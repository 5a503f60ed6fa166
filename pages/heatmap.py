"""`/heatmap` 违法占用: where it is, how much, and whether it gets better."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton
from components.shell import wall_clock

dash.register_page(
    __name__,
    path=paths.HEATMAP,
    name="违法占用",
    title="违法占用 · 卫片执法监管",
    group="看",
    order=4,
    shows=("maps",),
)


def layout(**query: Any) -> html.Div:
    return html.Div(
        [
            wall_clock(ids.Heatmap.TICK, query),
            html.Div(skeleton("page"), id=ids.Heatmap.CONTENT, className="wall-content"),
        ]
    )
