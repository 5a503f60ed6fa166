"""`/audit` 月核: the way from the county's report to the province's approval."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__, path=paths.AUDIT, name="月核", title="月核 · 卫片执法监管", group="办", order=20
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("page"), id=ids.Audit.CONTENT)
