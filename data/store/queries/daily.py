"""Figures of one year on many days, read once: what the day summary says changes, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from data.scope import Scope
from data.store.models import DaySummary
from data.store.queries.figures import MEASURES, finished

Figures = dict[str, Any]
_Steps = tuple[list[date], list[list[int]]]


class DailyFigures:
    """The figures of districts and their clearance months on any day up to `until`."""

    def __init__(self, conn: Connection, scope: Scope, year: int, until: date) -> None:
        s = DaySummary
        query = (
            select(
                s.district_code,
                s.clearance_month,
                s.on_date,
                *(func.sum(getattr(s, m)) for m in MEASURES),
            )
            .where(s.year == year, s.on_date <= until)
            .group_by(s.district_code, s.clearance_month, s.on_date)
            .order_by(s.on_date)
        )
        if scope.districts is not None:
            query = query.where(s.district_code.in_(sorted(scope.districts)))
        changes: dict[tuple[str, str | None], dict[date, list[int]]] = {}
        for code, month, day, *values in conn.execute(query):
            parts = [int(value) for value in values]
            for key in ((code, month), (code, None), ("", None)):
                on_days = changes.setdefault(key, {})
                known = on_days.get(day)
                on_days[day] = _added(known, parts) if known else parts
        self._steps = {key: _accumulated(on_days) for key, on_days in changes.items()}

    def days(self, code: str | None, month: str | None = None) -> Sequence[date]:
        """The days on which anything changes, oldest first. code None: of the whole scope."""
        return self._steps.get((code or "", month), ([], []))[0]

    def months(self, code: str) -> list[str]:
        return sorted(m for c, m in self._steps if c == code and m)

    def on(self, code: str | None, day: date, month: str | None = None) -> Figures:
        """The figures of a district (None: of the scope), or of one of its months, on a day."""
        days, sums = self._steps.get((code or "", month), ([], []))
        at = bisect_right(days, day)
        parts = sums[at - 1] if at else [0] * len(MEASURES)
        row: Figures = {"code": code, **finished(dict(zip(MEASURES, parts, strict=True)))}
        return {**row, "month": month} if month else row


def _added(one: Sequence[int], other: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]


def _accumulated(on_days: dict[date, list[int]]) -> _Steps:
    days, sums = sorted(on_days), []
    total = [0] * len(MEASURES)
    for day in days:
        total = _added(total, on_days[day])
        sums.append(total)
    return days, sums
