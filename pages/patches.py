"""`/patches` 图斑查询: search by number, place, month, type and status."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.PATCHES,
    name="图斑查询",
    title="图斑查询 · 卫片执法监管",
    group="看",
    order=5,
    shows=("grid",),
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("list"), id=ids.Patches.CONTENT, className="list-page")
