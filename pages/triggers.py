"""`/triggers` 预警约谈: what holds on the day, and why."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.TRIGGERS,
    name="预警约谈",
    title="预警约谈 · 卫片执法监管",
    group="判",
    order=6,
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("page"), id=ids.Triggers.CONTENT, className="triggers-page")
