"""`/confirm` 待确认: what districts' files say in their own favour."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.CONFIRM,
    name="待确认",
    title="待确认 · 卫片执法监管",
    group="办",
    order=23,
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("list"), id=ids.Confirm.CONTENT)
