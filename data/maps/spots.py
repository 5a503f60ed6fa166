"""Hot spots: the squares of about three kilometres that hold most, none upon another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from data.maps.cube import Array, MapCube
from data.maps.ground import metres_per_unit
from data.maps.mercator import Box, Floats, Ints, cells, lat_of, lon_of
from data.maps.points import Points, district_on, points
from data.maps.question import MapQuestion
from data.periods import last_month_end
from data.scope import Scope

SIDE_M = 3000
MOST = 10
#: Squares of the fine grid along one side of a hot spot.
_STEPS = 6
_COMPASS = ("东部", "东北部", "北部", "西北部", "西部", "西南部", "南部", "东南部")


@dataclass(frozen=True, slots=True)
class Spot:
    """rank: from 1. name: its town and district. box, lon, lat: degrees; the point is the middle of
    what lies there. value: parts as in points; patches: how many have a value there. change: since
    a month before; None for a difference, which is one already."""

    rank: int
    name: str
    box: Box
    lon: float
    lat: float
    value: int
    patches: int
    change: int | None


@dataclass(frozen=True)
class PlaceNames:
    """Names to call places by: districts' short names and towns' names, by code."""

    districts: Mapping[str, str]
    towns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Square:
    """In cells of the fine grid, and the points inside."""

    x: int
    y: int
    at: Array


def a_month_before(day: date) -> date:
    """The same day of the month before, or that month's last."""
    last = last_month_end(day)
    return date(last.year, last.month, min(day.day, last.day))


def spots(
    cube: MapCube, scope: Scope, question: MapQuestion, names: PlaceNames, most: int = MOST
) -> list[Spot]:
    """The highest first. Of a difference, the largest increases."""
    found = points(cube, scope, question, None)
    if not len(found) or not (found.value > 0).any():
        return []
    level = _level(float(found.lat.mean()))
    x, y = cells(found.lon, found.lat, level)
    squares = _squares(x, y, found.value, most)
    boxes = [_box(s.x, s.y, level) for s in squares]
    changes = [_change(cube, scope, question, box) for box in boxes]
    said = _names(cube, question.as_of, found, squares, names)
    result = []
    for at, square in enumerate(squares):
        weight = np.maximum(found.value[square.at], 0).astype(np.float64)
        result.append(
            Spot(
                rank=at + 1,
                name=said[at],
                box=boxes[at],
                lon=float(np.average(found.lon[square.at], weights=weight)),
                lat=float(np.average(found.lat[square.at], weights=weight)),
                value=int(found.value[square.at].sum()),
                patches=len(square.at),
                change=changes[at],
            )
        )
    return result


def _level(lat: float) -> int:
    """Level of the fine grid: _STEPS of its squares are SIDE_M at the latitude, as near as the
    pyramid has it (2.1 to 4.2 km)."""
    return round(math.log2(float(metres_per_unit(lat)) * _STEPS / SIDE_M))


def _box(x: int, y: int, level: int) -> Box:
    n = 2.0**level
    return (
        float(lon_of(x / n)),
        float(lat_of((y + _STEPS) / n)),
        float(lon_of((x + _STEPS) / n)),
        float(lat_of(y / n)),
    )


def _squares(x: Ints, y: Ints, value: Ints, most: int) -> list[_Square]:
    """Greedily the best square of _STEPS × _STEPS cells, then the best that does not overlap."""
    margin = _STEPS - 1
    x0, y0 = int(x.min()) - margin, int(y.min()) - margin
    columns, rows = int(x.max()) - x0 + 1, int(y.max()) - y0 + 1
    cell = (y - y0) * columns + (x - x0)
    grid = np.zeros(rows * columns, dtype=np.int64)
    np.add.at(grid, cell, value)
    sums = _moving_sums(grid.reshape(rows, columns))
    chosen: list[_Square] = []
    while len(chosen) < most:
        best = int(sums.max())
        if best <= 0:
            break
        row, column = _middle_of_best(sums, best)
        at = np.flatnonzero((x >= x0 + column) & (x < x0 + column + _STEPS))
        at = at[(y[at] >= y0 + row) & (y[at] < y0 + row + _STEPS)]
        chosen.append(_Square(x0 + column, y0 + row, at))
        near = (
            slice(max(row - margin, 0), row + _STEPS),
            slice(max(column - margin, 0), column + _STEPS),
        )
        sums[near] = np.iinfo(np.int64).min
    return chosen


