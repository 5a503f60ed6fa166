"""Field checks on a day: what F1 to F5 ask for, where each stands, how much is done, and when the
county looks again (worklists.md, Field checks; workflow.md §2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from data.periods import monthly_audit_due_on
from data.rules.loader import Rule
from data.scope import Scope
from data.store.columns import day_of
from data.store.queries.check_steps import CheckMade, Place, checks_made, steps_taken
from data.store.queries.legality import Judged, judged
from data.store.queries.sample_draws import Draw, draws, recorded_draws
from data.store.queries.stamp import districts
from data.triggers.field_checks import field_checks
from data.triggers.rulebook import rulebook
from data.vocabulary import CheckFinding, CheckLevel, CheckStepKind, Legality
from data.worklists.visits import Visit, VisitState, visit

RULES = ("F1", "F2", "F3", "F4", "F5")
#: Rule → whose check it asks for.
LEVELS = {rule: CheckLevel.COUNTY if rule == "F1" else CheckLevel.CITY for rule in RULES}


@dataclass(frozen=True, slots=True)
class CheckTask:
    """parcel_no: of F4 only. last_on, finding: of the last check of that level. tracking_due_on: of
    F1, when the county looks again as long as something is unlawful and not rectified, or pending;
    None before its first check. overdue: that day is over. visit: where it stands; of F4 it is
    done with the certificate. check_by: the last day for a check that is assigned on the day (F3,
    F5: before D2 of the month, while that lies ahead)."""

    rule: str
    patch_no: str
    parcel_no: int | None
    district: str
    farmland_mu: float
    basic_farmland_mu: float
    redline_mu: float
    done: bool
    last_on: date | None
    finding: CheckFinding | None
    tracking_due_on: date | None
    overdue: bool
    visit: Visit
    check_by: date

    @property
    def level(self) -> CheckLevel:
        return LEVELS[self.rule]

    @property
    def to_confirm(self) -> bool:
        """Whether what was found waits for a reviewer; F4 then still waits for its certificate."""
        last = self.visit.step
        is_confirmed = last is not None and last.step is CheckStepKind.CONFIRM
        return self.visit.state is VisitState.CHECKED and not is_confirmed


@dataclass(frozen=True, slots=True)
class Outside:
    """The last check of a patch and level that no rule asks for on the day: the patch was judged
    otherwise since, or nobody had to go."""

    patch_no: str
    level: CheckLevel
    district: str
    check: CheckMade


@dataclass(frozen=True, slots=True)
class Coverage:
    required: int = 0
    done: int = 0

    @property
    def rate(self) -> float | None:
        return self.done / self.required if self.required else None


@dataclass(frozen=True, slots=True)
class Checks:
    """coverage: by rule, of all districts that are asked for; districts: code → the same. outside:
    checks of what is in no list, by number."""

    year: int
    as_of: date
    coverage: Mapping[str, Coverage]
    districts: Mapping[str, Mapping[str, Coverage]]
    tasks: tuple[CheckTask, ...]
    draws: tuple[Draw, ...]
    outside: tuple[Outside, ...]


def checks(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    district: str | None = None,
    known: Judged | None = None,
) -> Checks:
    """known: the year as judged in the scope, where it has been read."""
    chosen = scope.narrowed_to(district)
    found = field_checks(conn, scope, year, as_of, district)
    known = known or judged(conn, chosen, year, as_of)
    made = checks_made(conn, chosen, year, as_of)
    steps = steps_taken(conn, chosen, year, as_of)
    open_ = _open(known, as_of)
    asked = known.patches[known.patches["patch_no"].isin({str(t["patch_no"]) for t in found})]
    since, ends = _since(conn, known, asked, year, as_of), _month_ends(asked)
    rules = rulebook(conn)
    tracking = rules["W4"]
    tasks = []
    for task in found:
        name, number = str(task["rule"]), str(task["patch_no"])
        place, parcel_no = (number, LEVELS[name]), task.get("parcel_no")
        own = made.get(place, [])
        last = own[-1] if own else None
        again = None
        if name == "F1" and last is not None and number in open_:
            on = last.checked_on
            again = tracking.predicate(on, **tracking.of(year, on).parameters)
        begun = since(name, number, parcel_no)
        stands = visit(own, steps.get(place, []), begun, again, as_of, _limits(rules["W6"], year))
        if name == "F4":
            stands = _certified(stands, task["done"])
        tasks.append(
            CheckTask(
                name, number, parcel_no, task["district"], task["farmland_mu"],
                task["basic_farmland_mu"], task["redline_mu"], task["done"],
                last.checked_on if last else None, last.finding if last else None, again,
                again is not None and as_of > again, stands,
                _check_by(name, rules["W6"], year, as_of, ends.get(number)),
            )
        )  # fmt: skip
    units = [unit.code for unit in districts(conn) if chosen.allows(unit.code)]
    by_district = {code: _coverage([t for t in tasks if t.district == code]) for code in units}
    recorded = tuple(draws(conn, scope, year, as_of))
    listed = {(task.patch_no, task.level) for task in tasks}
    beside = {place: own[-1] for place, own in made.items() if place not in listed}
    outside = _outside(known.patches, beside)
    return Checks(year, as_of, _coverage(tasks), by_district, tuple(tasks), recorded, outside)


def _outside(patches: pd.DataFrame, beside: Mapping[Place, CheckMade]) -> tuple[Outside, ...]:
    own = patches[patches["patch_no"].isin({number for number, _ in beside})]
    district = dict(zip(own["patch_no"], own["district"], strict=True))
    return tuple(
        Outside(number, level, district[number], beside[number, level])
        for number, level in sorted(beside)
        if number in district
    )


def one_a_visit(tasks: Iterable[CheckTask]) -> dict[tuple[str, CheckLevel], CheckTask]:
    """One task for each patch and level, whom one team visits, with the earliest days of its rules;
    the certificate of F4 is another matter, so that F4 speaks only where it is alone."""
    found: dict[tuple[str, CheckLevel], CheckTask] = {}
    for task in tasks:
        key = (task.patch_no, task.level)
        found[key] = _joined(found[key], task) if key in found else task
    return found


def _joined(one: CheckTask, other: CheckTask) -> CheckTask:
    if (one.rule == "F4") != (other.rule == "F4"):
        return other if one.rule == "F4" else one
    due = min(one.visit.due_on or date.max, other.visit.due_on or date.max)
    return replace(
        one,
        check_by=min(one.check_by, other.check_by),
        visit=replace(
            one.visit,
            due_on=None if due == date.max else due,
            overdue=one.visit.overdue or other.visit.overdue,
        ),
    )


def _coverage(tasks: list[CheckTask]) -> dict[str, Coverage]:
    return {
        rule: Coverage(len(own), sum(t.done for t in own))
        for rule in RULES
        for own in [[t for t in tasks if t.rule == rule]]
    }


def _limits(rule: Rule, year: int) -> Callable[[str, date], date]:
    """The last day for a step, by the parameters of the day from which it waits."""

    def due(step: str, since: date) -> date:
        until: date = rule.predicate(step, since, **rule.of(year, since).parameters)
        return until

    return due


def _check_by(name: str, rule: Rule, year: int, as_of: date, audited_on: date | None) -> date:
    """audited_on: D2 of the patch's clearance month."""
    until = _limits(rule, year)("check", as_of)
    if name in ("F3", "F5") and audited_on is not None and as_of <= audited_on:
        return min(until, audited_on)
    return until


