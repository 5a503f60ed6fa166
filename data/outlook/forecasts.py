"""The running month, who will miss its day (§3.2), and the same for the monthly audit (§3.3) and
the elimination cut-off (§3.4). Nothing here depends on an event after the as-of date.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from data.periods import (
    elimination_cutoff_on,
    first_of_next_month,
    month_due_on,
    monthly_audit_due_on,
    months_before,
    statutory_due_on,
)
from data.rules.forecast import (
    Band,
    Look,
    Occasion,
    Record,
    Trial,
    Window,
    area_band,
    area_trials,
    count_band,
    count_trials,
    expected_later,
    record,
)
from data.scope import Scope
from data.store.queries.pace import Days, Removal, month_paces, removals
from data.units import PARTS_PER_MU

#: How many finished months a forecast learns from, and how many its record is taken over.
LEARNED_MONTHS = 24
RECORD_MONTHS = 12
#: Past windows of an area forecast begin this many days apart.
WINDOW_STEP = 10


@dataclass(frozen=True, slots=True)
class Missing:
    """patches of the running month that a district has not reported; total: all it has."""

    code: str
    name: str
    patches: int
    total: int


@dataclass(frozen=True, slots=True)
class Clock:
    """The running month. days_left: 0 on the due date. missing: those with any, most first."""

    month: str
    due_on: date
    days_left: int
    missing: tuple[Missing, ...]

    @property
    def patches(self) -> int:
        return sum(m.patches for m in self.missing)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a district is expected to miss on a day, in patches or 亩.

    remaining: what is open now. later: patches expected to come in before the day. band: None where
    there is nothing to go by. share: of what was open this long before the day, the part that was
    done in time. months: the past months that this was learnt from (none for areas). seen: what was
    open in these, missed: of it what missed the day. record: how past forecasts came out.
    """

    remaining: float
    band: Band | None
    record: Record
    later: int = 0
    share: float | None = None
    months: tuple[str, ...] = ()
    seen: int = 0
    missed: int = 0

    @property
    def expected(self) -> float | None:
        return self.band.likely if self.band else None

    @property
    def will_miss(self) -> bool:
        return self.band is not None and self.band.likely >= 0.5


@dataclass(frozen=True, slots=True)
class Outlook:
    """Forecasts for one day, by district. record: over all of the scope's districts.

    month: the clearance month that it is about, None for the year. trials: the past forecasts.
    """

    due_on: date
    days_left: int
    forecasts: Mapping[str, Forecast]
    record: Record
    month: str | None = None
    trials: tuple[Trial, ...] = ()


def running_month(as_of: date) -> str:
    """The clearance month whose due date comes next; the due date itself still belongs to it."""
    due = statutory_due_on(date(as_of.year, as_of.month, 1))
    if as_of > due:
        due = month_due_on(f"{first_of_next_month(as_of):%Y-%m}")
    return f"{due:%Y-%m}"


def clock(document: dict[str, Any], as_of: date) -> Clock:
    """From a document of queries/figures.py."""
    month = running_month(as_of)
    due_on = month_due_on(month)
    names = {d["code"]: d["short_name"] for d in document["districts"]}
    missing = [
        Missing(row["code"], names[row["code"]], row["due"] - row["cleared"], row["due"])
        for row in document["months"]
        if row["month"] == month and row["due"] > row["cleared"]
    ]
    missing.sort(key=lambda m: -m.patches)
    return Clock(month, due_on, (due_on - as_of).days, tuple(missing))


def clearance_outlook(
    conn: Connection, scope: Scope, year: int, as_of: date, document: dict[str, Any]
) -> Outlook:
    """Who will miss the next due date (D1): every finished month is looked at on the day that lay
    as far before its own due date; settled on the day after it.
    """
    running = clock(document, as_of)
    lead = timedelta(days=running.days_left)
    days = {
        month: Days(due - lead, due, due + timedelta(days=1))
        for month in months_before(running.month, LEARNED_MONTHS)
        for due in (month_due_on(month),)
    }
    past = [
        Occasion(p.district, p.month, p.uncleared, max(p.due_at_end - p.due, 0), p.missed)
        for p in month_paces(conn, scope, (year - 1, year), days)
    ]
    open_now = {m.code: m.patches for m in running.missing}
    return _counted(running.due_on, running.days_left, running.month, open_now, past, days)


