"""`/upload` 数据上传: a file comes in, is looked at, and is taken or dropped."""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html

from components import ids
from components.cards import skeleton

dash.register_page(__name__, path="/upload", name="数据上传", title="数据上传 · 卫片执法监管")


def layout(**_query: Any) -> html.Div:
    i = ids.Upload
    return html.Div(
        [
            html.Div(skeleton("page"), id=i.CONTENT),
            dcc.Store(id=i.FILE),
            dcc.Interval(id=i.TICK, interval=500, disabled=True),
        ]
    )
