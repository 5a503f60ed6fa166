"""`/upload` 数据上传: a file comes in, is looked at, and is taken or dropped."""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.UPLOAD,
    name="数据上传",
    title="数据上传 · 卫片执法监管",
    group="办",
    order=9,
)


def layout(**_query: Any) -> html.Div:
    """What callbacks write to is there from the beginning; only the choice of a file comes and
    goes with the address."""
    i = ids.Upload
    return html.Div(
        [
            html.H1("数据上传", id=i.HEADLINE, className="headline"),
            html.Div(skeleton("page"), id=i.CONTENT),
            html.Div(id=i.WORK),
            html.Div(id=i.OPEN),
            html.Div(id=i.HISTORY),
            dcc.Interval(id=i.TICK, interval=500, disabled=True),
        ],
        className="upload-page",
    )
