"""`/checks` 外业核查: what F1–F5 ask for, who is sent, what was found, what is confirmed."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.CHECKS,
    name="外业核查",
    title="外业核查 · 卫片执法监管",
    group="办",
    order=21,
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("page"), id=ids.Checks.CONTENT)
