"""Web-Mercator tiles, the boxes they cover, and the curve along which patches are kept.

Degrees are EPSG:4490 (CGCS2000), which differ from WGS 84 by centimetres. Unit coordinates run
from 0 to 1, x eastwards from 180° W, y southwards from 85.05° N, as in the scheme of z/x/y tiles
(OGC 17-083r4, WebMercatorQuad).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from data.errors import NotFound, SupervisionError

Box = tuple[float, float, float, float]  # west, south, east, north in degrees
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MAX_ZOOM = 22
MAX_LAT = 85.05112877980659
TILE_PX = 256
EQUATOR_M = 40_075_016.686
#: Patches are ordered along the curve through the tiles of this zoom.
CURVE_ZOOM = 16


class NoSuchTile(NotFound):
    """A tile outside the scheme."""


class BadBox(SupervisionError):
    """A box that is none."""


def unit_x(lon: Any) -> Any:
    return lon / 360.0 + 0.5


def unit_y(lat: Any) -> Any:
    s = np.sin(np.radians(lat))
    return 0.5 - np.log((1.0 + s) / (1.0 - s)) / (4.0 * np.pi)


def lon_of(x: Any) -> Any:
    return (x - 0.5) * 360.0


def lat_of(y: Any) -> Any:
    return np.degrees(2.0 * np.arctan(np.exp((0.5 - y) * 2.0 * np.pi)) - np.pi / 2.0)


def check_tile(z: int, x: int, y: int) -> None:
    """Raises NoSuchTile."""
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NoSuchTile(f"没有瓦片 {z}/{x}/{y}。")


def tile_box(z: int, x: int, y: int) -> Box:
    n = 2.0**z
    return (
        float(lon_of(x / n)),
        float(lat_of((y + 1) / n)),
        float(lon_of((x + 1) / n)),
        float(lat_of(y / n)),
    )


def read_box(text: str) -> Box:
    """`west,south,east,north` in degrees. Raises BadBox."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = math.nan
    inside = -180 <= west < east <= 180 and -90 <= south < north <= 90  # false for nan, too
    if not inside:
        raise BadBox(
            "地图范围无法识别。应写作 西,南,东,北（度），如 121.5,36.8,122.0,37.2，"
            "且西小于东、南小于北。"
        )
    return west, max(south, -MAX_LAT), east, min(north, MAX_LAT)


def cells(lon: Floats, lat: Floats, level: int) -> tuple[Ints, Ints]:
    """Column and row of the tile of this level in which each position lies."""
    n = 2**level
    x = np.clip((unit_x(lon) * n).astype(np.int64), 0, n - 1)
    y = np.clip((unit_y(lat) * n).astype(np.int64), 0, n - 1)
    return x, y


def _spread(v: Ints) -> Ints:
    """The 16 low bits of each number, a zero between any two."""
    v = v & 0xFFFF
    v = (v | (v << 8)) & 0x00FF00FF
    v = (v | (v << 4)) & 0x0F0F0F0F
    v = (v | (v << 2)) & 0x33333333
    return (v | (v << 1)) & 0x55555555


def curve(x: Ints, y: Ints) -> Ints:
    """Place of the tiles x, y of CURVE_ZOOM along the Z-order curve (Morton 1966)."""
    return _spread(np.asarray(x, dtype=np.int64)) | (_spread(np.asarray(y, dtype=np.int64)) << 1)


def curve_ranges(box: Box) -> list[tuple[int, int]]:
    """Half-open stretches of the curve that hold every position in the box, in order, few."""
    west, south, east, north = box
    x0, x1 = float(unit_x(west)), float(unit_x(east))
    y0, y1 = float(unit_y(min(north, MAX_LAT))), float(unit_y(max(south, -MAX_LAT)))
    # the finest level at which the box meets at most some 4 × 4 tiles
    extent = max(x1 - x0, y1 - y0, 2.0**-CURVE_ZOOM)
    level = min(max(int(math.log2(3.0 / extent)), 0), CURVE_ZOOM)
    n = 2**level
    xs = np.arange(max(int(x0 * n), 0), min(int(x1 * n), n - 1) + 1)
    ys = np.arange(max(int(y0 * n), 0), min(int(y1 * n), n - 1) + 1)
    shift = CURVE_ZOOM - level
    grid_x, grid_y = np.meshgrid(xs << shift, ys << shift)
    starts = np.sort(curve(grid_x.ravel(), grid_y.ravel()))
    length = 4**shift
    joined: list[tuple[int, int]] = []
    for start in starts.tolist():
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], start + length)
        else:
            joined.append((start, start + length))
    return joined
