"""`/clearance` 月清: districts by months, and the running month."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton
from components.shell import wall_clock

dash.register_page(
    __name__,
    path=paths.CLEARANCE,
    name="月清",
    title="月清 · 卫片执法监管",
    group="看",
    order=2,
    shows=("charts",),
)


def layout(**query: Any) -> html.Div:
    return html.Div(
        [
            wall_clock(ids.Clearance.TICK, query),
            html.Div(skeleton("page"), id=ids.Clearance.CONTENT, className="wall-content"),
        ]
    )
