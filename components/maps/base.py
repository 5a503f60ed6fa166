"""The map that every page uses: district shapes on water, without any tile server.

Background tiles appear only where the settings name a server (天地图 or an intranet's).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash_leaflet as dl
from dash import html
from dash.development.base_component import Component
from dash_extensions.javascript import Namespace

from components.maps.shapes import bounds_of, label_point, simplified_geometry
from components.parts.attributes import aria
from data.geo import Bounds, collection, feature, point

#: Functions of assets/js/maps.js.
functions = Namespace("dashExtensions", "weipian")
_heatmap = Namespace("dashExtensions", "heatmap")

#: Where the city lies (domain.md §2), for a store without any boundary: west, south, east, north.
CITY_BOUNDS: Bounds = (121.2, 36.7, 122.7, 37.6)
_MARGIN = 0.03
#: Pixels; only for the zoom before the first fit.
_USUAL_WIDTH = 600
#: The whole city is some hundred pixels wide.
_LEAST_ZOOM = 7


@dataclass(frozen=True, slots=True)
class Tiles:
    """A background from a tile server. url: template with {z} {x} {y}."""

    url: str
    attribution: str = ""


def with_imagery(layer: Component, pictures: Sequence[Mapping[str, str]]) -> list[Component]:
    """The layer above two pictures of the ground, which a button shows with a handle between them.

    pictures: url and label, the earlier first (assets/js/heatmap.js); the layer alone for none.
    """
    if not pictures:
        return [layer]
    hook: Component = dl.GeoJSON(
        data=collection([feature(point(0.0, 0.0), pictures=list(pictures))]),
        pointToLayer=functions("newPoint"),
        style=_heatmap("unseen"),
        onEachFeature=_heatmap("swipe"),
        interactive=False,
    )
    return [hook, dl.Pane(layer, name="above-imagery", style={"zIndex": 450})]


def leaflet_bounds(bounds: Bounds) -> list[list[float]]:
    """(west, south, east, north) → Leaflet's [[south, west], [north, east]]."""
    west, south, east, north = bounds
    return [[south, west], [north, east]]


def bounds_from_leaflet(bounds: Sequence[Sequence[float]] | None) -> Bounds | None:
    """Leaflet's [[south, west], [north, east]] → (west, south, east, north)."""
    if not bounds:
        return None
    (south, west), (north, east) = bounds
    return float(west), float(south), float(east), float(north)


def city_bounds(shapes: Sequence[dict[str, Any]]) -> Bounds:
    """The view of the whole city: its boundaries with a margin."""
    around = bounds_of([shape["geom"] for shape in shapes])
    if around is None:
        return CITY_BOUNDS
    west, south, east, north = around
    return west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN


def district_bounds(shapes: Sequence[dict[str, Any]], code: str | None) -> Bounds | None:
    """The view of one district; None where no shape carries its code (a zone without boundary)."""
    around = bounds_of([shape["geom"] for shape in shapes if code and shape["code"] == code])
    if around is None:
        return None
    west, south, east, north = around
    return west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN


def _district_layers(
    shapes: Sequence[dict[str, Any]],
    names: dict[str, str],
    fills: dict[str, str],
    highlighted: str | None,
) -> list[Component]:
    areas = [
        feature(
            simplified_geometry(shape["geom"]),
            name=names.get(shape["code"] or "", shape["name"]),
            highlighted=shape["code"] is not None and shape["code"] == highlighted,
            fill=fills.get(shape["code"] or ""),
        )
        for shape in shapes
    ]
    labels = []
    for shape, area in zip(shapes, areas, strict=True):
        lon, lat = label_point(shape["geom"])
        labels.append(feature(point(lon, lat), name=area["properties"]["name"], rank="district"))
    return [
        dl.GeoJSON(
            data=collection(areas),
            style=functions("districtStyle"),
            onEachFeature=functions("prepareMap"),
            interactive=False,
        ),
        dl.GeoJSON(data=collection(labels), pointToLayer=functions("placeName"), interactive=False),
    ]


