"""`/measures` 措施台账: what the bureau sent, what waits for whom."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.MEASURES,
    name="措施台账",
    title="措施台账 · 卫片执法监管",
    group="办",
    order=14,
)


def layout(**_query: Any) -> html.Div:
    return html.Div(
        [
            html.Div(skeleton("list"), id=ids.Measures.CONTENT),
            html.Div(id=ids.Measures.FORM),
        ]
    )
