"""How far each clearance month had come on chosen days: what forecasts learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, String, case, column, func, select, values

from data.scope import Scope
from data.store.models import DaySummary, District


@dataclass(frozen=True, slots=True)
class Days:
    """start: when the month is looked at. end: its last day, up to which patches come in.
    settled: the day on which it shows who missed the end.
    """

    start: date
    end: date
    settled: date


@dataclass(frozen=True, slots=True)
class MonthPace:
    """Land patches of one district and clearance month (one work year).

    due, uncleared, unfinal: on `start`. due_at_end, unfinal_at_end: on `end`. missed: on `settled`,
    not reported by their due date.
    """

    year: int
    district: str
    month: str
    due: int
    uncleared: int
    unfinal: int
    due_at_end: int
    unfinal_at_end: int
    missed: int


def month_paces(
    conn: Connection, scope: Scope, years: Sequence[int], days: Mapping[str, Days]
) -> list[MonthPace]:
    """A row per work year, district and month of `days`, in order of months.

    Read from the day summary in one pass, so that it costs the same at any number of patches; no
    event after a month's `settled` day has a part in it.
    """
    if not days:
        return []
    s = DaySummary
    point = (
        values(
            column("month", String),
            column("start_on", Date),
            column("end_on", Date),
            column("settled_on", Date),
            name="point",
        )
        .data([(month, d.start, d.end, d.settled) for month, d in days.items()])
        .cte()
    )

    def summed(day: ColumnElement[date], measure: Any) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((s.on_date <= day, measure), else_=0)), 0)

    m: Any = s  # the measures are set on the model by name
    query = (
        select(
            s.year,
            s.district_code,
            s.clearance_month,
            summed(point.c.start_on, m.due),
            summed(point.c.start_on, m.due - m.cleared),
            summed(point.c.start_on, m.due - m.final),
            summed(point.c.end_on, m.due),
            summed(point.c.end_on, m.due - m.final),
            summed(point.c.settled_on, m.due_reached - m.reached_on_time),
        )
        .join(point, point.c.month == s.clearance_month)
        .where(
            s.year.in_(years),
            # with every part of the key named, the months are sought one by one
            s.district_code.in_(select(District.code)),
            s.on_date <= point.c.settled_on,
        )
        .group_by(s.year, s.district_code, s.clearance_month)
        .order_by(s.clearance_month, s.year, s.district_code)
    )
    if scope.districts is not None:
        query = query.where(s.district_code.in_(sorted(scope.districts)))
    return [
        MonthPace(year, code, month, *(int(count) for count in counts))
        for year, code, month, *counts in conn.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Removal:
    """found, gone: unlawful land found and eliminated in a district by the end of a day, in integer
    parts of units.PARTS_PER_MU, so that differences are exact."""

    on: date
    found: int
    gone: int


def removals(conn: Connection, scope: Scope, year: int, as_of: date) -> dict[str, list[Removal]]:
    """District → unlawful land of the year on every day on which it changed, oldest first."""
    s: Any = DaySummary
    query = (
        select(s.district_code, s.on_date, func.sum(s.unlawful_mu), func.sum(s.eliminated_mu))
        .where(s.year == year, s.on_date <= as_of, (s.unlawful_mu != 0) | (s.eliminated_mu != 0))
        .group_by(s.district_code, s.on_date)
        .order_by(s.district_code, s.on_date)
    )
    if scope.districts is not None:
        query = query.where(s.district_code.in_(sorted(scope.districts)))
    result: dict[str, list[Removal]] = {}
    found: dict[str, int] = {}
    gone: dict[str, int] = {}
    for code, on, more, less in conn.execute(query):
        found[code] = found.get(code, 0) + int(more)
        gone[code] = gone.get(code, 0) + int(less)
        result.setdefault(code, []).append(Removal(on, found[code], gone[code]))
    return result
