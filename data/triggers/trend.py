"""How the figure behind a trigger has moved over the last month ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.periods import month_ends_before
from data.scope import Scope
from data.store.queries.daily import DailyFigures
from data.triggers.current import Trigger
from data.triggers.rulebook import Rulebook, rulebook

#: Rule → the figure that it judges, where that is one of figures.md.
_FIGURES = {
    "T1": "overdue",
    "T2": "error_rate",
    "T5": "rectification_rate",
    "T8": "mineral_unlawful_patches",
    "T9": "remaining_farmland_mu",
}
_PROTECTED = ("remaining_basic_farmland_mu", "remaining_redline_mu")
MONTHS = 5


@dataclass(frozen=True, slots=True)
class Trend:
    """figure: its name. days: month ends, then the as-of date; values: on these, None for none."""

    figure: str
    days: tuple[date, ...]
    values: tuple[float | None, ...]


class Trends:
    """Trends of one year's triggers; the figures of all days are read once."""

    def __init__(
        self,
        conn: Connection,
        scope: Scope,
        year: int,
        as_of: date,
        daily: DailyFigures | None = None,
        book: Rulebook | None = None,
    ) -> None:
        """daily, book: the figures of just this view and the rules in force, where they are at
        hand."""
        self._daily = daily or DailyFigures(conn, scope, year, as_of)
        self._days = (*month_ends_before(as_of, year, MONTHS), as_of)
        variant = (book or rulebook(conn))["ratio"].of(year, as_of).parameters["variant"]
        self._ratio = f"ratio_{variant}"

    def of(self, group: Sequence[Trigger]) -> Trend | None:
        """group: triggers of one rule on one subject. None for a patch, which has no series."""
        first = group[0]
        if first["subject"] != first["district"] and first["district"] is not None:
            return None
        rows = [self._daily.on(first["district"], day) for day in self._days]
        figure = self._figure(first["rule"], rows[-1])
        if first["rule"] == "T2":  # of the month, not of the year
            month = max(t["period"] for t in group)
            rows = [self._daily.on(first["district"], day, month) for day in self._days]
        return Trend(figure, self._days, tuple(row[figure] for row in rows))

    def _figure(self, rule: str, now: Mapping[str, Any]) -> str:
        if rule == "T4":
            return max(_PROTECTED, key=lambda name: now[name])
        return _FIGURES.get(rule, self._ratio)
