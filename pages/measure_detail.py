"""`/measures/<number>`: one measure."""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html

from components import ids, paths
from components.parts.cards import skeleton


def _title(number: str = "", **_variables: Any) -> str:
    return f"第{number}号措施 · 卫片执法监管" if number else "措施 · 卫片执法监管"


dash.register_page(__name__, path_template=paths.MEASURE, name="措施", title=_title)


def layout(number: str = "", **_query: Any) -> html.Div:
    i = ids.MeasureDetail
    return html.Div(
        [
            dcc.Store(id=i.ADDRESS, data=number),
            dcc.Store(id=i.DONE, data=0),
            html.Div(skeleton("page"), id=i.CONTENT),
            html.Div(id=ids.MeasurePages.CONTENT),
            dcc.Interval(id=ids.MeasurePages.TICK, interval=1_000, disabled=True),
            html.Div(id=i.EDITOR),
            html.Div(id=i.ACTIONS),
        ],
        className="measure-page",
    )
