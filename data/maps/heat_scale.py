"""How far the colours of the heat surface go: up to the highest value of the whole city on any
month end, so that a colour means the same on every tile, zoom and day, and nothing saturates.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from data.maps.cube import MapCube
from data.maps.heat_surface import (
    Grid,
    Surface,
    a_km2,
    cell_level,
    grid,
    margin_around,
    spread,
    surface,
)
from data.maps.measures import MapMeasure
from data.maps.mercator import MAX_ZOOM
from data.maps.overlay import Window
from data.maps.question import MapQuestion
from data.periods import month_ends, province_approval_on
from data.scope import Scope

_SCALES_KEPT = 64
#: The scale ends a little above the highest value: a tile may hit a peak more exactly.
_HEADROOM = 1.02


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
    days = month_ends(date(year, 1, 1), min(until, province_approval_on(year)))
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
    margin = margin_around(window, found.level, radius)
    up_to = [
        (margin, margin + whole * _SIDE - size)
        for whole, size in zip((rows, columns), found.value.shape, strict=True)
    ]
    padded = replace(
        found, x=found.x - margin, y=found.y - margin, value=np.pad(found.value, up_to)
    )
    drawn = np.abs(a_km2(spread(padded, margin, radius, 0.0), window, question.what))
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
