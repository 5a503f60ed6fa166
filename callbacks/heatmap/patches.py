"""The patches of a part of the map: a list with its workbook, and the first as a card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import numpy as np
from dash import Dash, dcc, html
from dash.development.base_component import Component
from flask import Flask, Response

from callbacks.frame.context import PageContext
from callbacks.heatmap.address import QUESTION_KEYS, read_heatmap
from callbacks.lists.page import Top, register_list_page
from callbacks.lists.said import narrowed, with_filters
from callbacks.lists.view import Chosen, ListPage, ListView
from callbacks.lists.workbook import register_export
from callbacks.maps.answers import JSON, Asked, answered, as_json
from components import ids, paths
from components.links import frame_part, href
from components.lists.columns import PATCH_COLUMNS
from data.errors import SupervisionError
from data.maps.cube import MapCube, map_cube
from data.maps.points import Points, values
from data.maps.question import MapQuestion, amount_text
from data.maps.selection import Selection, points_within, read_selection
from data.periods import format_day
from data.scope import Scope
from data.services import Services
from data.store.queries.contributions import AMOUNTS
from data.store.queries.patch_list import count_patches
from data.store.queries.patch_rows import patch_rows
from data.units import format_count, format_plain

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATH, FIRST_PATH = paths.HEATMAP_PATCHES, f"{paths.HEATMAP}/first.json"
#: Parts of the map as they stand in an address: one of these, none for everything.
PLACE_KEYS = ("bbox", "poly", "nowhere")
#: How many patches a card names.
_FIRST = 5

PAGE = ListPage(
    path=PATH,
    title="违法占用图斑",
    columns=PATCH_COLUMNS,
    sort=(("farmland_mu", "desc"),),
    noun="所选图斑",
    with_map=True,
    kept=(*(key for key in QUESTION_KEYS if key != "type"), *PLACE_KEYS),
)


@dataclass(frozen=True)
class Place:
    """selection: a part of the map, None for everything. nowhere: what has no position, only."""

    selection: Selection | None = None
    nowhere: bool = False

    @property
    def words(self) -> str:
        if self.nowhere:
            return "没有位置的图斑"
        if self.selection is None:
            return ""
        if self.selection.outline is not None:
            return "圈选范围内"
        west, south, east, north = map(format_plain, self.selection.box)
        return f"东经{west}–{east}°、北纬{south}–{north}°范围内"


def read_place(arguments: Mapping[str, str]) -> Place:
    """Raises SupervisionError."""
    return Place(read_selection(arguments), arguments.get("nowhere") == "1")


def found_in(cube: MapCube, scope: Scope, question: MapQuestion, place: Place) -> Points:
    """What the question selects at a place; everything includes what has no position."""
    if place.selection is not None:
        return points_within(cube, scope, question, place.selection)
    start = cube.located if place.nowhere else 0
    value = values(cube, scope, question, start, len(cube.patches["id"]))
    at = np.flatnonzero(value)
    row = at + start
    return Points(row, cube.patches["lon"][row], cube.patches["lat"][row], value[at])


def choose(conn: Connection, services: Services, context: PageContext) -> Chosen:
    """The patches that the address of the list means."""
    address = read_heatmap(context)
    q, problems = address.question, list(address.problems)
    try:
        place = read_place(context.query)
    except SupervisionError as refusal:
        problems.append(f"{refusal.message}已改为列出全部范围。")
        place = Place()
    cube = map_cube(services.store, context.year, conn)
    found = found_in(cube, context.scope, q, place)
    return Chosen(
        ids=tuple(cube.patches["id"][found.row].tolist()),
        beside=(q.measure,) if q.measure in AMOUNTS and not q.is_difference else (),
        words=f"{place.words}{'，' if place.words else ''}{q.what.label}：",
        said=(*q.in_words(), f"合计{amount_text(q, found.total)}"),
        box=place.selection.box if place.selection else None,
        problems=tuple(problems),
    )


def headline(conn: Connection, view: ListView) -> str:
    """Where, what, how many and how much."""
    chosen = view.chosen
    assert chosen is not None
    day = format_day(view.context.as_of, view.context.year)
    where = "" if view.context.district is None else view.context.district_name
    if narrowed(view):
        count = format_count(count_patches(conn, view.context.scope, view.query))
        return with_filters(conn, view, f"截至{day}，{where}{chosen.words}其中{count}个图斑")
    count = format_count(len(chosen.ids or ()))
    return f"截至{day}，{where}{chosen.words}{count}个图斑，{chosen.said[-1]}"


def way_back(conn: Connection, view: ListView) -> list[Component]:
    """To the same map."""
    query = view.context.query
    own = {key: query[key] for key in QUESTION_KEYS if query.get(key)}
    if query.get("bbox"):
        own["view"] = query["bbox"]
    if query.get("poly"):
        own["poly"] = query["poly"]
    back = dcc.Link("违法占用", href=href(paths.HEATMAP, query, **own))
    return [html.Nav([back, " › 图斑"], className="breadcrumb-line")]


def narrowing(conn: Connection, view: ListView) -> list[Component]:
    assert view.chosen is not None
    said = view.chosen.said[:-1]
    return [html.P("；".join(said) + "。", className="trigger-line")] if said else []


TOP = Top(headline, before=way_back, after=narrowing)


# ---- the card of a place -------------------------------------------------------------------------


def list_query(asked: Asked) -> dict[str, str]:
    """The address's part that leads to the list of the same patches."""
    q = asked.question
    keys = {key: asked.arguments[key] for key in PLACE_KEYS if asked.arguments.get(key)}
    # the day is written out: the map may show another than the page's
    frame = {"year": str(q.year), "asof": q.as_of.isoformat(), "district": q.district or ""}
    return {k: v for k, v in {**frame, **q.parameters(), **keys}.items() if v}


