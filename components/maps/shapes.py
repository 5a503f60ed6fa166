"""Boundaries and labels as the maps draw them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import shapely

from data.geo import Bounds, geometry

#: About 30 m: finer than a pixel of the city on one screen.
CITY_TOLERANCE = 0.0003


@lru_cache(maxsize=64)
def simplified_geometry(wkb: bytes, tolerance: float = CITY_TOLERANCE) -> dict[str, Any]:
    """A GeoJSON geometry for drawing small; boundaries hardly change, so they are kept."""
    return geometry(shapely.to_wkb(shapely.from_wkb(wkb).simplify(tolerance)))


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
