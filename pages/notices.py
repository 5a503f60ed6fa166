"""`/notices` 通报: a notice as it will read, and its draft."""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.NOTICES,
    name="通报",
    title="通报 · 卫片执法监管",
    group="办",
    order=24,
)


def layout(**_query: Any) -> html.Div:
    return html.Div(
        [
            html.Div(skeleton("list"), id=ids.Notices.CONTENT),
            html.Div(id=ids.PaperBatch.CONTENT),
            dcc.Interval(id=ids.PaperBatch.TICK, interval=1_000, disabled=True),
        ],
        className="measure-page",
    )
