"""`/ledger` 整改台账: since 2018, with acceptance, write-off and rechecks."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.LEDGER,
    name="整改台账",
    title="整改台账 · 卫片执法监管",
    group="办",
    order=22,
    shows=("charts",),
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("page"), id=ids.Ledger.CONTENT)
