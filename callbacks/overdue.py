"""逾期图斑: who is late by how many days, as a list and on a map that show the same patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output, State, html
from dash.development.base_component import Component
from flask import Flask

from callbacks.list_address import filters_to_grid
from callbacks.list_export import register_export
from callbacks.list_view import ListPage, ListView, choices, read_view
from callbacks.lists import export_href, register_list
from components import ids
from components.cards import problem_notes
from components.maps.base import Tiles, bounds_from_leaflet, district_bounds, district_map
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
from components.patch_columns import OVERDUE_COLUMNS
from components.patch_list import (
    filters,
    grid_pane,
    hidden_parts,
    in_view_switch,
    toolbar,
)
from data.periods import format_day
from data.services import Services
from data.settings import Settings
from data.store.queries.figures import figures
from data.store.queries.patch_list import (
    Box,
    PatchQuery,
    count_on_map,
    map_bins,
    map_features,
    patch_page,
)
from data.store.queries.places import district_shapes, town_labels
from data.units import format_count
from data.vocabulary import PatchStatus

if TYPE_CHECKING:
    from sqlalchemy import Connection

PAGE = ListPage(
    path="/overdue",
    title="逾期图斑",
    columns=OVERDUE_COLUMNS,
    sort=(("days_overdue", "desc"),),
    status=PatchStatus.OVERDUE,
)


def headline(conn: Connection, view: ListView) -> str:
    """The finding in one sentence: how many, how long, where most. The filters do not touch it."""
    c = view.context
    found = figures(conn, c.scope, c.year, c.as_of, c.district)
    shown = found["districts"][0] if c.district else found["city"]
    count = shown["overdue"]
    day = format_day(c.as_of, c.year)
    where = view.names.get(c.district, "") if c.district else ""
    if not count:
        reached = shown["due_reached"]
        if not reached:
            return f"截至{day}，{where}还没有到期的图斑"
        return f"截至{day}，{where}{format_count(reached)}个到期图斑全部已上报"
    longest = patch_page(
        conn,
        c.scope,
        PatchQuery(
            c.year, c.as_of, c.district, PatchStatus.OVERDUE, sort=(("due_on", "asc"),), limit=1
        ),
    ).rows
    sentence = f"截至{day}，{where}{format_count(count)}个图斑逾期未上报"
    if longest:
        sentence += f"，最长已逾期{format_count(longest[0]['days_overdue'])}天"
    if not c.district:
        late = [d for d in found["districts"] if d["overdue"]]
        most = max(late, key=lambda d: d["overdue"])
        if len(late) > 1:
            sentence += f"；{most['short_name']}最多（{format_count(most['overdue'])}个）"
        else:
            sentence += f"，都在{most['short_name']}"
    return sentence


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address; the grid and the map then ask for their rows."""
    i = ids.Overdue
    view = read_view(conn, settings, PAGE, search)
    months, towns = choices(conn, view)
    address, context = view.address, view.context
    tiles = Tiles(settings.tile_url, settings.tile_attribution) if settings.tile_url else None
    boxes = filters(
        i,
        text=address.text,
        month=address.month,
        town=address.town,
        patch_type=address.patch_type,
        months=months,
        towns=towns,
    )
    shapes = district_shapes(conn)
    return [
        html.H1(headline(conn, view), id=i.HEADLINE, className="headline"),
        *problem_notes(view.problems, PAGE.path + view.frame_search),
        toolbar(
            i,
            PAGE.columns,
            boxes,
            clear_href=PAGE.path + view.frame_search,
            export_href=export_href(PAGE, search, None),
            remembered_as="overdue",
        ),
        html.Div(
            [
                grid_pane(
                    i,
                    PAGE.columns,
                    sort=view.query.sort,
                    filter_model=filters_to_grid(address.filters),
                    label="逾期图斑列表",
                ),
                html.Div(
                    [
                        in_view_switch(i, address.box is not None),
                        district_map(
                            i.MAP,
                            shapes,
                            [patch_layer(i.FEATURES)],
                            label="逾期图斑地图，与列表同步",
                            names=view.names,
                            towns=town_labels(conn),
                            bounds=address.box or district_bounds(shapes, context.district),
                            highlighted=context.district,
                            tiles=tiles,
                            legend=html.Span(id=i.LEGEND),
                        ),
                    ],
                    className="map-pane",
                ),
            ],
            className="list-split",
        ),
        *hidden_parts(i, search),
    ]


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
    return patch_features(rows), patch_legend(len(rows))


def register(app: Dash, services: Services) -> None:
    i = ids.Overdue

    # the router lays the page anew for each address, so its appearance is the trigger
    @app.callback(
        Output(i.CONTENT, "children"),
        Input(i.CONTENT, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(_: str, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services.settings, search or "")

    register_list(app, services, PAGE, i)

    @app.callback(
        Output(i.FEATURES, "data"),
        Output(i.LEGEND, "children"),
        Input(i.QUERY, "data"),
        Input(i.MAP, "bounds"),
        State(i.MAP, "zoom"),
    )
    def draw(search: str | None, bounds: list[list[float]] | None, zoom: float | None) -> Any:
        with services.store.read() as conn:
            view = read_view(conn, services.settings, PAGE, search or "")
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


def register_routes(server: Flask, services: Services) -> None:
    register_export(server, services, PAGE)
