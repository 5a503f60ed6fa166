"""GeoJSON (RFC 7946) of stored geometry (WKB, EPSG:4490 degrees), for the browser."""

from __future__ import annotations

from typing import Any

import shapely

#: About 1 cm.
COORDINATE_DIGITS = 7

Bounds = tuple[float, float, float, float]


def rounded(value: Any) -> Any:
    """Coordinates at any depth, to COORDINATE_DIGITS."""
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return round(float(value), COORDINATE_DIGITS)


def geometry(wkb: bytes) -> dict[str, Any]:
    """A GeoJSON geometry at full detail."""
    shape = shapely.from_wkb(wkb)
    return {"type": shape.geom_type, "coordinates": rounded(shape.__geo_interface__["coordinates"])}


def feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": rounded([lon, lat])}


def rectangle(box: Bounds) -> dict[str, Any]:
    """(west, south, east, north) as a polygon."""
    w, s, e, n = box
    return {"type": "Polygon", "coordinates": [rounded([[w, s], [e, s], [e, n], [w, n], [w, s]])]}


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}
