"""Since when a trigger holds: the first day from which it has held without a gap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from data.periods import add_workdays, elimination_cutoff_on, month_ends_until
from data.scope import Scope
from data.store.queries import trigger_facts
from data.store.queries.daily import DailyFigures
from data.store.queries.month_end_figures import line_figures
from data.store.queries.staff_records import staff_records
from data.triggers.current import Trigger
from data.triggers.district_rules import (
    Beside,
    clearance_findings,
    error_findings,
    of_district,
    ratio_lines,
)
from data.triggers.patch_rules import of_patches
from data.triggers.rulebook import Rulebook, rulebook
from data.vocabulary import RecordKind

_MONTH_RULES = ("T1", "T2")
_CONFIRMED = {"T12": RecordKind.FALSE_REPORTING, "T14": RecordKind.WRONG_FILLING}
_ONE_DAY = timedelta(days=1)


def since(
    conn: Connection, scope: Scope, year: int, as_of: date, triggers: Sequence[Trigger]
) -> list[date]:
    """The first day of each trigger that holds on as_of, in their order, by the store as it is now.

    Between two days on which something changes nothing does, so that only these are looked at.
    """
    looking = _Looking(conn, scope, year, as_of)
    return [looking.of(trigger) for trigger in triggers]


class _Looking:
    """Judges one day of the past after the other; what all of them need is read once."""

    def __init__(self, conn: Connection, scope: Scope, year: int, as_of: date) -> None:
        self.conn, self.scope, self.year, self.as_of = conn, scope, year, as_of
        self.rules: Rulebook = rulebook(conn)
        self.ends = month_ends_until(year, as_of)
        self._daily: DailyFigures | None = None
        self._series: dict[str, list[dict[str, Any]]] | None = None
        self._records = staff_records(conn, scope, year, as_of, withdrawn=True)

    @property
    def daily(self) -> DailyFigures:
        if self._daily is None:
            self._daily = DailyFigures(self.conn, self.scope, self.year, self.as_of)
        return self._daily

    def records(self, day: date) -> list[dict[str, Any]]:
        return [
            r
            for r in self._records
            if r["recorded_on"] <= day and (r["withdrawn_on"] is None or r["withdrawn_on"] > day)
        ]

    def of(self, trigger: Trigger) -> date:
        rule_id, code = trigger["rule"], trigger["district"]
        if rule_id in _CONFIRMED:
            return self._recorded(trigger, _CONFIRMED[rule_id])
        if trigger["subject"] != code and code is not None:
            return self._patch(trigger)
        month = trigger["period"] if rule_id in _MONTH_RULES else None
        if trigger["mark"] == "in_a_row":
            month = None  # the months before it matter too
        days = {*self.daily.days(code, month), *self._turning_points(rule_id)}
        return _run_back(days, self.as_of, lambda day: self._holds(trigger, day))

    def _turning_points(self, rule_id: str) -> Iterable[date]:
        """Days on which a rule changes its mind although no figure does."""
        points = {version.valid_from for rule in self.rules.values() for version in rule.versions}
        if rule_id in _MONTH_RULES:
            return points
        lines = self.rules["T5"].of(self.year, self.as_of).parameters
        points |= {
            date(self.year, lines["from_month"], lines["from_day"]),
            elimination_cutoff_on(self.year) + _ONE_DAY,
            *self.ends,
        }
        for record in self._records:
            points.add(record["recorded_on"])
            if record["withdrawn_on"] is not None:
                points.add(record["withdrawn_on"])
            if record["due_on"] is not None:
                points.add(record["due_on"] + _ONE_DAY)
        if rule_id == "T9" and self.as_of > elimination_cutoff_on(self.year):
            day = elimination_cutoff_on(self.year) + _ONE_DAY
            while day <= self.as_of:
                points.add(day)
                day += _ONE_DAY
        return points

    def _holds(self, trigger: Trigger, day: date) -> bool:
        rule_id, code, year = trigger["rule"], trigger["district"], self.year
        if code is None:
            return bool(ratio_lines(self.rules, self.daily.on(None, day), year, day))
        if rule_id in _MONTH_RULES:
            judge = {"T1": clearance_findings, "T2": error_findings}[rule_id]
            in_a_row = trigger["mark"] == "in_a_row"
            names = self.daily.months(code) if in_a_row else [trigger["period"]]
            months = [self.daily.on(code, day, name) for name in names]
            months = [m for m in months if m["patches"]]
            found = judge(self.rules[rule_id], months, year)
        else:
            row = self.daily.on(code, day)
            pairs = of_district(self.rules, row, [], self._beside(rule_id, day), year, day)
            found = [finding for rule, finding in pairs if rule == rule_id]
        return any(
            (f.period or str(year)) == trigger["period"] and f.mark == trigger["mark"]
            for f in found
        )

    def _beside(self, rule_id: str, day: date) -> Beside:
        """As look_beside gives it, for one rule on one day."""
        conn, scope, year = self.conn, self.scope, self.year
        ends = [end for end in self.ends if end <= day] if rule_id == "T10" else []
        if ends and self._series is None:
            self._series = line_figures(conn, scope, year, self.ends)
        series = {code: rows[: len(ends)] for code, rows in (self._series or {}).items()}
        return Beside(
            strategic=trigger_facts.strategic_unlawful(conn, scope, year, day)
            if rule_id == "T11"
            else {},
            late_parts=trigger_facts.late_rectified_parts(conn, scope, year, day)
            if rule_id == "T9"
            else {},
            records=self.records(day),
            month_ends=ends,
            series=series,
        )

    def _recorded(self, trigger: Trigger, kind: RecordKind) -> date:
        subject = trigger["subject"]
        own = [
            r
            for r in self._records
            if r["kind"] == kind.value and (r["patch_no"] or r["district"]) == subject
        ]
        days = {r["recorded_on"] for r in own} | {r["withdrawn_on"] for r in own} - {None}
        return _run_back(days, self.as_of, lambda day: any(r in own for r in self.records(day)))

    def _patch(self, trigger: Trigger) -> date:
        rule_id, number = trigger["rule"], trigger["subject"]
        patch_id, days = trigger_facts.patch_days(self.conn, self.year, number)
        if rule_id == "T7":
            correction = self.rules["D3"]
            overdue = self.rules["T7"].of(self.year, self.as_of).parameters["overdue_workdays"]
            days |= {
                add_workdays(day, correction.of(self.year, day).parameters["workdays"] + overdue)
                for day in set(days)
            }
        own = [r for r in self._records if r["patch_no"] == number]
        days |= {r["recorded_on"] for r in own} | {r["withdrawn_on"] for r in own} - {None}

        def holds(day: date) -> bool:
            marks = self.records(day)
            found = of_patches(
                self.conn, self.rules, self.scope, self.year, day, marks, {rule_id}, {patch_id}
            )
            return any(finding.subject == number for _, _, finding in found)

        return _run_back(days, self.as_of, holds)


def _run_back(days: Iterable[date], as_of: date, holds: Callable[[date], bool]) -> date:
    """The first of the days at the end of which it holds, and at all later ones up to as_of."""
    first = as_of
    for day in sorted({d for d in days if d <= as_of}, reverse=True):
        if not holds(day):
            break
        first = day
    return first
