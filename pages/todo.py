"""`/todo` 待办: what waits for whoever looks."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__, path=paths.TODO, name="待办", title="待办 · 卫片执法监管", group="办", order=13
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("list"), id=ids.Todo.CONTENT)
