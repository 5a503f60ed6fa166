"""Shapes and names of districts and towns, for maps and filter boxes. Places are no secret: the
boundaries of the whole city are drawn for everyone, so these queries take no scope.
"""

from __future__ import annotations

from typing import Any

import shapely
from sqlalchemy import Connection, select

from data.store.models import ReferenceFeature, Town
from data.store.queries.stamp import districts
from data.vocabulary import ReferenceLayer


def _layer(conn: Connection, layer: ReferenceLayer) -> list[Any]:
    """Features of a layer; what the bureau uploaded has taken the place of what was shipped as
    示意, unit by unit."""
    f = ReferenceFeature
    return list(
        conn.execute(
            select(f.code, f.name, f.geom, f.batch_id, f.min_lon, f.min_lat, f.max_lon, f.max_lat)
            .where(f.layer == layer.value)
            .order_by(f.id)
        )
    )


def _shapes(conn: Connection, layer: ReferenceLayer) -> list[dict[str, Any]]:
    return [
        {
            "code": row.code,
            "name": row.name,
            "geom": row.geom,
            "is_indicative": row.batch_id is None,
        }
        for row in _layer(conn, layer)
    ]


def district_shapes(conn: Connection) -> list[dict[str, Any]]:
    """Keys: code, name, geom (WKB EPSG:4490), is_indicative (shipped as 示意)."""
    return _shapes(conn, ReferenceLayer.DISTRICTS)


def town_shapes(conn: Connection) -> list[dict[str, Any]]:
    """Keys as those of district_shapes; none until 乡镇界 were uploaded."""
    return _shapes(conn, ReferenceLayer.TOWNS)


def unit_shapes(conn: Connection) -> list[dict[str, Any]]:
    """Shapes of the units as far as known: the districts', and of a unit without one (a zone) the
    land of its towns, whose boundaries were uploaded, above them. Keys as those of district_shapes.
    """
    shapes = district_shapes(conn)
    drawn = {shape["code"] for shape in shapes}
    of_towns = town_shapes(conn)
    if not of_towns:
        return shapes
    unit_of = {town["code"]: town["district_code"] for town in towns(conn)}
    parts: dict[str, list[bytes]] = {}
    for town in of_towns:
        unit = unit_of.get(town["code"])
        if unit is not None and unit not in drawn:
            parts.setdefault(unit, []).append(town["geom"])
    names = {d.code: d.name for d in districts(conn)}
    zones = [
        {
            "code": unit,
            "name": names.get(unit, unit),
            "geom": shapely.to_wkb(shapely.union_all(shapely.from_wkb(own))),
            "is_indicative": False,
        }
        for unit, own in parts.items()
    ]
    return [*shapes, *zones]


def town_labels(conn: Connection) -> list[dict[str, Any]]:
    """Where the names of towns stand, if their boundaries were uploaded. Keys: name, lon, lat."""
    return [
        {
            "name": row.name,
            "lon": (row.min_lon + row.max_lon) / 2,
            "lat": (row.min_lat + row.max_lat) / 2,
        }
        for row in _layer(conn, ReferenceLayer.TOWNS)
        if row.name
    ]


def towns(conn: Connection) -> list[dict[str, Any]]:
    """Keys: code, name, district_code; in the order of their codes."""
    query = select(Town.code, Town.name, Town.district_code).order_by(Town.code)
    return [dict(row) for row in conn.execute(query).mappings()]
