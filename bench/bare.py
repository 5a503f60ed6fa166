"""A bare Dash page with one table and one chart, to compare with: as its guide has it, served by
the same gunicorn."""

from __future__ import annotations

from typing import Any

import dash_ag_grid as dag
import plotly.graph_objects as go
from dash import Dash, dcc, html

_COLUMNS = ("图斑编号", "区市", "面积", "耕地", "状态", "到期")
_ROWS = [
    {name: f"{name}{row}" if at in (0, 1, 4) else row * at for at, name in enumerate(_COLUMNS)}
    for row in range(100)
]
#: In the browser: both are drawn.
USABLE = "() => document.querySelector('.ag-row') && document.querySelector('.main-svg')"


def make_app() -> Dash:
    app = Dash(__name__, assets_folder="")
    app.layout = html.Div(
        [
            html.H1("A table and a chart"),
            dag.AgGrid(rowData=_ROWS, columnDefs=[{"field": name} for name in _COLUMNS]),
            dcc.Graph(figure=go.Figure(go.Bar(x=list(_COLUMNS), y=[3, 1, 4, 1, 5, 9]))),
        ]
    )
    return app


def __getattr__(name: str) -> Any:
    """`bench.bare:server` for gunicorn, made when it is asked for."""
    if name == "server":
        return make_app().server
    raise AttributeError(name)
