"""Colours, and one look for every chart. Style sheet and charts read assets/tokens.json."""

from __future__ import annotations

import plotly.graph_objects as go
import plotly.io as pio
from dash import dcc

from data.colours import tokens, wall_tokens

__all__ = ["FONT", "ICON", "css_variables", "graph", "install_template", "tokens", "wall_tokens"]

FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif'
TEMPLATE = "weipian"
#: The mark in the browser's tab, in the page itself: a parcel seen from above.
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Crect width='32' height='32' rx='6' fill='%231F5FAE'/%3E"
    "%3Cpath d='M7 12l8-5 10 5-3 12-11 1z' fill='none' stroke='white' "
    "stroke-width='2.5' stroke-linejoin='round'/%3E%3C/svg%3E"
)


def css_variables() -> str:
    """The colours as CSS custom properties, for the page's head."""
    return _rule(":root", tokens()) + _rule("html.on-wall", wall_tokens())


def _rule(selector: str, colours: dict[str, str]) -> str:
    return selector + "{" + "".join(f"--{name}:{value};" for name, value in colours.items()) + "}"


def install_template() -> None:
    """Make the product's plotly template the default; call once."""
    t = tokens()
    axis = {"gridcolor": t["line"], "linecolor": t["line"], "zerolinecolor": t["line"]}
    pio.templates[TEMPLATE] = go.layout.Template(
        layout=go.Layout(
            font={"family": FONT, "color": t["ink"], "size": 13},
            paper_bgcolor="rgba(0,0,0,0)",
            plot_bgcolor="rgba(0,0,0,0)",
            colorway=[t["accent"], t["late"], t["overdue"], t["lawful"], t["other"]],
            margin={"l": 48, "r": 16, "t": 16, "b": 36},
            xaxis=axis,
            yaxis=axis,
            hoverlabel={"font": {"family": FONT}},
        )
    )
    pio.templates.default = TEMPLATE


def graph(figure: go.Figure, graph_id: str, *, height_px: int = 240) -> dcc.Graph:
    """A chart that stays in the house: no cloud button, no logo, Chinese words."""
    figure.update_layout(height=height_px)
    return dcc.Graph(
        id=graph_id,
        figure=figure,
        config={
            "displaylogo": False,
            "showSendToCloud": False,
            "plotlyServerURL": "",
            "locale": "zh-CN",
            "displayModeBar": False,
            "responsive": True,
        },
    )