def first_document(conn: Connection, asked: Asked) -> dict[str, Any]:
    """What is at a place: its sum, how many patches, the first of them by value, and the way to
    all of them as a list and a workbook. Raises SupervisionError."""
    q = asked.question
    found = found_in(asked.cube, asked.scope, q, read_place(asked.arguments))
    order = np.argsort(-np.abs(found.value), kind="stable")[:_FIRST]
    numbers = asked.cube.patches["id"][found.row[order]].tolist()
    rows = {row["id"]: row for row in patch_rows(conn, numbers, q.as_of)}
    query = list_query(asked)
    frame = frame_part(query)
    search = urlencode(query, safe=",;")
    return {
        "label": q.what.label,
        "text": amount_text(q, found.total),
        "patches": len(found),
        "patches_text": f"{format_count(len(found))}个图斑",
        "first": [
            {
                "patch_no": rows[patch_id]["patch_no"],
                "place": rows[patch_id]["town_name"] or "",
                "text": amount_text(q, int(found.value[at])),
                "href": href(paths.patch(q.year, rows[patch_id]["patch_no"]), frame),
            }
            for at, patch_id in zip(order.tolist(), numbers, strict=True)
            if patch_id in rows
        ],
        "list": f"{PATH}?{search}",
        "workbook": f"/export{PATH}.xlsx?{search}",
    }


def register(app: Dash, services: Services) -> None:
    page = _page(services)
    register_list_page(app, services, page, ids.HeatmapPatches, TOP)


def _page(services: Services) -> ListPage:
    return replace(PAGE, choose=lambda conn, context: choose(conn, services, context))


def register_routes(server: Flask, services: Services) -> None:
    register_export(server, services, _page(services))

    @server.get(FIRST_PATH)
    def heatmap_first() -> Response:
        return answered(
            services,
            ("first",),
            JSON,
            lambda conn, asked: as_json(first_document(conn, asked)),
            *PLACE_KEYS,
        )