def _town_layer(towns: Sequence[dict[str, Any]]) -> list[Component]:
    """Names of towns; the style sheet shows them from a zoom on at which they have room."""
    if not towns:
        return []
    labels = [feature(point(t["lon"], t["lat"]), name=t["name"], rank="town") for t in towns]
    return [
        dl.GeoJSON(data=collection(labels), pointToLayer=functions("placeName"), interactive=False)
    ]


def _first_view(bounds: Bounds) -> dict[str, Any]:
    """The component needs a centre and a zoom to begin with; it fits the bounds once drawn."""
    west, south, east, north = bounds
    return {
        "center": [(south + north) / 2, (west + east) / 2],
        "zoom": math.floor(math.log2(360 * _USUAL_WIDTH / 256 / max(east - west, 1e-4))),
        "viewport": {"bounds": leaflet_bounds(bounds)},
    }


def source_line(shapes: Sequence[dict[str, Any]], tiles: Tiles | None = None) -> str:
    """Where the boundaries come from: 示意 is said as long as none was uploaded."""
    if not shapes:
        text = "尚无区市界，请上传“参考图层 · 区市界”"
    elif any(shape["is_indicative"] for shape in shapes):
        text = "区市界：示意（海岸线已概化，不作界线依据）"
    else:
        text = "区市界：市局上传"
    return f"{text} · 底图：{tiles.attribution or '已设置的瓦片服务'}" if tiles else text


def district_map(
    map_id: str,
    shapes: Sequence[dict[str, Any]],
    layers: Sequence[Component] = (),
    *,
    label: str,
    names: dict[str, str] | None = None,
    fills: dict[str, str] | None = None,
    towns: Sequence[dict[str, Any]] = (),
    bounds: Bounds | None = None,
    highlighted: str | None = None,
    tiles: Tiles | None = None,
    legend: Component | None = None,
    inside: Component | None = None,
    class_name: str = "",
) -> html.Figure:
    """A map with scale, north arrow and source line.

    shapes: of queries.places.district_shapes. names: district code → name to show. fills:
    district code → colour, a name of assets/tokens.json. towns: of
    queries.places.town_labels. bounds: first view (degrees; default: the whole city). highlighted:
    code of the district that is drawn strongly. label: what the map shows, for screen readers.
    inside: what stands in the map's frame beside the drawing.
    """
    view = _first_view(bounds or city_bounds(shapes))
    background = [dl.TileLayer(url=tiles.url, attribution=tiles.attribution)] if tiles else []
    leaflet = dl.Map(
        id=map_id,
        children=[
            *background,
            *_district_layers(shapes, names or {}, fills or {}, highlighted),
            *_town_layer(towns),
            *layers,
            dl.ScaleControl(position="bottomleft", imperial=False),
            dl.ZoomControl(position="topleft"),
        ],
        **view,
        preferCanvas=True,
        zoomControl=False,
        attributionControl=False,
        zoomSnap=0.25,
        maxZoom=19,
        # what lies far from the city is seen together with it, on a phone too
        minZoom=_LEAST_ZOOM if view["zoom"] > _LEAST_ZOOM else max(1, view["zoom"] - 3),
        className="map-canvas",
    )
    north = html.Div(
        [html.Span("北"), html.Span("↑", className="map-north-arrow")],
        className="map-north",
        title="上方为北",
    )
    source = html.Span(source_line(shapes, tiles), className="map-source")
    return html.Figure(
        [
            html.Div(
                [leaflet, north, *([] if inside is None else [inside])],
                className="map-frame",
                role="region",
                **aria(label=label),
            ),
            html.Figcaption(
                [*([] if legend is None else [legend]), source], className="map-caption"
            ),
        ],
        className=f"map {class_name}".strip(),
    )
