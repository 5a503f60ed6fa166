"""`/triggers/patches`: the patches behind one trigger."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.TRIGGER_PATCHES,
    name="预警所依据的图斑",
    title="预警所依据的图斑 · 卫片执法监管",
    shows=("grid", "maps"),
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("list"), id=ids.Behind.CONTENT, className="list-page")
