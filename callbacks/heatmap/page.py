"""违法占用: the page of a question, and what follows its boxes and the view of the map.

The layers come from `/map/…` and are drawn by assets/js/heatmap_layers.js and heatmap_patches.js;
what is said in numbers beside them is in callbacks/heatmap/said.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from callbacks.frame.tiles import tiles_of
from callbacks.frame.wall import wall_parts, wall_search
from callbacks.heatmap.address import (
    IMAGERY,
    LAYERS,
    RADII,
    UNITS,
)
from callbacks.heatmap.said import (
    PATH,
    View,
    headline,
    hot_spots,
    in_view,
    map_title,
    read_view,
    spots_part,
    top,
    units,
)
from callbacks.lists.view import month_label
from components import ids, paths
from components.heatmap.question import Question, question_bar
from components.heatmap.stage import Overlay, Shown, map_bar, map_hook, stage
from components.links import frame_part, href, read_search
from components.maps.base import (
    bounds_from_leaflet,
    city_bounds,
    district_bounds,
    district_map,
)
from components.parts.cards import empty, problem_notes
from data.maps.measures import MAP_MEASURES
from data.maps.patch_tiles import COLOURINGS
from data.maps.reference import layers_shown
from data.periods import format_day, month_ends_before, shown_days
from data.services import Services
from data.store.queries.patch_list import months_with_patches
from data.store.queries.places import district_shapes, town_labels
from data.vocabulary import PatchType

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _frame(conn: Connection, view: View, services: Services) -> dict[str, Any]:
    """What the script has to know beside the page's own part of the address."""
    context, settings = view.context, services.settings
    days = shown_days(context.year, context.as_of)
    return {
        "year": str(context.year),
        "asof": context.as_of.isoformat(),
        "district": context.district or "",
        "days": [{"day": day.isoformat(), "text": format_day(day, context.year)} for day in days],
        "wall": context.on_wall,
        "versions": {
            shown.layer.value: shown.version
            for shown in layers_shown(conn, services.store, context.scope)
        },
        "imagery": settings.imagery,
    }


def _overlays(conn: Connection, view: View, services: Services) -> list[Overlay]:
    found = [
        Overlay(shown.layer.value, shown.layer.label, shown.colour)
        for shown in layers_shown(conn, services.store, view.context.scope)
    ]
    if services.settings.imagery:
        found.append(Overlay(IMAGERY, "前后影像（卷帘对比）"))
    return found


def _question_bar(conn: Connection, view: View) -> Component:
    context, q = view.context, view.question
    scope = context.scope.narrowed_to(context.district)
    months = months_with_patches(conn, scope, context.year, context.as_of)
    before = month_ends_before(context.as_of, context.year, 1)
    return question_bar(
        Question(
            q.measure,
            q.months,
            q.patch_type.value if q.patch_type else None,
            q.against_on,
            q.against_months,
        ),
        measures={m.key: m.label for m in MAP_MEASURES.values()},
        months=[(month, month_label(month, context.year)) for month in months],
        types=[(term.value, term.label) for term in PatchType],
        first_day=date(context.year, 1, 1),
        last_day=context.as_of,
        default_against=before[-1] if before else context.as_of - timedelta(days=30),
        clear_href=href(PATH, context.query),
    )


def _map(conn: Connection, services: Services, view: View) -> Component:
    context, settings = view.context, services.settings
    tiles = tiles_of(settings)
    shapes = district_shapes(conn)
    bounds = view.address.view or district_bounds(shapes, context.district) or city_bounds(shapes)
    return district_map(
        ids.Heatmap.MAP,
        shapes,
        [map_hook()],
        label=f"{view.question.what.label}地图；数字见右侧合计、集中区域和下方表格",
        names=view.names,
        towns=town_labels(conn),
        bounds=bounds,
        highlighted=context.district,
        tiles=tiles,
        legend=html.Span(id=ids.Heatmap.LEGEND, className="map-legend"),
        class_name="heatmap-figure",
    )


