"""The map beside a list: the same patches, and what is picked on either is marked on both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output, State, html
from dash.development.base_component import Component

from callbacks.frame.tiles import tiles_of
from callbacks.lists.view import ListPage, ListView, read_view
from components import ids
from components.lists.page import in_view_switch
from components.maps.base import bounds_from_leaflet, district_bounds, district_map
from components.maps.patches import (
    CELLS,
    MOST_FEATURES,
    SHAPE_ZOOM,
    bin_features,
    bin_legend,
    patch_features,
    patch_layer,
    patch_legend,
)
from data.services import Services
from data.settings import Settings
from data.store.queries.patch_list import Box, count_on_map, extent, map_bins, map_features
from data.store.queries.places import district_shapes, town_labels
from data.vocabulary import PatchStatus

if TYPE_CHECKING:
    from sqlalchemy import Connection


#: Degrees, a kilometre or so.
_LEAST_ROOM = 0.01


def map_pane(conn: Connection, settings: Settings, view: ListView, i: ids.PatchList) -> Component:
    """The map's place; it asks for its patches by itself."""
    address, context = view.address, view.context
    tiles = tiles_of(settings)
    shapes = district_shapes(conn)
    own = around_rows(conn, view)
    return html.Div(
        [
            in_view_switch(i, address.box is not None),
            district_map(
                i.MAP,
                shapes,
                [patch_layer(i.FEATURES)],
                label=f"{view.page.noun}地图，与列表同步",
                names=view.names,
                towns=town_labels(conn),
                bounds=address.box or own or district_bounds(shapes, context.district),
                highlighted=context.district,
                tiles=tiles,
                legend=html.Span(id=i.LEGEND),
            ),
        ],
        className="map-pane",
    )


def around_rows(conn: Connection, view: ListView) -> Box | None:
    """The part of the map on which the listed patches lie, with room around them."""
    if view.chosen and view.chosen.box:
        return view.chosen.box
    found = extent(conn, view.context.scope, view.query)
    if found is None:
        return None
    west, south, east, north = found
    # a single patch is shown with what lies near it
    x = max((east - west) * 0.05, _LEAST_ROOM)
    y = max((north - south) * 0.05, _LEAST_ROOM)
    return west - x, south - y, east + x, north + y


def map_content(
    conn: Connection, view: ListView, bounds: Box | None, zoom: float
) -> tuple[dict[str, Any], Component]:
    """GeoJSON of what the map's view holds, and its legend: shapes, points, or counted cells."""
    scope, query = view.context.scope, view.query
    count = count_on_map(conn, scope, query, bounds, MOST_FEATURES + 1)
    if count > MOST_FEATURES:
        bins = map_bins(conn, scope, query, bounds, CELLS)
        return bin_features(bins), bin_legend(bins)
    rows = map_features(conn, scope, query, bounds, MOST_FEATURES, shapes=zoom >= SHAPE_ZOOM)
    overdue_only = PatchStatus.OVERDUE is view.query.status or view.query.figures == ("overdue",)
    legend = patch_legend(len(rows), view.page.noun, overdue_only=overdue_only)
    return patch_features(rows), legend


def register_map(app: Dash, services: Services, page: ListPage, i: ids.PatchList) -> None:
    @app.callback(
        Output(i.FEATURES, "data"),
        Output(i.LEGEND, "children"),
        Input(i.QUERY, "data"),
        Input(i.MAP, "bounds"),
        State(i.MAP, "zoom"),
    )
    def draw(search: str | None, bounds: list[list[float]] | None, zoom: float | None) -> Any:
        with services.store.read() as conn:
            view = read_view(conn, services.settings, page, search or "")
            return map_content(conn, view, bounds_from_leaflet(bounds), zoom or 0)

    app.clientside_callback(
        ClientsideFunction("weipianLists", "keep"),
        Output(i.MAP_BOUNDS, "data"),
        Input(i.MAP, "bounds"),
    )
    app.clientside_callback(
        ClientsideFunction("weipianLists", "mapPick"),
        Output(i.MAP_PICK, "data"),
        Input(i.FEATURES, "n_clicks"),
        State(i.FEATURES, "clickData"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("weipianLists", "markMap"),
        Output(i.FEATURES, "hideout"),
        Input(i.PICKED, "data"),
        prevent_initial_call=True,
    )
