"""`/admin` 系统管理: accounts, what they may do, where they are signed in, and the audit log."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.ADMIN,
    name="系统管理",
    title="系统管理 · 卫片执法监管",
    group="管",
    order=30,
    right="accounts",
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("page"), id=ids.Admin.CONTENT)
