"""Sums and rates per district, month and city on a day (figures.md), read from the day summary."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, select

from data.periods import month_due_on
from data.scope import Scope
from data.store.measures import AREAS, COUNTS, RATES, REMAINING
from data.store.models import DaySummary
from data.store.queries.stamp import districts
from data.units import PARTS_PER_MU, SMALL_FARMLAND_MU, SMALL_PATCHES, meets

MEASURES = COUNTS + AREAS
SMALL = "small_denominator"
#: All that a row of figures has, in its order.
FIGURES = (*COUNTS, *AREAS, *REMAINING, *RATES, SMALL)
_COUNTED = frozenset(COUNTS)

Figures = dict[str, Any]


def figure(name: str, part: Callable[[str], int]) -> Any:
    """One figure of figures.md from the integer sums of the measures, which `part` gives by name.

    Rates are divided before any rounding: exact integers over exact integers. A rate over zero is
    None. `small_denominator`: fewer than SMALL_PATCHES or less than SMALL_FARMLAND_MU of new
    construction on farmland, so that neither best nor worst is luck. Raises KeyError for anything
    else.
    """
    if name in RATES:
        numerator, denominator = (_whole(measure, part) for measure in RATES[name])
        return numerator / denominator if denominator else None
    if name == SMALL:
        area_mu = part("new_construction_farmland_mu") / PARTS_PER_MU
        return part("patches") < SMALL_PATCHES or not meets(area_mu, SMALL_FARMLAND_MU)
    whole = _whole(name, part)
    return whole if name in _COUNTED else whole / PARTS_PER_MU


def _whole(name: str, part: Callable[[str], int]) -> int:
    if name in REMAINING:
        unlawful, eliminated = REMAINING[name]
        return part(unlawful) - part(eliminated)
    return part(name)


def finished(sums: Mapping[Any, Any]) -> Figures:
    """All figures from integer sums of the measures."""
    parts = {m: int(sums[m]) for m in MEASURES}
    return {name: figure(name, parts.__getitem__) for name in FIGURES}


def _added(rows: Iterable[Row[Any]]) -> dict[str, int]:
    """The measures of rows of _sums, added up."""
    totals = [0] * len(MEASURES)
    for row in rows:
        totals = [total + int(part) for total, part in zip(totals, tuple(row)[2:], strict=True)]
    return dict(zip(MEASURES, totals, strict=True))


def _sums(conn: Connection, scope: Scope, year: int, as_of: date) -> Sequence[Row[Any]]:
    """A row per district and clearance month ("" for mineral), summed by the database."""
    s = DaySummary
    query = (
        select(
            s.district_code,
            s.clearance_month,
            *(func.sum(getattr(s, m)).label(m) for m in MEASURES),
        )
        .where(s.year == year, s.on_date <= as_of)
        .group_by(s.district_code, s.clearance_month)
        .order_by(s.clearance_month)
    )
    if scope.districts is not None:
        query = query.where(s.district_code.in_(sorted(scope.districts)))
    return conn.execute(query).all()


def district_sums(
    conn: Connection, scope: Scope, year: int, as_of: date
) -> dict[str, dict[str, int]]:
    """District → the measures in whole parts, of those that have any; rates: `figure`."""
    rows = _sums(conn, scope, year, as_of)
    codes = dict.fromkeys(row.district_code for row in rows)
    return {code: _added(r for r in rows if r.district_code == code) for code in codes}


def figures(
    conn: Connection, scope: Scope, year: int, as_of: date, district: str | None = None
) -> dict[str, Any]:
    """The document of `python -m data figures`: city, districts, months, for the year to as_of.

    city: all districts of the scope added up. districts: every unit of the scope in the bureau's
    order, or the one asked for. months: land patches, a row per district and clearance month that
    has patches. Every row has the measures of data/store/measures.py, areas in 亩, rates as
    fractions or None.
    """
    rows = _sums(conn, scope, year, as_of)
    chosen = scope.narrowed_to(district)
    units = [d for d in districts(conn) if chosen.allows(d.code)]
    position = {d.code: i for i, d in enumerate(units)}
    months = [
        {
            "code": row.district_code,
            "month": row.clearance_month,
            "due_on": month_due_on(row.clearance_month).isoformat(),
            **finished(row._mapping),
        }
        for row in rows
        if row.clearance_month and row.patches and chosen.allows(row.district_code)
    ]
    months.sort(key=lambda m: (position.get(m["code"], len(position)), m["month"]))
    return {
        "year": year,
        "as_of": as_of.isoformat(),
        "city": finished(_added(rows)),
        "districts": [
            {
                "code": unit.code,
                "name": unit.name,
                "short_name": unit.short_name,
                **finished(_added(r for r in rows if r.district_code == unit.code)),
            }
            for unit in units
        ],
        "months": months,
    }


def of_district(document: dict[str, Any], district: str | None) -> dict[str, Any]:
    """The document of one district, as figures() gives it, out of that of all."""
    if district is None:
        return document
    own = {
        name: [row for row in document[name] if row["code"] == district]
        for name in ("districts", "months")
    }
    return document | own


_OF_MONTHS = ("due", "due_reached", "reached_on_time", "cleared", "overdue", "final")


def city_months(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of `months` of a document added up over its districts, in order of time.

    Keys: month, the counts of a clearance month, on_time_rate.
    """
    sums: dict[str, dict[str, Any]] = {}
    for row in document["months"]:
        empty = {"month": row["month"], **dict.fromkeys(_OF_MONTHS, 0)}
        month = sums.setdefault(row["month"], empty)
        for name in _OF_MONTHS:
            month[name] += row[name]
    for month in sums.values():
        reached = month["due_reached"]
        month["on_time_rate"] = month["reached_on_time"] / reached if reached else None
    return [sums[name] for name in sorted(sums)]


def trend(
    conn: Connection, scope: Scope, year: int, days: Sequence[date], district: str | None = None
) -> list[dict[str, Any]]:
    """The scope's (or one district's) figures on each of the days, oldest first, with `as_of`."""
    s = DaySummary
    ordered = sorted(days)
    if not ordered:
        return []
    query = (
        select(s.on_date, *(func.sum(getattr(s, m)) for m in MEASURES))
        .where(s.year == year, s.on_date <= ordered[-1])
        .group_by(s.on_date)
        .order_by(s.on_date)
    )
    chosen = scope.narrowed_to(district)
    if chosen.districts is not None:
        query = query.where(s.district_code.in_(sorted(chosen.districts)))
    changes = deque(conn.execute(query).all())
    totals = [0] * len(MEASURES)
    points: list[Figures] = []
    for day in ordered:
        while changes and changes[0][0] <= day:
            totals = [
                total + int(change)
                for total, change in zip(totals, changes.popleft()[1:], strict=True)
            ]
        points.append({"as_of": day, **finished(dict(zip(MEASURES, totals, strict=True)))})
    return points
