"""Figures of one year on many days, read once: what the day summary says changes, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from data.periods import month_due_on
from data.scope import Scope
from data.store.models import DaySummary
from data.store.queries.figures import FIGURES, MEASURES, figure, finished
from data.store.queries.stamp import DistrictRow

Sums = npt.NDArray[np.int64]
_PLACES = {measure: place for place, measure in enumerate(MEASURES)}
_NOTHING = np.zeros(len(MEASURES), np.int64)


class FigureRow(Mapping[str, Any]):
    """A row of figures that are computed when they are asked for.

    read: the measures (places in MEASURES) that were asked for, directly or by a rate. What was
    concluded from a row holds for every other in which these are the same.
    """

    __slots__ = ("_beside", "_sums", "read")

    def __init__(self, sums: Sums, **beside: Any) -> None:
        """beside: what stands in the row and is no figure, such as its code."""
        self._sums, self._beside = sums, beside
        self.read: set[int] = set()

    def _part(self, measure: str) -> int:
        place = _PLACES[measure]
        self.read.add(place)
        return int(self._sums[place])

    def __getitem__(self, name: str) -> Any:
        return self._beside[name] if name in self._beside else figure(name, self._part)

    def __iter__(self) -> Iterator[str]:
        yield from self._beside
        yield from FIGURES

    def __len__(self) -> int:
        return len(self._beside) + len(FIGURES)


@dataclass(frozen=True, slots=True)
class _Steps:
    """days: on which anything changes, oldest first. sums: up to each of them, a row a day.
    changed: for each day and measure the place of the last day on which it changed, -1 for never.
    """

    days: list[date]
    sums: Sums
    changed: Sums


def _steps(days: list[date], added: Sums) -> _Steps:
    """added: by how much each measure changes on each of the days."""
    places = np.where(added != 0, np.arange(len(days))[:, np.newaxis], -1)
    return _Steps(days, added.cumsum(axis=0), np.maximum.accumulate(places, axis=0))


_NO_STEPS = _steps([], np.zeros((0, len(MEASURES)), np.int64))


class DailyFigures:
    """The figures of districts and their clearance months on any day up to `until`."""

    def __init__(self, conn: Connection, scope: Scope, year: int, until: date) -> None:
        self.year = year
        s = DaySummary
        query = (
            select(
                s.district_code,
                s.clearance_month,
                s.on_date,
                *(getattr(s, m) for m in MEASURES),  # a row a key: nothing is to be added up
            )
            .where(s.year == year, s.on_date <= until)
            .order_by(s.district_code, s.clearance_month, s.on_date)
        )
        if scope.districts is not None:
            query = query.where(s.district_code.in_(sorted(scope.districts)))
        rows = [tuple(row) for row in conn.execute(query)]
        added = np.array([row[3:] for row in rows], np.int64).reshape(len(rows), len(MEASURES))
        self._steps: dict[tuple[str, str | None], _Steps] = {}
        for (code, month), places in groupby(range(len(rows)), lambda n: rows[n][:2]):
            own = list(places)
            days = [rows[n][2] for n in own]
            self._steps[code, month] = _steps(days, added[own[0] : own[-1] + 1])
        for code, places in groupby(range(len(rows)), lambda n: rows[n][0]):
            self._steps[code, None] = _of_days(rows, added, list(places))
        self._steps["", None] = _of_days(rows, added, list(range(len(rows))))
        for month in sorted({row[1] for row in rows}):
            own = [n for n, row in enumerate(rows) if row[1] == month]
            self._steps["", month] = _of_days(rows, added, own)

    def _of(self, code: str | None, month: str | None) -> _Steps:
        return self._steps.get((code or "", month), _NO_STEPS)

    def months(self, code: str) -> list[str]:
        return sorted(m for c, m in self._steps if c == code and m)

    def on(self, code: str | None, day: date, month: str | None = None) -> FigureRow:
        """The figures of a district (None: of the scope), or of one of its months, on a day."""
        steps = self._of(code, month)
        at = bisect_right(steps.days, day)
        sums = steps.sums[at - 1] if at else _NOTHING
        beside = {"code": code, "month": month} if month else {"code": code}
        return FigureRow(sums, **beside)

    def series(self, days: Sequence[date]) -> dict[str, list[FigureRow]]:
        """District → its figures on each of the days, oldest first (month_end_figures.py)."""
        codes = {code for code, month in self._steps if code and month is None}
        return {code: [self.on(code, day) for day in sorted(days)] for code in sorted(codes)}

    def document(self, day: date, units: Sequence[DistrictRow]) -> dict[str, Any]:
        """That of queries/figures.py on a day up to `until`. units: the districts of the view."""
        months = [
            {"code": unit.code, "month": month, "due_on": month_due_on(month).isoformat(), **own}
            for unit in units
            for month in self.months(unit.code)
            if (own := self._finished(unit.code, day, month))["patches"]
        ]
        return {
            "year": self.year,
            "as_of": day.isoformat(),
            "city": self._finished(None, day),
            "districts": [
                {
                    "code": unit.code,
                    "name": unit.name,
                    "short_name": unit.short_name,
                    **self._finished(unit.code, day),
                }
                for unit in units
            ],
            "months": months,
        }

    def _finished(self, code: str | None, day: date, month: str | None = None) -> dict[str, Any]:
        steps = self._of(code, month)
        at = bisect_right(steps.days, day)
        sums = steps.sums[at - 1] if at else _NOTHING
        return finished(dict(zip(MEASURES, sums.tolist(), strict=True)))

    def changed_on(self, row: FigureRow, day: date) -> date | None:
        """The last day up to `day` on which a measure changed that was read of its row.

        row: as on() gave it for the day, or one of the same district and month. None: never.
        """
        steps = self._of(row["code"], row.get("month"))
        at = bisect_right(steps.days, day)
        if not at or not row.read:
            return None
        place = int(steps.changed[at - 1, list(row.read)].max())
        return steps.days[place] if place >= 0 else None


def _of_days(rows: Sequence[tuple[Any, ...]], added: Sums, places: Sequence[int]) -> _Steps:
    """The steps of several months or districts together."""
    if not places:
        return _NO_STEPS
    ordered = sorted(places, key=lambda n: rows[n][2])
    days = [rows[n][2] for n in ordered]
    starts = [k for k, day in enumerate(days) if k == 0 or day != days[k - 1]]
    return _steps([days[k] for k in starts], np.add.reduceat(added[ordered], starts, axis=0))
