"""What an unknown address gets."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components.parts.cards import error_panel

dash.register_page(__name__, title="没有这个页面 · 卫片执法监管")


def layout(**_query: Any) -> html.Div:
    return html.Div(
        [
            html.H1("没有这个页面", className="headline"),
            error_panel("地址可能写错了，或页面已经改名。请从左侧导航进入。", "/", "回到总览"),
        ]
    )
