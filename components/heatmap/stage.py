"""The map of 违法占用 and the bar above it: how it is shown, what can be taken out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dash_bootstrap_components as dbc
import dash_leaflet as dl
from dash import dcc, html
from dash.development.base_component import Component
from dash_extensions.javascript import Namespace

from components import ids, paths
from components.heatmap.question import choice
from components.maps.base import functions
from components.parts.attributes import aria, data
from data.geo import collection, feature, point

#: Functions of assets/js/heatmap.js.
_functions = Namespace("dashExtensions", "heatmap")


@dataclass(frozen=True, slots=True)
class Shown:
    """How the map shows it, as the address has it."""

    layer: str
    radius: str
    by: str
    colour: str
    overlays: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overlay:
    """A layer that can be laid over the map. colour: a token of assets/tokens.json."""

    key: str
    label: str
    colour: str | None = None


def _menu(label: str, entries: Sequence[Component], class_name: str) -> Component:
    return html.Details(
        [
            html.Summary(label, className="btn btn-sm btn-outline-secondary"),
            html.Div(list(entries), className="column-choices"),
        ],
        className=f"column-chooser {class_name}",
    )


def _overlay_menu(overlays: Sequence[Overlay], chosen: Sequence[str]) -> Component:
    options = [
        {
            "label": html.Span(
                [
                    html.Span(
                        className="swatch",
                        style={"background": f"var(--{o.colour})"} if o.colour else {},
                    ),
                    o.label,
                ],
                className="overlay-name",
            ),
            "value": o.key,
        }
        for o in overlays
    ]
    known = {o.key for o in overlays}
    checklist = dcc.Checklist(
        id=ids.Heatmap.OVERLAYS, options=options, value=[key for key in chosen if key in known]
    )
    none = [] if overlays else [html.P("还没有参考图层。请上传“参考图层”。", className="muted")]
    return _menu("叠加图层", [*none, checklist], "overlay-menu")


#: What can be taken out of the map: address, what the link says.
EXPORTS = (
    ("/export/map.gpkg?epsg=4490", "GeoPackage（CGCS2000 经纬度）"),
    ("/export/map.zip?epsg=4529", "Shapefile（CGCS2000 3度带 41带，EPSG:4529）"),
    ("/export/map.zip?epsg=4490", "Shapefile（CGCS2000 经纬度）"),
    ("/export/map.kml", "KML"),
    ("/map/picture.png", "图片（报告用）"),
)


def _export_menu() -> Component:
    """The script adds the question and the view to each address when the menu opens."""
    links = [
        html.A(label, href=address, download="", **data(export=address))
        for address, label in EXPORTS
    ]
    note = html.P(
        "内容为当前视图内、当前条件下的图斑。", className="muted", **data(export_note="yes")
    )
    return _menu("导出", [*links, note], "export-menu")


def map_bar(
    shown: Shown,
    *,
    layers: Mapping[str, str],
    radii: Mapping[str, str],
    units: Mapping[str, str],
    colours: Mapping[str, str],
    overlays: Sequence[Overlay],
) -> Component:
    """What stands above the map: how it is shown, and what can be done with what is seen."""
    i = ids.Heatmap
    switch = dbc.RadioItems(
        id=i.LAYER,
        options=[{"label": label, "value": key} for key, label in layers.items()],
        value=shown.layer,
        className="btn-group layer-switch",
        inputClassName="btn-check",
        labelClassName="btn btn-sm btn-outline-primary",
        labelCheckedClassName="active",
    )
    return html.Div(
        [
            html.Div(
                [
                    html.Div(switch, role="group", **aria(label="图层")),
                    choice(
                        i.RADIUS,
                        "平滑半径",
                        radii,
                        shown.radius,
                        box_id=i.RADIUS_BOX,
                        hidden=shown.layer != "heat",
                    ),
                    choice(
                        i.BY,
                        "统计单位",
                        units,
                        shown.by,
                        box_id=i.BY_BOX,
                        hidden=shown.layer != "areas",
                    ),
                    choice(
                        i.COLOUR,
                        "颜色表示",
                        colours,
                        shown.colour,
                        box_id=i.COLOUR_BOX,
                        hidden=shown.layer != "patches",
                    ),
                ],
                className="map-bar-part",
            ),
            html.Div(
                [
                    _overlay_menu(overlays, shown.overlays),
                    html.Button(
                        "圈选",
                        id=i.LASSO,
                        type="button",
                        className="btn btn-sm btn-outline-secondary",
                        title="按住鼠标在地图上圈出范围，列出其中的图斑；键盘可用“视图图斑”",
                        **aria(pressed="false"),
                    ),
                    html.A(
                        "视图图斑",
                        href=paths.HEATMAP_PATCHES,
                        className="btn btn-sm btn-outline-secondary",
                        title="列出当前视图内的图斑",
                        **data(view_list=paths.HEATMAP_PATCHES),
                    ),
                    _export_menu(),
                ],
                className="map-bar-part",
            ),
        ],
        className="map-bar",
    )


def map_hook() -> Component:
    """Hands the map to the script: a point nobody sees, for whose sake a function is called."""
    hook: Component = dl.GeoJSON(
        data=collection([feature(point(0.0, 0.0))]),
        pointToLayer=functions("newPoint"),
        style=_functions("unseen"),
        onEachFeature=_functions("ready"),
        interactive=False,
    )
    return hook


def stage(drawn: Component, *, with_time: bool) -> Component:
    """The map with its note, time bar and the table of its squares."""
    i = ids.Heatmap
    parts: list[Component] = [
        html.Div(
            [
                drawn,
                html.Div(id=i.NOTE, className="map-note", role="status"),
                html.Div(className="map-note map-fault", role="alert"),
            ],
            id=i.STAGE,
            className="heatmap-stage",
        )
    ]
    if with_time:
        parts.append(
            html.Div(id=i.TIME, className="heatmap-time", role="group", **aria(label="显示日期"))
        )
        parts.append(html.Div(id=i.BINS, className="heatmap-bins"))
    return html.Div(parts, className="heatmap-map")
