"""What a question selects: positions with their values. Every layer adds these up, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from data.maps.cube import MapCube
from data.maps.mercator import Box, Floats, Ints
from data.maps.question import MapQuestion
from data.maps.standing import Standing, holding
from data.scope import Scope

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Points:
    """One entry a located patch whose value is not 0. row: its place in the cube. lon, lat:
    degrees. value: int64, parts of PARTS_PER_MU for areas, else a count; a difference may be
    negative. Patches without any value on either side of a difference are left out.
    """

    row: Ints
    lon: Floats
    lat: Floats
    value: Ints

    def __len__(self) -> int:
        return len(self.row)

    @property
    def total(self) -> int:
        return int(self.value.sum())


@dataclass(frozen=True, slots=True)
class Totals:
    """value and patches: of everything that the question selects, with and without a position;
    unlocated_…: of those without. by_district: code → value.
    """

    value: int
    patches: int
    unlocated_value: int
    unlocated_patches: int
    by_district: Mapping[str, int]


def district_on(cube: MapCube, rows: Array | slice, day: date) -> Array:
    """Number of the district to which each patch belongs on the day (PatchState.district)."""
    p = cube.patches
    moved_later = p["transferred"][rows] > day.toordinal()
    return np.where(moved_later, p["from_district"][rows], p["district"][rows])


def selected(cube: MapCube, scope: Scope, q: MapQuestion, rows: Array | slice) -> Array:
    """Which of the rows pass the question's filters for the reader, whatever their value."""
    p = cube.patches
    passing = Standing(p, rows, q.as_of).active
    districts = scope.narrowed_to(q.district).districts
    if districts is not None:
        numbers = [cube.number("district", code) for code in sorted(districts)]
        passing &= np.isin(district_on(cube, rows, q.as_of), numbers)
    if q.months:
        passing &= np.isin(p["month"][rows], [cube.number("month", m) for m in q.months])
    if q.patch_type is not None:
        passing &= p["kind"][rows] == cube.number("kind", q.patch_type.value)
    return passing


def _count_values(cube: MapCube, q: MapQuestion, start: int, end: int) -> Ints:
    rows = slice(start, end)
    if q.measure == "patches":
        return np.ones(end - start, dtype=np.int64)
    if q.measure == "overdue":
        return Standing(cube.patches, rows, q.as_of).overdue.astype(np.int64)
    suspected = np.array(cube.suspected(q.as_of)[rows])
    suspected[_interval_rows(cube, q.as_of, start, end)[0]] = True
    return suspected.astype(np.int64)


def _interval_rows(cube: MapCube, on: date, start: int, end: int) -> tuple[Array, Array]:
    """(row − start, position of the interval) of the patches with something unlawful on the day."""
    v = cube.intervals
    low, high = np.searchsorted(v["row"], [start, end])
    at = np.flatnonzero(holding(v, slice(low, high), on)) + low
    return v["row"][at] - start, at


def over_rows(cube: MapCube, on: date, rows: Ints) -> Array:
    """Per row, whether it has unlawful land on the day, all of it eliminated."""
    over = np.zeros(len(rows), dtype=bool)
    if len(rows):
        start = int(rows.min())
        there, at = _interval_rows(cube, on, start, int(rows.max()) + 1)
        v = cube.intervals
        gone = (v["unlawful_mu"][at] > 0) & (v["unlawful_mu"][at] == v["eliminated_mu"][at])
        over = np.isin(rows, there[gone] + start)
    return over


def _interval_values(cube: MapCube, q: MapQuestion, start: int, end: int) -> Ints:
    rows, at = _interval_rows(cube, q.as_of, start, end)
    v, measure = cube.intervals, q.measure
    if measure.startswith("remaining_"):
        land = measure.removeprefix("remaining_")
        found = v[f"unlawful_{land}"][at] - v[f"eliminated_{land}"][at]
    else:
        found = v[measure][at]
    values = np.zeros(end - start, dtype=np.int64)
    values[rows] = found
    return values


def values(cube: MapCube, scope: Scope, q: MapQuestion, start: int, end: int) -> Ints:
    """The value of each row from start to before end; a difference where the question asks it."""
    of = _count_values if q.measure in ("patches", "overdue", "suspected") else _interval_values
    found = of(cube, q, start, end) * selected(cube, scope, q, slice(start, end))
    before = q.before
    return found if before is None else found - values(cube, scope, before, start, end)


def points(cube: MapCube, scope: Scope, question: MapQuestion, box: Box | None) -> Points:
    """What the question selects inside the box (None: everywhere), for the reader.

    The box is half-open: west ≤ lon < east, south ≤ lat < north.
    """
    parts: list[tuple[Array, Array]] = []
    for start, end in cube.slices(box):
        value = values(cube, scope, question, start, end)
        at = np.flatnonzero(value)
        parts.append((at + start, value[at]))
    row = np.concatenate([part[0] for part in parts]) if parts else np.array([], dtype=np.int64)
    value = np.concatenate([part[1] for part in parts]) if parts else np.array([], dtype=np.int64)
    lon, lat = cube.patches["lon"][row], cube.patches["lat"][row]
    if box is not None:
        inside = within(lon, lat, box)
        row, lon, lat, value = row[inside], lon[inside], lat[inside], value[inside]
    return Points(row, lon, lat, value)


def within(lon: Floats, lat: Floats, box: Box) -> Array:
    west, south, east, north = box
    inside: Array = (lon >= west) & (lon < east) & (lat >= south) & (lat < north)
    return inside


def totals(cube: MapCube, scope: Scope, question: MapQuestion) -> Totals:
    """Sums of everything, with what has no position apart."""
    return cube.once(("totals", scope, question), lambda: _totals(cube, scope, question))


def _totals(cube: MapCube, scope: Scope, question: MapQuestion) -> Totals:
    count = len(cube.patches["id"])
    value = values(cube, scope, question, 0, count)
    nowhere = value[cube.located :]
    by_district: dict[str, int] = {}
    for sign, q in ((1, question.now), (-1, question.before)):
        if q is None:
            continue
        part = value if question.before is None else values(cube, scope, q, 0, count)
        at = np.flatnonzero(part)
        numbers = district_on(cube, at, q.as_of)
        sums = np.zeros(len(cube.names["district"]), dtype=np.int64)
        np.add.at(sums, numbers, part[at])
        for code, total in zip(cube.names["district"], sums.tolist(), strict=True):
            if total:
                by_district[code] = by_district.get(code, 0) + sign * total
    return Totals(
        value=int(value.sum()),
        patches=int(np.count_nonzero(value)),
        unlocated_value=int(nowhere.sum()),
        unlocated_patches=int(np.count_nonzero(nowhere)),
        by_district={code: total for code, total in by_district.items() if total},
    )