def _moving_sums(grid: Ints) -> Ints:
    """Sum of the _STEPS × _STEPS cells that begin at each; beyond the edge there is nothing."""
    rows, columns = grid.shape
    summed = np.zeros((rows + _STEPS, columns + _STEPS), dtype=np.int64)
    summed[1 : rows + 1, 1 : columns + 1] = grid.cumsum(axis=0).cumsum(axis=1)
    summed[rows + 1 :, :] = summed[rows, :]
    summed[:, columns + 1 :] = summed[:, columns, None]
    low, high = slice(0, -_STEPS), slice(_STEPS, None)
    sums: Ints = summed[high, high] - summed[low, high] - summed[high, low] + summed[low, low]
    return sums


def _middle_of_best(sums: Ints, best: int) -> tuple[int, int]:
    """Row and column of a square with the best sum: of those that overlap the first one (a lone
    patch is in 36 of them), the one in their middle."""
    rows, columns = np.nonzero(sums == best)
    near = (rows - rows[0] < _STEPS) & (np.abs(columns - columns[0]) < _STEPS)
    rows, columns = rows[near], columns[near]
    off = (rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2
    at = int(np.argmin(off))
    return int(rows[at]), int(columns[at])


def _change(cube: MapCube, scope: Scope, q: MapQuestion, box: Box) -> int | None:
    if q.is_difference:
        return None
    since = replace(q, against_on=a_month_before(q.as_of))
    return points(cube, scope, since, box).total


# ---- names ---------------------------------------------------------------------------------------


def _names(
    cube: MapCube, day: date, found: Points, squares: list[_Square], names: PlaceNames
) -> list[str]:
    """`环翠区张村镇`: where most of the value lies; with the direction where two have one name."""
    plain = [_name(cube, day, found, s, names) for s in squares]
    said = list(plain)
    for name in {n for n in plain if plain.count(n) > 1}:
        same = [at for at, n in enumerate(plain) if n == name]
        middles = np.array([[squares[at].x, squares[at].y] for at in same], dtype=np.float64)
        for at, (dx, dy) in zip(same, (middles - middles.mean(axis=0)).tolist(), strict=True):
            said[at] = name + _direction(dx, dy)
        _numbered(said, same)
    return said


def _numbered(said: list[str], same: list[int]) -> None:
    """Where even the direction is the same, a number."""
    before: dict[str, int] = {}
    for at in same:
        count = before[said[at]] = before.get(said[at], 0) + 1
        if count > 1:
            said[at] += f"（{count}）"


def _direction(dx: float, dy: float) -> str:
    """dy southwards."""
    if dx == 0 and dy == 0:
        return "中部"
    return _COMPASS[round(float(np.degrees(np.arctan2(-dy, dx))) / 45) % 8]


def _name(cube: MapCube, day: date, found: Points, square: _Square, names: PlaceNames) -> str:
    rows, weight = found.row[square.at], np.maximum(found.value[square.at], 0).astype(np.float64)
    district = _heaviest(district_on(cube, rows, day), weight)
    of_district = district_on(cube, rows, day) == district
    town = _heaviest(cube.patches["town"][rows[of_district]], weight[of_district])
    code = cube.names["district"][district]
    short = names.districts.get(code, code)
    if town < 0:
        return short
    town_code = cube.names["town"][town]
    return short + names.towns.get(town_code, town_code)


def _heaviest(numbers: Array, weight: Floats) -> int:
    """The number with most weight, the lowest of equals."""
    kinds, at = np.unique(numbers, return_inverse=True)
    return int(kinds[int(np.argmax(np.bincount(at, weight)))])
