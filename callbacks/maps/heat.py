"""`/map/heat…`, `/map/areas.json`, `/map/spots.json`: the heat surface and what its colours mean,
districts and towns, and where most is (docs/maps.md)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import flask

from callbacks.maps.answers import JSON, PNG, Asked, answered, as_json
from components.maps.shapes import simplified_geometry
from data.errors import SupervisionError
from data.geo import collection, feature, rounded
from data.maps.areas import Area, Areas, areas, parts, read_unit
from data.maps.heat import heat_tile, legend, read_radius
from data.maps.mercator import TILE_PX, check_tile
from data.maps.spots import PlaceNames, spots
from data.periods import default_as_of
from data.services import Services
from data.store.engine import Store
from data.store.queries.places import towns

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: What the page asks for (`px=512`), so that a screen takes few requests.
LARGE_PX = 512


def scale_until(asked: Asked, today: date) -> date:
    """The last day that the slider shows, up to which the scale of colours looks: `until`, else the
    last day of which anything is known. Raises SupervisionError."""
    text = asked.arguments.get("until", "")
    if not text:
        return default_as_of(asked.context.year, today)
    try:
        until = date.fromisoformat(text)
    except ValueError:
        raise SupervisionError(
            f"色阶截止日“{text[:20]}”无法识别。日期应写作 2023-05-24。"
        ) from None
    return min(until, today)


# ---- districts and towns -------------------------------------------------------------------------


def areas_document(conn: Connection, store: Store, asked: Asked) -> dict[str, Any]:
    """The units with a boundary as features; unplaced: those without, with their value; total: of
    both. Raises SupervisionError."""
    by = read_unit(asked.arguments.get("by", ""))
    found = areas(conn, store, asked.cube, asked.scope, asked.question, by)
    q, classes = asked.question, found.classes()
    say = q.what.change_text if q.is_difference else q.what.text

    def drawn(area: Area) -> dict[str, Any]:
        return feature(
            simplified_geometry(area.shape),
            kind="area",
            code=area.code,
            name=area.name,
            value=q.what.number(area.value),
            text=say(area.value),
            area_km2=round(area.km2, 3),
            density=area.density,
            density_text=found.density_text(area),
            base=found.base,
            step=classes.step(parts(area)),
            colour=classes.colour(parts(area)) if area.value else None,
            indicative=area.is_indicative,
        )

    return {
        **collection([drawn(area) for area in found.areas]),
        "unit": classes.measure.unit,
        "is_difference": q.is_difference,
        "base": found.base,
        "legend": classes.legend(),
        "total": {"value": q.what.number(found.total), "text": say(found.total)},
        "unplaced": [
            {"name": u.name, "value": q.what.number(u.value), "text": say(u.value)}
            for u in found.unplaced
        ],
        "note": areas_note(found, by),
    }


def areas_note(found: Areas, by: str) -> str:
    """What the colours are of, and why a unit has none."""
    if by == "town" and not found.areas:
        return "尚未上传乡镇界，不能按乡镇上色。请在“上传”中选参考图层“乡镇界”。"
    said = f"颜色表示每平方公里{found.base}的{found.measure.unit}数。"
    if found.unplaced:
        names = "、".join(u.name for u in found.unplaced[:4])
        more = "等" if len(found.unplaced) > 4 else ""
        said += f"{names}{more}没有边界，数值列在表中，不计入所在县（市、区）的颜色。"
    if any(area.is_indicative for area in found.areas):
        said += "边界为示意。"
    return said


# ---- hot spots -----------------------------------------------------------------------------------


def spots_document(conn: Connection, asked: Asked) -> dict[str, Any]:
    q = asked.question
    names = PlaceNames(
        {d.code: d.short_name for d in asked.context.stamp.districts},
        {town["code"]: town["name"] for town in towns(conn)},
    )
    say = q.what.change_text if q.is_difference else q.what.text
    found = [
        {
            "rank": spot.rank,
            "name": spot.name,
            "box": rounded(spot.box),
            "lon": round(spot.lon, 6),
            "lat": round(spot.lat, 6),
            "value": q.what.number(spot.value),
            "text": say(spot.value),
            "patches": spot.patches,
            "change": None if spot.change is None else q.what.number(spot.change),
            "change_text": None if spot.change is None else q.what.change_text(spot.change),
        }
        for spot in spots(asked.cube, asked.scope, q, names)
    ]
    return {"spots": found, "unit": q.what.unit, "is_difference": q.is_difference}


def register_routes(server: flask.Flask, services: Services) -> None:
    settings = services.settings

    @server.get("/map/heat/<int:z>/<int:x>/<int:y>.png")
    def map_heat_tile(z: int, x: int, y: int) -> flask.Response:
        check_tile(z, x, y)
        today = settings.today()

        def make(_: object, asked: Asked) -> bytes:
            radius = read_radius(asked.arguments.get("radius", ""))
            until = scale_until(asked, today)
            return heat_tile(asked.cube, asked.scope, asked.question, radius, until, z, x, y, px)

        px = LARGE_PX if flask.request.args.get("px") == str(LARGE_PX) else TILE_PX
        return answered(services, (z, x, y, px, today), PNG, make, "radius", "until")

    @server.get("/map/heat.json")
    def map_heat_legend() -> flask.Response:
        today = settings.today()

        def make(_: object, asked: Asked) -> bytes:
            radius = read_radius(asked.arguments.get("radius", ""))
            until = scale_until(asked, today)
            return as_json(legend(asked.cube, asked.scope, asked.question, radius, until))

        return answered(services, ("heat", today), JSON, make, "radius", "until")

    @server.get("/map/areas.json")
    def map_areas() -> flask.Response:
        return answered(
            services,
            ("areas",),
            JSON,
            lambda conn, asked: as_json(areas_document(conn, services.store, asked)),
            "by",
        )

    @server.get("/map/spots.json")
    def map_spots() -> flask.Response:
        return answered(
            services, ("spots",), JSON, lambda conn, asked: as_json(spots_document(conn, asked))
        )
