"""The running clearance month: what is still missing, and who will miss the day (§3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from data.periods import month_due_on, month_end, statutory_due_on
from data.scope import Scope
from data.store.queries.figures import open_patches

#: How many finished months the forecast looks back on.
LOOK_BACK = 3


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
    """remaining: not reported now. expected: of them expected to be late, None where there is no
    finished month to learn from. share: of what was open this many days before due, the part
    reported in time, over `months`.
    """

    remaining: int
    expected: float | None
    share: float | None
    months: tuple[str, ...]

    @property
    def will_miss(self) -> bool:
        return self.expected is not None and self.expected >= 0.5


def running_month(as_of: date) -> str:
    """The clearance month whose due date comes next; the due date itself still belongs to it."""
    due = statutory_due_on(date(as_of.year, as_of.month, 1))
    if as_of > due:
        due = month_due_on(f"{month_end(as_of) + timedelta(days=1):%Y-%m}")
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


def forecast(
    conn: Connection, scope: Scope, year: int, as_of: date, document: dict[str, Any]
) -> dict[str, Forecast]:
    """District → forecast for the running month.

    Looks at the last finished months at the same distance from their due dates: which part of what
    was open then was reported by the due date. That part of what is open now is expected too.
    """
    running = clock(document, as_of)
    past = _last_months(running.due_on, LOOK_BACK)
    open_then: dict[str, int] = {}
    open_after: dict[str, int] = {}
    used: dict[str, list[str]] = {}
    for month in past:
        due_on = month_due_on(month)
        then = due_on - timedelta(days=running.days_left)
        before = open_patches(conn, scope, year, month, then)
        after = open_patches(conn, scope, year, month, due_on)
        for code, count in before.items():
            if count:
                open_then[code] = open_then.get(code, 0) + count
                open_after[code] = open_after.get(code, 0) + min(after.get(code, 0), count)
                used.setdefault(code, []).append(month)
    result: dict[str, Forecast] = {}
    for missing in running.missing:
        code = missing.code
        if open_then.get(code):
            late_share = open_after[code] / open_then[code]
            expected = missing.patches * late_share
            months = tuple(sorted(used[code]))
            result[code] = Forecast(missing.patches, expected, 1 - late_share, months)
        else:
            result[code] = Forecast(missing.patches, None, None, ())
    return result


def _last_months(due_on: date, count: int) -> list[str]:
    months: list[str] = []
    day = due_on.replace(day=1)
    for _ in range(count):
        day = (day - timedelta(days=1)).replace(day=1)
        months.append(f"{day:%Y-%m}")
    return months


def month_ends_before(as_of: date, year: int, count: int) -> list[date]:
    """The last `count` month ends of the work year before a day, oldest first."""
    ends: list[date] = []
    day = as_of.replace(day=1) - timedelta(days=1)
    while len(ends) < count and day >= date(year, 1, 31):
        ends.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return ends[::-1]
