"""`/heatmap/patches`: the patches of a part of the map."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.HEATMAP_PATCHES,
    name="违法占用图斑",
    title="违法占用图斑 · 卫片执法监管",
    shows=("grid", "maps"),
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("list"), id=ids.HeatmapPatches.CONTENT, className="list-page")
