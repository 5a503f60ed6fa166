"""A part of the map that a reader has chosen: the view, a square, or an outline drawn by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from data.errors import SupervisionError
from data.maps.cube import MapCube
from data.maps.mercator import MAX_LAT, Box, read_box
from data.maps.points import Points, points
from data.maps.question import MapQuestion
from data.scope import Scope

#: An outline with more corners is not one that a hand has drawn on a screen.
MOST_CORNERS = 500


class BadOutline(SupervisionError):
    """An outline that is none."""


@dataclass(frozen=True)
class Selection:
    """box: west, south, east, north in degrees. outline: what of the box, None for all of it."""

    box: Box
    outline: shapely.Geometry | None = None


def read_outline(text: str) -> Selection:
    """`lon,lat;lon,lat;…` in degrees, at least three corners. Raises BadOutline.

    An outline that crosses itself, as a quick hand draws it, holds what it goes around.
    """
    try:
        corners = [tuple(map(float, part.split(","))) for part in text.split(";") if part]
        if not 3 <= len(corners) <= MOST_CORNERS:
            raise ValueError
        for lon, lat in corners:
            if not (math.isfinite(lon) and -180 <= lon <= 180 and -MAX_LAT <= lat <= MAX_LAT):
                raise ValueError
        outline = shapely.make_valid(shapely.Polygon(corners))
    except ValueError:
        raise BadOutline(
            "圈选范围无法识别。应写作 经度,纬度;经度,纬度;…（度），"
            f"3 到 {MOST_CORNERS} 个点。请在地图上重新圈选。"
        ) from None
    west, south, east, north = (float(v) for v in outline.bounds)
    if not shapely.area(outline) > 0:
        raise BadOutline("圈选范围没有面积。请在地图上重新圈选。")
    return Selection((west, south, east, north), outline)


def read_selection(arguments: Mapping[str, str]) -> Selection | None:
    """`poly` or `bbox` of an address; None for neither. Raises BadOutline, BadBox."""
    if arguments.get("poly"):
        return read_outline(arguments["poly"])
    if arguments.get("bbox"):
        return Selection(read_box(arguments["bbox"]))
    return None


def points_within(
    cube: MapCube, scope: Scope, question: MapQuestion, selection: Selection
) -> Points:
    """What the question selects there. The edge of a box is half-open as in points(), that of an
    outline belongs to nobody."""
    if selection.outline is None:
        return points(cube, scope, question, selection.box)
    west, south, east, north = selection.box
    # the outline's own box closed, for points() leaves its upper edges out
    closed = (west, south, float(np.nextafter(east, 181)), float(np.nextafter(north, 91)))
    found = points(cube, scope, question, closed)
    shapely.prepare(selection.outline)
    inside = shapely.contains_xy(selection.outline, found.lon, found.lat)
    return Points(found.row[inside], found.lon[inside], found.lat[inside], found.value[inside])
