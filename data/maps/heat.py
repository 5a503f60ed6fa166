"""The heat surface: how much lies around a place, in 亩/km² (个/km² for counts).

Each patch is spread around its point by a normal distribution with σ = half the smoothing radius on
the ground: 86 % of it falls within the radius, all of it within 1.75 radii to each side. A pixel
holds what falls on it, divided by the square kilometres that it has at its latitude, so that the
surface adds up to the sums of bins and districts. Patches are first put together in squares of the
tile pyramid, about an eighth of the radius wide, or a pixel where that is wider; what a square puts
where depends on the square alone, so that neighbouring tiles join without a seam.

The colour goes by the square root of the value, up to the highest value of the whole city on any
month end (`Scale`), so that it means the same on every tile, zoom and day, and never saturates.
"""

from __future__ import annotations

import io
import math
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from data.errors import SupervisionError
from data.maps.cube import MapCube
from data.maps.ground import km2_per_square_unit, metres_per_unit
from data.maps.measures import MapMeasure
from data.maps.mercator import (
    EQUATOR_M,
    MAX_ZOOM,
    TILE_PX,
    Floats,
    cells,
    check_tile,
    lat_of,
    lon_of,
)
from data.maps.overlay import Window
from data.maps.points import points
from data.maps.question import MapQuestion
from data.maps.ramp import PALEST, amount_rgb, difference_rgb
from data.periods import format_day, month_end, province_approval_on
from data.scope import Scope
from data.units import PARTS_PER_MU

Surface = npt.NDArray[np.float32]

RADII_M = (500, 1000, 2000)
DEFAULT_RADIUS_M = 1000
#: The distribution is cut off at this many σ and made whole again.
_REACH = 3.5
_CELLS_A_RADIUS = 8
#: σ in pixels changes with the latitude: rows of squares share one within a band of this height.
_BAND_DEGREES = 0.5
_OPAQUE = 0.85
_SCALES_KEPT = 64
#: The scale ends a little above the highest value: a tile may hit a peak more exactly.
_HEADROOM = 1.02


class BadRadius(SupervisionError):
    """A smoothing radius that is not offered."""


def read_radius(text: str) -> int:
    """Metres; the default for an empty text. Raises BadRadius."""
    if not text:
        return DEFAULT_RADIUS_M
    if text not in {str(r) for r in RADII_M}:
        known = "、".join(map(str, RADII_M))
        raise BadRadius(f"没有平滑半径“{text[:20]}”。可用的（米）：{known}。")
    return int(text)


# ---- the surface ---------------------------------------------------------------------------------


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


def _spread(found: Grid, margin: int, radius: int, less: float) -> Surface:
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


def _margin(window: Window, level: int, radius: int) -> int:
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
    margin = _margin(window, level, radius)
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
        drawn = _spread(found, margin, radius, 0.0)[2:-2, 2:-2]
    else:
        spread = _spread(found, margin, radius, _SPLINE_VARIANCE + _SQUARE_VARIANCE)
        drawn = _drawn_on(spread, window, left - x0, top - y0, n / window.scale)
    return _a_km2(drawn, window, question.what)


def _drawn_on(spread: Surface, window: Window, left: float, top: float, pixel: float) -> Surface:
    """Squares as pixels. left, top: the window's corner, pixel: a pixel's side, in squares."""
    at, shares = _spline(left + (np.arange(window.width) + 0.5) * pixel - 0.5)
    across = np.zeros((len(spread), window.width), dtype=np.float32)
    for i, share in enumerate(shares):
        across += spread[:, at + i] * share
    at, shares = _spline(top + (np.arange(window.height) + 0.5) * pixel - 0.5)
    drawn = np.zeros((window.height, window.width), dtype=np.float32)
    for i, share in enumerate(shares):
        drawn += across[at + i] * share[:, None]
    return drawn * np.float32(pixel**2)


def _a_km2(drawn: Surface, window: Window, measure: MapMeasure) -> Surface:
    rows = (np.arange(window.height) + 0.5) / window.scale + window.y
    area = km2_per_square_unit(lat_of(rows)) / window.scale**2
    unit = area * (PARTS_PER_MU if measure.is_area else 1)
    return np.asarray(drawn / unit[:, None], dtype=np.float32)


# ---- the scale -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scale:
    """most: the highest value (of a difference, the largest of either sign) of the whole surface on
    any of the stops, unit/km². top: the round value above it, where the colours end."""

    measure: MapMeasure
    is_difference: bool
    most: float
    top: float

    def positions(self, values: Surface) -> Surface:
        """0–1, of a difference −1–1: the square root of the share of the top."""
        if not self.top:
            return np.zeros_like(values)
        return np.sign(values) * np.sqrt(np.minimum(np.abs(values) / self.top, 1.0))


