"""How much lies around each pixel, in 亩/km² (个/km² for counts): the values of the heat surface.

Each patch is spread around its point by a normal distribution with σ = half the smoothing radius on
the ground: 86 % of it falls within the radius, all of it within 1.75 radii to each side. A pixel
holds what falls on it, divided by the square kilometres that it has at its latitude, so that the
surface adds up to the sums of bins and districts. Patches are first put together in squares of the
tile pyramid, about an eighth of the radius wide, or a pixel where that is wider; what a square puts
where depends on the square alone, so that neighbouring tiles join without a seam.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from data.maps.cube import MapCube
from data.maps.ground import km2_per_square_unit, metres_per_unit
from data.maps.measures import MapMeasure
from data.maps.mercator import EQUATOR_M, MAX_ZOOM, Floats, cells, lat_of, lon_of
from data.maps.overlay import Window
from data.maps.points import points
from data.maps.question import MapQuestion
from data.scope import Scope
from data.units import PARTS_PER_MU

Surface = npt.NDArray[np.float32]

#: The distribution is cut off at this many σ and made whole again.
_REACH = 3.5
_CELLS_A_RADIUS = 8
#: σ in pixels changes with the latitude: rows of squares share one within a band of this height.
_BAND_DEGREES = 0.5


def cell_level(radius: int, scale: float, cells_a_radius: int = _CELLS_A_RADIUS) -> int:
    """Level of the squares in which patches are put together. scale: pixels a unit."""
    by_radius = round(math.log2(EQUATOR_M * cells_a_radius / radius))
    return max(min(by_radius, math.floor(math.log2(scale) + 1e-9), MAX_ZOOM), 0)


def _below(t: float) -> float:
    """Share of the cut-off normal distribution below t, in units of σ."""
    share = 0.5 * (1 + math.erf(min(max(t, -_REACH), _REACH) / math.sqrt(2)))
    lost = 0.5 * (1 - math.erf(_REACH / math.sqrt(2)))
    return (share - lost) / (1 - 2 * lost)


@lru_cache(maxsize=256)
def _taps(sigma: float) -> tuple[float, ...]:
    """Shares of a square in itself and its neighbours along a line, 2 × reach + 1; they add up
    to 1. sigma: in squares."""
    reach = math.ceil(_REACH * sigma)
    edges = [_below((at - 0.5) / sigma) for at in range(-reach, reach + 2)]
    return tuple(high - low for low, high in pairwise(edges))


@dataclass(frozen=True)
class Grid:
    """Sums of squares of a level. x, y: the first column and row. value: rows × columns, in parts
    of PARTS_PER_MU for areas; whole numbers, exact up to nine million 亩."""

    level: int
    x: int
    y: int
    value: Floats


def grid(
    cube: MapCube,
    scope: Scope,
    question: MapQuestion,
    level: int,
    area: tuple[int, int, int, int] | None = None,
) -> Grid | None:
    """area: first column, first row, last column, last row; None for all that there is. None where
    there is nothing."""
    n = 2**level
    box = None
    if area is not None:
        x0, y0, x1, y1 = area
        box = (
            float(lon_of(x0 / n)),
            float(lat_of((y1 + 1) / n)),
            float(lon_of((x1 + 1) / n)),
            float(lat_of(y0 / n)),
        )
    found = points(cube, scope, question, box)
    if not len(found):
        return None
    x, y = cells(found.lon, found.lat, level)
    value = found.value.astype(np.float64)
    if area is None:
        x0, y0, x1, y1 = int(x.min()), int(y.min()), int(x.max()), int(y.max())
    else:  # a place on the box's very edge may round into the next square
        inside = (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
        x, y, value = x[inside], y[inside], value[inside]
    columns, rows = x1 - x0 + 1, y1 - y0 + 1
    sums: Floats = np.bincount((y - y0) * columns + (x - x0), value, rows * columns).astype(
        np.float64
    )
    return Grid(level, x0, y0, sums.reshape(rows, columns))


def _bands(found: Grid) -> Iterator[tuple[slice, float]]:
    """Stretches of rows with one latitude each; those that hold nothing are left out."""
    rows = np.arange(len(found.value)) + found.y + 0.5
    band = np.floor(np.clip(lat_of(rows / 2**found.level), -84.0, 84.0) / _BAND_DEGREES)
    edges = [0, *(np.flatnonzero(np.diff(band)) + 1).tolist(), len(rows)]
    for start, end in pairwise(edges):
        if found.value[start:end].any():
            yield slice(start, end), (float(band[start]) + 0.5) * _BAND_DEGREES


def _sigma(lat: float, level: int, radius: int) -> float:
    """In squares of the level."""
    return radius / 2 / float(metres_per_unit(lat)) * 2.0**level


def spread(found: Grid, margin: int, radius: int, less: float) -> Surface:
    """What comes to each square, without the margin on all four sides. less: variance to leave
    out, in squares, because drawing adds it. Plain sums of shifted arrays: matrix products would
    start threads, which on a busy machine wait for one another."""
    rows, columns = (size - 2 * margin for size in found.value.shape)
    drawn = np.zeros((rows, columns), dtype=np.float32)
    for band, lat in _bands(found):
        sigma = _sigma(lat, found.level, radius)
        taps = _taps(max(sigma**2 - less, 0.01) ** 0.5)
        first = margin - len(taps) // 2
        values = found.value[band].astype(np.float32)
        across = np.zeros((len(values), columns), dtype=np.float32)
        for at, share in enumerate(taps, first):
            across += share * values[:, at : at + columns]
        for at, share in enumerate(taps, first):
            start, end = max(band.start - at, 0), min(band.stop - at, rows)
            if start < end:
                source = slice(start + at - band.start, end + at - band.start)
                drawn[start:end] += share * across[source]
    return drawn


#: Variance of the cubic B-spline and of a square, in squares.
_SPLINE_VARIANCE, _SQUARE_VARIANCE = 1 / 3, 1 / 12


def _spline(places: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], tuple[Surface, ...]]:
    """The first of four squares around each place, and their shares in it: the cubic B-spline,
    which is smooth, never negative, and keeps sums. places: in squares, whole in the middle."""
    first = np.floor(places)
    t = (places - first).astype(np.float32)
    shares = (
        (1 - t) ** 3 / 6,
        (3 * t**3 - 6 * t**2 + 4) / 6,
        (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
        t**3 / 6,
    )
    return first.astype(np.int64) - 1, shares


def margin_around(window: Window, level: int, radius: int) -> int:
    """Squares around the window from which something comes."""
    south = float(lat_of(window.y + window.height / window.scale))
    furthest = min(max(abs(float(lat_of(window.y))), abs(south)) + 2 * _BAND_DEGREES, 84.0)
    return math.ceil(_REACH * _sigma(furthest, level, radius)) + 1


def surface(
    cube: MapCube, scope: Scope, question: MapQuestion, radius: int, window: Window
) -> Surface:
    """height × width: the measure's unit a km² on each pixel."""
    level = cell_level(radius, window.scale)
    n = 2**level
    margin = margin_around(window, level, radius)
    left, top = window.x * n, window.y * n
    wide, high = window.width / window.scale * n, window.height / window.scale * n
    # two more for the spline
    x0, y0 = math.floor(left) - margin - 2, math.floor(top) - margin - 2
    x1, y1 = math.ceil(left + wide) + margin + 1, math.ceil(top + high) + margin + 1
    found = grid(cube, scope, question, level, (x0, y0, x1, y1))
    if found is None:
        return np.zeros((window.height, window.width), dtype=np.float32)
    x0, y0 = x0 + margin, y0 + margin
    if window.scale == n and left.is_integer() and top.is_integer():
        drawn = spread(found, margin, radius, 0.0)[2:-2, 2:-2]
    else:
        squares = spread(found, margin, radius, _SPLINE_VARIANCE + _SQUARE_VARIANCE)
        drawn = _drawn_on(squares, window, left - x0, top - y0, n / window.scale)
    return a_km2(drawn, window, question.what)


def _drawn_on(squares: Surface, window: Window, left: float, top: float, pixel: float) -> Surface:
    """Squares as pixels. left, top: the window's corner, pixel: a pixel's side, in squares."""
    at, shares = _spline(left + (np.arange(window.width) + 0.5) * pixel - 0.5)
    across = np.zeros((len(squares), window.width), dtype=np.float32)
    for i, share in enumerate(shares):
        across += squares[:, at + i] * share
    at, shares = _spline(top + (np.arange(window.height) + 0.5) * pixel - 0.5)
    drawn = np.zeros((window.height, window.width), dtype=np.float32)
    for i, share in enumerate(shares):
        drawn += across[at + i] * share[:, None]
    return drawn * np.float32(pixel**2)


def a_km2(drawn: Surface, window: Window, measure: MapMeasure) -> Surface:
    """Sums on pixels as the measure's unit a km²."""
    rows = (np.arange(window.height) + 0.5) / window.scale + window.y
    area = km2_per_square_unit(lat_of(rows)) / window.scale**2
    unit = area * (PARTS_PER_MU if measure.is_area else 1)
    return np.asarray(drawn / unit[:, None], dtype=np.float32)