def _certified(stands: Visit, done: bool) -> Visit:
    """F4 is done with the certificate, and with nothing else."""
    if done:
        return replace(stands, state=VisitState.DONE, due_on=None, overdue=False)
    if stands.state is VisitState.DONE:
        return replace(stands, state=VisitState.CHECKED, due_on=None, overdue=False)
    return stands


def _since(
    conn: Connection, known: Judged, patches: pd.DataFrame, year: int, as_of: date
) -> Callable[[str, str, int | None], date | None]:
    """The day from which a rule asks for a check of a patch: its issue; of F2 the draw, of F4 the
    elimination; of F5 none is known."""
    c = known.parcels[known.parcels["eliminated_on"] <= as_of.toordinal()]
    issued_on = map(day_of, patches["issued_on"].tolist())
    issued = dict(zip(patches["patch_no"], issued_on, strict=True))
    gone = zip(c["patch_no"], c["parcel_no"], c["eliminated_on"].tolist(), strict=True)
    eliminated = {(number, parcel): day_of(on) for number, parcel, on in gone}
    drawn = {n: d.drawn_on for d in recorded_draws(conn, year, as_of) for n in d.drawn}

    def since(rule: str, number: str, parcel_no: int | None) -> date | None:
        if rule == "F2":
            return drawn.get(number)
        if rule == "F4":
            return eliminated.get((number, parcel_no or 0))
        return issued.get(number) if rule != "F5" else None

    return since


def _month_ends(patches: pd.DataFrame) -> dict[str, date]:
    """Patch number → D2 of its clearance month."""
    months = zip(patches["patch_no"], patches["clearance_month"], strict=True)
    by_month = {m: monthly_audit_due_on(m) for m in patches["clearance_month"].unique() if m}
    return {number: by_month[month] for number, month in months if month}


def _open(known: Judged, as_of: date) -> set[str]:
    """Numbers of the patches with something pending, or unlawful and not rectified."""
    parcels = known.parcels
    left = known.unlawful & (parcels["eliminated_on"].to_numpy(np.int64) > as_of.toordinal())
    pending = (parcels["effective"] == Legality.PENDING.value).to_numpy()
    without = known.patches[~known.patches["id"].isin(parcels["patch_id"])]
    return {*parcels.loc[left | pending, "patch_no"], *without["patch_no"]}
