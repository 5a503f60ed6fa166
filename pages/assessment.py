"""`/assessment` 年度评估: ratios, ranking, what-if."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.ASSESSMENT,
    name="年度评估",
    title="年度评估 · 卫片执法监管",
    group="判",
    order=7,
    shows=("charts",),
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("page"), id=ids.Assessment.CONTENT)
