"""`/audit/patches`: the patches behind one number of 月核."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.AUDIT_PATCHES,
    name="月核图斑",
    title="月核图斑 · 卫片执法监管",
    shows=("grid",),
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("list"), id=ids.AuditPatches.CONTENT, className="list-page")
