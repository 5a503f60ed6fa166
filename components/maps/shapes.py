"""Stored geometry (WKB, EPSG:4490 degrees) as GeoJSON for the browser."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import shapely

#: About 30 m: finer than a pixel of the city on one screen.
CITY_TOLERANCE = 0.0003
#: About 1 cm.
COORDINATE_DIGITS = 7

Bounds = tuple[float, float, float, float]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, COORDINATE_DIGITS)
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


@lru_cache(maxsize=64)
def simplified_geometry(wkb: bytes, tolerance: float = CITY_TOLERANCE) -> dict[str, Any]:
    """A GeoJSON geometry for drawing small; boundaries hardly change, so they are kept."""
    return geometry(shapely.to_wkb(shapely.from_wkb(wkb).simplify(tolerance)))


def geometry(wkb: bytes) -> dict[str, Any]:
    """A GeoJSON geometry at full detail."""
    shape = shapely.from_wkb(wkb)
    return {
        "type": shape.geom_type,
        "coordinates": _rounded(shape.__geo_interface__["coordinates"]),
    }


def feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": _rounded([lon, lat])}


def rectangle(box: Bounds) -> dict[str, Any]:
    """(west, south, east, north) as a polygon."""
    w, s, e, n = box
    return {"type": "Polygon", "coordinates": [_rounded([[w, s], [e, s], [e, n], [w, n], [w, s]])]}


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def bounds_of(geometries: list[bytes]) -> Bounds | None:
    """(west, south, east, north) around all of them; None for none."""
    shapes = shapely.from_wkb(geometries)
    if len(geometries) == 0:
        return None
    west, south, east, north = (float(v) for v in shapely.total_bounds(shapes))
    return west, south, east, north


def label_point(wkb: bytes) -> tuple[float, float]:
    """(lon, lat) where the name of an area stands: inside its largest part."""
    shape = shapely.from_wkb(wkb)
    largest = max(getattr(shape, "geoms", [shape]), key=lambda part: float(part.area))
    inside = shapely.point_on_surface(largest)
    centre = largest.centroid
    best = centre if largest.contains(centre) else inside
    return float(best.x), float(best.y)