def stops(year: int, until: date) -> tuple[date, ...]:
    """The days of the slider: month ends of the work year, which ends with D7, and the last day."""
    days, day = [], month_end(date(year, 1, 1))
    while day <= min(until, province_approval_on(year)):
        days.append(day)
        day = month_end(date(day.year + day.month // 12, day.month % 12 + 1, 1))
    return tuple(days) if days and days[-1] == until else (*days, until)


_lock = threading.Lock()
_scales: OrderedDict[tuple[object, ...], tuple[threading.Lock, list[Scale]]] = OrderedDict()


def scale_of(cube: MapCube, scope: Scope, question: MapQuestion, radius: int, until: date) -> Scale:
    """until: the last day that the slider can show, whatever day the question is about."""
    days = _looked_at(question, until)
    key = (
        cube.version,
        scope,
        replace(question, as_of=until),
        radius,
        days,
    )
    with _lock:
        making, made = _scales.setdefault(key, (threading.Lock(), []))
        _scales.move_to_end(key)
        while len(_scales) > _SCALES_KEPT:
            _scales.popitem(last=False)
    with making:  # many tiles are asked for at once
        if not made:
            most = _most(cube, scope, question, radius, days)
            top = round_up(most * _HEADROOM) if most else 0.0
            made.append(Scale(question.what, question.is_difference, most, top))
        return made[0]


def _looked_at(question: MapQuestion, until: date) -> tuple[date, ...]:
    """The days of the scale."""
    days = stops(question.year, until)
    if question.against_on is not None:  # what came before is another difference
        days = tuple(day for day in days if day > question.against_on) or (until,)
    return days if question.as_of in days else (*days, question.as_of)


def clear_scales() -> None:
    with _lock:
        _scales.clear()


#: The city is looked over on squares of a quarter of the radius; where these come near the highest
#: value, it is looked at again as finely as it is drawn.
_COARSE = 4
_NEAR = 0.9
_LOOKED_AT = 24
_SIDE = 8


def _most(
    cube: MapCube, scope: Scope, question: MapQuestion, radius: int, days: tuple[date, ...]
) -> float:
    level = cell_level(radius, 2.0**MAX_ZOOM, _COARSE)
    places: list[tuple[float, int, int, date]] = []
    for day in days:
        found = grid(cube, scope, replace(question, as_of=day), level)
        if found is not None:
            places += _highest(found, question, radius, day)
    places.sort(key=lambda p: (-p[0], p[1], p[2], p[3]))
    most = 0.0
    fine = level + 1
    for rough, x, y, day in places[:_LOOKED_AT]:
        if rough < places[0][0] * _NEAR:
            break
        side = _SIDE * 2 + 4
        at = Window((2 * x - 2) / 2**fine, (2 * y - 2) / 2**fine, 2.0**fine, side, side)
        drawn = surface(cube, scope, replace(question, as_of=day), radius, at)
        most = max(most, float(np.abs(drawn).max()))
    return most


def _highest(
    found: Grid, question: MapQuestion, radius: int, day: date
) -> list[tuple[float, int, int, date]]:
    """The best blocks of _SIDE × _SIDE squares: value, first column and row, day."""
    rows, columns = (-(-size // _SIDE) for size in found.value.shape)
    n = 2**found.level
    window = Window(found.x / n, found.y / n, float(n), columns * _SIDE, rows * _SIDE)
    margin = _margin(window, found.level, radius)
    up_to = [
        (margin, margin + whole * _SIDE - size)
        for whole, size in zip((rows, columns), found.value.shape, strict=True)
    ]
    padded = replace(
        found, x=found.x - margin, y=found.y - margin, value=np.pad(found.value, up_to)
    )
    drawn = np.abs(_a_km2(_spread(padded, margin, radius, 0.0), window, question.what))
    blocks = drawn.reshape(rows, _SIDE, columns, _SIDE).max(axis=(1, 3)).ravel()
    best = np.argsort(-blocks, kind="stable")[:_LOOKED_AT]
    best = best[blocks[best] >= blocks[best[0]] * _NEAR]
    return [
        (
            float(blocks[at]),
            found.x + int(at) % columns * _SIDE,
            found.y + int(at) // columns * _SIDE,
            day,
        )
        for at in best
    ]


def round_up(value: float) -> float:
    """To 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten."""
    power = math.floor(math.log10(value))
    for step in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100):
        rounded = step * 10.0 ** (power - 1)
        if rounded >= value * (1 - 1e-12):
            return float(f"{rounded:.3g}")
    return float(f"{10.0 ** (power + 1):.3g}")


# ---- colours -------------------------------------------------------------------------------------


def _alpha(size: float) -> float:
    """From transparent at nothing to almost opaque at a 25th of the top, smoothly: a small place
    is still seen on a map of the city."""
    t = min(size / 0.04**0.5, 1.0)
    return float(_OPAQUE * t * t * (3 - 2 * t))


def _paled(position: float) -> float:
    """Without the palest end of the scale, which a light base would swallow."""
    return PALEST + (1 - PALEST) * position


def rgba(position: float, is_difference: bool) -> tuple[int, int, int, int]:
    """The colour of a place on the scale."""
    colour = difference_rgb(position) if is_difference else amount_rgb(_paled(position))
    return (*colour, round(255 * _alpha(abs(position))))


def hex_of(position: float, is_difference: bool) -> str:
    """`#RRGGBBAA`."""
    return "#{:02X}{:02X}{:02X}{:02X}".format(*rgba(position, is_difference))


@lru_cache(maxsize=2)
def palette(is_difference: bool) -> npt.NDArray[np.uint8]:
    """256 × (red, green, blue, alpha). Nothing is 0, in a difference 128."""
    places = [(i - 128) / 127 if is_difference else i / 255 for i in range(256)]
    return np.array([rgba(max(p, -1.0), is_difference) for p in places], dtype=np.uint8)


def _numbers(values: Surface, scale: Scale) -> npt.NDArray[np.uint8]:
    """Place in the palette of each pixel."""
    at = scale.positions(values)
    numbers = at * 127 + 128 if scale.is_difference else at * 255
    return np.asarray(np.rint(numbers), dtype=np.uint8)


def heat_rgba(
    cube: MapCube, scope: Scope, question: MapQuestion, radius: int, until: date, window: Window
) -> npt.NDArray[np.uint8]:
    """height × width × 4, for pictures."""
    scale = scale_of(cube, scope, question, radius, until)
    drawn = surface(cube, scope, question, radius, window)
    coloured: npt.NDArray[np.uint8] = palette(scale.is_difference)[_numbers(drawn, scale)]
    return coloured


def heat_tile(
    cube: MapCube,
    scope: Scope,
    question: MapQuestion,
    radius: int,
    until: date,
    z: int,
    x: int,
    y: int,
) -> bytes:
    """A PNG of 256 × 256 pixels with alpha. Raises NoSuchTile."""
    check_tile(z, x, y)
    drawn = surface(cube, scope, question, radius, Window.of_tile(z, x, y))
    if not drawn.any():
        return _png(np.zeros((TILE_PX, TILE_PX), dtype=np.uint8), False)
    scale = scale_of(cube, scope, question, radius, until)
    return _png(_numbers(drawn, scale), scale.is_difference)


def _png(numbers: npt.NDArray[np.uint8], is_difference: bool) -> bytes:
    colours = palette(is_difference)
    picture = Image.frombytes("P", (numbers.shape[1], numbers.shape[0]), numbers.tobytes())
    picture.putpalette(colours[:, :3].tobytes())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=colours[:, 3].tobytes(), compress_level=4)
    return buffer.getvalue()


# ---- the legend ----------------------------------------------------------------------------------

_STOPS = (0.0, 0.05, 0.2, 0.5, 1.0)
_STEPS = 16


def legend(
    cube: MapCube, scope: Scope, question: MapQuestion, radius: int, until: date
) -> dict[str, Any]:
    """unit; is_difference; stops: value, text, position on the scale (0–1, of a difference −1–1)
    and colour (`#RRGGBBAA`); ramp: position and colour in even steps, for a gradient; most: value
    and text; note: how to read it."""
    scale = scale_of(cube, scope, question, radius, until)
    unit = f"{scale.measure.unit}/km²"
    shares = [-s for s in _STOPS[:0:-1]] if scale.is_difference else []
    marks = [*shares, *_STOPS] if scale.top else []
    first = -_STEPS if scale.is_difference else 0
    steps = range(first, _STEPS + 1) if scale.top else range(0)
    return {
        "unit": unit,
        "is_difference": scale.is_difference,
        "stops": [
            {
                "value": share * scale.top,
                "text": _signed(share * scale.top, scale.is_difference),
                "position": (place := math.copysign(abs(share) ** 0.5, share)),
                "colour": hex_of(place, scale.is_difference),
            }
            for share in marks
        ],
        "ramp": [
            {"position": i / _STEPS, "colour": hex_of(i / _STEPS, scale.is_difference)}
            for i in steps
        ],
        "most": {"value": scale.most, "text": f"{scale.most:,.3g}{unit}"},
        "radius": radius,
        "note": _note(scale, radius, until) if scale.top else "所选条件下没有可以上图的数值。",
    }


def _signed(value: float, is_difference: bool) -> str:
    text = f"{abs(value):,.4g}"
    if not is_difference or not value:
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def _note(scale: Scale, radius: int, until: date) -> str:
    what = "面积" if scale.measure.is_area else "数量"
    change = "橙色为增加，紫色为减少；" if scale.is_difference else ""
    return (
        f"平滑半径{radius / 1000:g}公里：每个图斑的{what}按正态分布摊到周围，约86%落在半径之内，"
        f"总和不变。{change}颜色按数值的平方根分级，各缩放级别、各月末至{format_day(until)}通用。"
    )
