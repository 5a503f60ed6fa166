"""`/help` 帮助: the handbook's contents, by reader, and its search."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__, path=paths.HELP, name="使用手册", title="帮助 · 卫片执法监管", group="管", order=10
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("page"), id=ids.Handbook.CONTENT, className="handbook")