def audit_outlook(conn: Connection, scope: Scope, year: int, as_of: date) -> Outlook:
    """Which patches will not have passed the province by the end of this month (D2): those of the
    clearance month before it.
    """
    (month,) = months_before(f"{as_of:%Y-%m}", 1)
    due_on = monthly_audit_due_on(month)
    lead = due_on - as_of
    days = {month: Days(as_of, as_of, as_of)} | {
        earlier: Days(end - lead, end, end)
        for earlier in months_before(month, LEARNED_MONTHS)
        for end in (monthly_audit_due_on(earlier),)
    }
    paces = month_paces(conn, scope, (year - 1, year), days)
    past = [
        Occasion(p.district, p.month, p.unfinal, max(p.due_at_end - p.due, 0), p.unfinal_at_end)
        for p in paces
        if p.month != month
    ]
    open_now = {
        p.district: p.unfinal for p in paces if p.month == month and p.year == year and p.unfinal
    }
    return _counted(due_on, lead.days, month, open_now, past, days)


def _counted(
    due_on: date,
    days_left: int,
    month: str,
    open_now: Mapping[str, int],
    occasions: Sequence[Occasion],
    days: Mapping[str, Days],
) -> Outlook:
    past = merged(occasions)
    trials = count_trials(past, RECORD_MONTHS, looks_of(days))
    forecasts: dict[str, Forecast] = {}
    for code, count in open_now.items():
        own = [o for o in past if o.unit == code and o.base]
        seen, missed = sum(o.base for o in own), sum(min(o.missed, o.base) for o in own)
        forecasts[code] = Forecast(
            count,
            count_band(count, code, past),
            record(trials, code),
            expected_later(own),
            1 - missed / seen if seen else None,
            tuple(o.period for o in own),
            seen,
            missed,
        )
    return Outlook(due_on, days_left, forecasts, record(trials), month, tuple(trials))


def looks_of(days: Mapping[str, Days]) -> dict[str, Look]:
    return {period: Look(look.start, look.settled) for period, look in days.items()}


def merged(occasions: Sequence[Occasion]) -> list[Occasion]:
    """One occasion a unit and month: at the turn of the year two work years share a month."""
    found: dict[tuple[str, str], Occasion] = {}
    for o in occasions:
        known = found.get((o.unit, o.period))
        if known is not None:
            o = Occasion(
                o.unit,
                o.period,
                o.open + known.open,
                o.later + known.later,
                o.missed + known.missed,
            )
        found[o.unit, o.period] = o
    return list(found.values())


def elimination_outlook(conn: Connection, scope: Scope, year: int, as_of: date) -> Outlook | None:
    """How much unlawful land (亩) will remain on the cut-off day (D6); None after it."""
    due_on = elimination_cutoff_on(year)
    if as_of > due_on:
        return None
    length = due_on - as_of
    forecasts: dict[str, Forecast] = {}
    trials: list[Trial] = []
    for code, changes in removals(conn, scope, year, as_of).items():
        windows = _windows(changes, length, as_of)
        own = area_trials(code, windows, length)
        trials += own
        remaining = (changes[-1].found - changes[-1].gone) / PARTS_PER_MU
        forecasts[code] = Forecast(
            remaining, area_band(remaining, [window for _, window in windows]), record(own)
        )
    return Outlook(due_on, length.days, forecasts, record(trials), None, tuple(trials))


def _windows(
    changes: Sequence[Removal], length: timedelta, as_of: date
) -> list[tuple[date, Window]]:
    """Stretches of `length` that had ended by as_of, WINDOW_STEP days apart, oldest first."""
    days = [change.on for change in changes]

    def at(day: date) -> tuple[int, int]:
        place = bisect_right(days, day)
        return (changes[place - 1].found, changes[place - 1].gone) if place else (0, 0)

    result: list[tuple[date, Window]] = []
    start = as_of - length
    while length.days and start >= days[0]:
        (found, gone), (found_after, gone_after) = at(start), at(start + length)
        amounts = (max(found - gone, 0), found_after - found, gone_after - gone)
        result.append((start, Window(*(parts / PARTS_PER_MU for parts in amounts))))
        start -= timedelta(days=WINDOW_STEP)
    return result[::-1]
