"""What a wall says of itself: whose turn it is, the time, how old its data are, whether the server
answers (assets/js/wall.js)."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from components import ids


def wall_bar(turn: str, stamp: str, old: str) -> Component:
    """turn: the unit that is shown. stamp: data version and last upload. old: what is wrong with
    the data, nothing where nothing is."""
    return html.Div(
        [
            html.Span(old, className="wall-wrong", hidden=not old),
            html.Span(id=ids.Shell.WALL_GONE, className="wall-wrong", hidden=True, role="alert"),
            html.Span(turn, className="wall-turn"),
            html.Span(stamp),
            html.Time(id=ids.Shell.WALL_TIME),
        ],
        className="wall-bar",
    )
