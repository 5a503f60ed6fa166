"""Reference layers below the patch of a map, each to be put away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dash_leaflet as dl
from dash import html
from dash.development.base_component import Component

#: Patches stay to be seen through them.
_OPACITY = 0.7


@dataclass(frozen=True, slots=True)
class LayerBelow:
    """url: template of its tiles. colour: a token of assets/tokens.json."""

    label: str
    url: str
    colour: str


def layers_below(layers: Sequence[LayerBelow]) -> list[Component]:
    """Their tiles, and a box in which each is ticked or not; nothing for none."""
    if not layers:
        return []
    below = [
        dl.Overlay(
            dl.TileLayer(url=layer.url, opacity=_OPACITY, maxZoom=22),
            name=layer.label,
            checked=True,
        )
        for layer in layers
    ]
    return [dl.LayersControl(below, position="bottomright", collapsed=False)]


def legend_below(layers: Sequence[LayerBelow]) -> Component | None:
    """Which colour is which layer."""
    if not layers:
        return None
    marks: list[Component | str] = []
    for layer in layers:
        colour = {"background": f"var(--{layer.colour})"}
        marks += [html.Span(className="legend-cell", style=colour), layer.label]
    return html.Span(marks, className="map-legend")