def render(conn: Connection, services: Services, search: str) -> list[Component]:
    """The whole page for an address."""
    view = read_view(conn, services, search)
    context, address, i = view.context, view.address, ids.Heatmap
    if not len(view.cube.patches["id"]):
        return [
            *wall_parts(context, services.settings.today()),
            html.H1(headline(view, []), className="headline"),
            *problem_notes([*context.problems, *address.problems], href(PATH, context.query)),
            empty(
                "地图还是空的：本年度尚未上传下发图斑。",
                "去上传下发图斑",
                href(paths.UPLOAD, context.query),
            ),
        ]
    found = hot_spots(conn, view)
    shown = Shown(address.layer, address.radius, address.by, address.colour, address.overlays)
    bar = map_bar(
        shown,
        layers=LAYERS,
        radii=RADII,
        units=UNITS,
        colours=COLOURINGS,
        overlays=_overlays(conn, view, services),
    )
    panel = html.Section(
        [
            html.Div(html.H2("视图内外合计", className="card-heading"), className="card-head"),
            html.Div(id=i.IN_VIEW, className="in-view-sums"),
            html.Div(html.H2("集中区域", className="card-heading"), className="card-head"),
            html.Div(spots_part(view, found), id=i.SPOTS),
        ],
        className="panel heatmap-panel",
    )
    map_card = html.Section(
        [
            html.Div(map_title(view), id=i.TITLE, className="card-head"),
            bar,
            stage(_map(conn, services, view), with_time=not context.on_wall),
        ],
        className="panel heatmap-card",
    )
    table = html.Section(
        [
            html.Div(html.H2("各单位", className="card-heading"), className="card-head"),
            html.Div(units(conn, services.store, view), id=i.UNITS),
        ],
        className="panel heatmap-units",
    )
    return [
        *wall_parts(context, services.settings.today()),
        html.Div(top(view, found), id=i.TOP, className="heatmap-top"),
        _question_bar(conn, view),
        html.Div([map_card, panel], className="heatmap-grid"),
        table,
        dcc.Store(id=i.QUERY, data=address.own()),
        dcc.Store(id=i.FRAME, data=_frame(conn, view, services)),
        dcc.Store(id=i.APPLIED),
    ]


def with_own(search: str, own: str | None) -> str:
    """The address of the frame with the page's part as the page now has it."""
    return href("", frame_part(read_search(search)), **read_search(own or ""))


def register(app: Dash, services: Services) -> None:
    i = ids.Heatmap

    @app.callback(
        Output(i.CONTENT, "children"),
        Input(i.TICK, "n_intervals"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(tick: int | None, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services, wall_search(conn, search or "", tick or 0))

    app.clientside_callback(
        ClientsideFunction("heatmap", "choose"),
        Output(i.QUERY, "data"),
        Output(i.MONTHS_SAID, "children"),
        Output(i.AGAINST_MONTHS_SAID, "children"),
        Output(i.AGAINST_DAY_BOX, "hidden"),
        Output(i.AGAINST_MONTHS_BOX, "hidden"),
        Output(i.RADIUS_BOX, "hidden"),
        Output(i.BY_BOX, "hidden"),
        Output(i.COLOUR_BOX, "hidden"),
        Input(i.MEASURE, "value"),
        Input(i.MONTHS, "value"),
        Input(i.TYPE, "value"),
        Input(i.AGAINST, "value"),
        Input(i.AGAINST_DAY, "date"),
        Input(i.AGAINST_MONTHS, "value"),
        Input(i.LAYER, "value"),
        Input(i.RADIUS, "value"),
        Input(i.BY, "value"),
        Input(i.COLOUR, "value"),
        Input(i.OVERLAYS, "value"),
        State(i.MONTHS, "options"),
        State(i.QUERY, "data"),
        prevent_initial_call=True,  # a choice that changes nothing would keep the map from starting
    )
    app.clientside_callback(
        ClientsideFunction("heatmap", "apply"),
        Output(i.APPLIED, "data"),
        Input(i.QUERY, "data"),
        State(i.FRAME, "data"),
    )

    @app.callback(
        Output(i.TOP, "children"),
        Output(i.TITLE, "children"),
        Output(i.SPOTS, "children"),
        Output(i.UNITS, "children"),
        Input(i.QUERY, "data"),
        State(ids.Shell.LOCATION, "search"),
        State(i.FRAME, "data"),
        prevent_initial_call=True,
    )
    def follow(own: str | None, search: str | None, frame: dict[str, Any]) -> Any:
        with services.store.read() as conn:
            view = read_view(conn, services, with_own(_framed(search, frame), own))
            found = hot_spots(conn, view)
            table = units(conn, services.store, view)
        return top(view, found), map_title(view), spots_part(view, found), table

    @app.callback(
        Output(i.IN_VIEW, "children"),
        Output(i.NOTE, "children"),
        Input(i.MAP, "bounds"),
        Input(i.QUERY, "data"),
        State(ids.Shell.LOCATION, "search"),
        State(i.FRAME, "data"),
    )
    def sums(
        bounds: Sequence[Sequence[float]] | None,
        own: str | None,
        search: str | None,
        frame: dict[str, Any],
    ) -> Any:
        if bounds is None:  # the map tells its box once it is there
            return no_update, no_update
        with services.store.read() as conn:
            view = read_view(conn, services, with_own(_framed(search, frame), own))
        return in_view(view, bounds_from_leaflet(bounds))


def _framed(search: str | None, frame: Mapping[str, Any] | None) -> str:
    """On the wall the district changes without the address."""
    query = read_search(search)
    if frame and frame.get("wall") and frame.get("district"):
        query["district"] = str(frame["district"])
    return href("", query)
