"""`/rules` 规则口径: the rules in force on a day, and the definitions of all figures."""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.RULES,
    name="规则口径",
    title="规则口径 · 卫片执法监管",
    group="判",
    order=8,
)


def layout(**_query: Any) -> html.Div:
    return html.Div(
        [
            html.Div(skeleton("page"), id=ids.Rules.CONTENT),
            html.Div(id=ids.Rules.ANCHOR),
            dcc.Store(id=ids.Rules.CHANGED, data=0),
        ]
    )
