"""Since when a trigger holds: the first day from which it has held without a gap."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import TypeVar

from sqlalchemy import Connection

from data.periods import elimination_cutoff_on, month_ends_until
from data.scope import Scope
from data.store.queries.daily import DailyFigures, FigureRow
from data.store.queries.moments import (
    Steps,
    late_parts_then,
    strategic_then,
    unrectified_then,
)
from data.store.queries.staff_records import staff_records
from data.triggers.current import MONTH_RULES, Trigger
from data.triggers.district_rules import (
    Beside,
    clearance_findings,
    error_findings,
    named_in_orders,
    of_district,
    ratio_lines,
)
from data.triggers.patch_rules import CONFIRMED, PATCH_RULES
from data.triggers.rulebook import Rulebook, rulebook
from data.triggers.since_patches import confirmed_since, patches_since, stood

_ONE_DAY = timedelta(days=1)
_T = TypeVar("_T")


def since(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    triggers: Sequence[Trigger],
    daily: DailyFigures | None = None,
    book: Rulebook | None = None,
) -> list[date]:
    """The first day of each trigger that holds on as_of, in their order, by the store as it is now.

    Between two days on which something changes nothing does, so that only these are looked at:
    for a district those on which a figure changes that its rule has read, for patches all days
    that stand in their dates, in a few statements for all of them. daily, book: the figures of just
    this view and the rules in force, where they are at hand.
    """
    looking = _Looking(conn, scope, year, as_of, daily, book)
    records, rules = looking.all_records, looking.rules
    subjects = {
        rule_id: {t["subject"] for t in triggers if t["rule"] == rule_id} for rule_id in PATCH_RULES
    }
    known = {t["subject"]: t["patch_id"] for t in triggers if "patch_id" in t}
    numbers = {rule: own for rule, own in subjects.items() if own and rule not in CONFIRMED}
    patches = (
        patches_since(conn, rules, scope, year, as_of, records, numbers, known) if numbers else {}
    )
    for rule_id, kind in CONFIRMED.items():
        begun = confirmed_since(records, kind, subjects[rule_id], as_of)
        patches |= {(rule_id, subject): day for subject, day in begun.items()}
    return [patches.get((t["rule"], t["subject"])) or looking.of(t) for t in triggers]


class _Looking:
    """Judges a district on one day of the past after the other; what all days need is read once."""

    def __init__(
        self,
        conn: Connection,
        scope: Scope,
        year: int,
        as_of: date,
        daily: DailyFigures | None,
        book: Rulebook | None,
    ) -> None:
        self.conn, self.scope, self.year, self.as_of = conn, scope, year, as_of
        self.rules: Rulebook = book or rulebook(conn)
        self.ends = month_ends_until(year, as_of)
        self.all_records = staff_records(conn, scope, year, as_of, withdrawn=True)
        self._daily = daily

    @cached_property
    def daily(self) -> DailyFigures:
        return self._daily or DailyFigures(self.conn, self.scope, self.year, self.as_of)

    @cached_property
    def _series(self) -> dict[str, list[FigureRow]]:
        return self.daily.series(self.ends)

    @cached_property
    def _late_parts(self) -> Steps:
        return late_parts_then(self.conn, self.scope, self.year, self.as_of)

    @cached_property
    def _strategic(self) -> Steps:
        return strategic_then(self.conn, self.scope, self.year, self.as_of)

    @cached_property
    def _unrectified(self) -> dict[date, frozenset[str]]:
        named = named_in_orders(self.all_records)
        return unrectified_then(self.conn, self.year, self.as_of, named)

    def of(self, trigger: Trigger) -> date:
        """The start of the run that ends on as_of."""
        points = sorted(p for p in self._turning_points(trigger["rule"]) if p <= self.as_of)
        first = day = self.as_of
        while True:
            holds, rows = self._look(trigger, day)
            changed = [self.daily.changed_on(row, day) for row in rows]
            at = bisect_right(points, day)
            starts = [d for d in (*changed, points[at - 1] if at else None) if d is not None]
            if not holds or not starts:
                return first
            first = max(starts)
            day = first - _ONE_DAY

    def _turning_points(self, rule_id: str) -> Iterable[date]:
        """Days on which a rule changes its mind although no figure does."""
        points = {version.valid_from for rule in self.rules.values() for version in rule.versions}
        if rule_id in MONTH_RULES:
            return points
        lines = self.rules["T5"].of(self.year, self.as_of).parameters
        points |= {
            date(self.year, lines["from_month"], lines["from_day"]),
            elimination_cutoff_on(self.year) + _ONE_DAY,
            *self.ends,
        }
        for record in self.all_records:
            points.add(record["recorded_on"])
            if record["withdrawn_on"] is not None:
                points.add(record["withdrawn_on"])
            if record["due_on"] is not None:
                points.add(record["due_on"] + _ONE_DAY)
        if rule_id == "T9":
            points |= set(self._late_parts)
        if rule_id == "T11":
            points |= {*self._strategic, *self._unrectified}
        return points

    def _look(self, trigger: Trigger, day: date) -> tuple[bool, Sequence[FigureRow]]:
        """Whether it held at the end of the day, and the rows that this was seen from."""
        rule_id, code, year = trigger["rule"], trigger["district"], self.year
        if code is None:
            row = self.daily.on(None, day)
            return bool(ratio_lines(self.rules, row, year, day)), [row]
        if rule_id in MONTH_RULES:
            judge = {"T1": clearance_findings, "T2": error_findings}[rule_id]
            # in a row: the months before it matter too
            in_a_row = trigger["mark"] == "in_a_row"
            names = self.daily.months(code) if in_a_row else [trigger["period"]]
            rows = [self.daily.on(code, day, name) for name in names]
            found = judge(self.rules[rule_id], [m for m in rows if m["patches"]], year)
        else:
            rows = [self.daily.on(code, day)]
            beside = self._beside(rule_id, day)
            pairs = of_district(self.rules, rows[0], [], beside, year, day, (rule_id,))
            found = [finding for _, finding in pairs]
        holds = any(
            (f.period or str(year)) == trigger["period"] and f.mark == trigger["mark"]
            for f in found
        )
        return holds, rows

    def _beside(self, rule_id: str, day: date) -> Beside:
        """As look_beside gives it, for one rule on one day."""
        ends = [end for end in self.ends if end <= day] if rule_id == "T10" else []
        series = {code: rows[: len(ends)] for code, rows in self._series.items()} if ends else {}
        late = rule_id == "T9" and day > elimination_cutoff_on(self.year)
        return Beside(
            strategic=_step(self._strategic, day, {}) if rule_id == "T11" else {},
            late_parts=_step(self._late_parts, day, {}) if late else {},
            records=[r for r in self.all_records if stood(r, day)],
            unrectified=_step(self._unrectified, day, frozenset())
            if rule_id == "T11"
            else frozenset(),
            month_ends=ends,
            series=series,
        )


def _step(steps: Mapping[date, _T], day: date, before: _T) -> _T:
    """What stood on a day. steps: oldest first."""
    days = list(steps)
    at = bisect_right(days, day)
    return steps[days[at - 1]] if at else before
