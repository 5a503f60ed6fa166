"""What-if: patches supposed rectified, approved or judged lawful, and what follows. Writes nothing.

The supposition is put into temporary copies of cases, decisions and the day summary
(store/shadow.py) the way an upload would put it into the store; figures and triggers are then those
of the pages, computed by the same code. So a scenario promises exactly what the upload brings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from data.periods import elimination_cutoff_on
from data.rules.loader import Rule
from data.rules.scenario import (
    UNCONSTRAINED,
    Candidate,
    Constraints,
    Selection,
    needed_removal,
    smallest_set,
)
from data.scope import Scope
from data.store import summary
from data.store.engine import Store
from data.store.models import AuditDecision, Base, DaySummary, EnforcementCase, Patch
from data.store.queries.figures import figures
from data.store.queries.remaining import RemainingPatch, remaining_patches
from data.store.queries.state import ParcelState, PatchState, day_literal, parcels_at
from data.store.shadow import shadowed
from data.triggers.current import Trigger, current_triggers
from data.triggers.rulebook import rulebook
from data.units import PARTS_PER_MU, meets
from data.vocabulary import (
    AUDIT_LEVEL_RANK,
    AuditLevel,
    AuditResult,
    BulkChoice,
    Legality,
    RatioVariant,
    RectificationWay,
    ScenarioAction,
    TargetLine,
)
from data.workflow.preview import crossings

Figures = dict[str, Any]
#: Patches that are looked up in one statement.
_CHUNK = 5_000
_LAWFUL, _CERTIFIED = ScenarioAction.LAWFUL, ScenarioAction.CERTIFIED
#: The certificate of a supposed 拆除复耕.
_SUPPOSED = "假设"


@dataclass(frozen=True, slots=True)
class Bulk:
    """Many patches at once. until: of DUE, the last due date that belongs to it."""

    choice: BulkChoice
    action: ScenarioAction
    until: date | None = None

    def takes(self, patch: RemainingPatch) -> bool:
        if self.choice is BulkChoice.FILED:
            return patch.filed
        if self.choice is BulkChoice.DEMOLITION:
            return patch.is_demolition
        if self.choice is BulkChoice.DUE:
            until, due_on = self.until, patch.due_on
            return until is not None and due_on is not None and due_on <= until
        return True


@dataclass(frozen=True, slots=True)
class Scenario:
    """ticks: patch number → what is supposed of it; they outrank bulks, and an earlier bulk a later
    one. on: the day on which it happens and on which figures are looked at, not before the as-of
    date; None: the as-of date. district: bulks take its patches only.
    """

    ticks: Mapping[str, ScenarioAction] = field(default_factory=dict)
    bulks: tuple[Bulk, ...] = ()
    on: date | None = None
    district: str | None = None

    @property
    def is_empty(self) -> bool:
        return not self.ticks and not self.bulks

    def day(self, as_of: date) -> date:
        return max(self.on or as_of, as_of)


@dataclass(frozen=True)
class Outcome:
    """Figures (`python -m data figures`) and triggers on `day` without and with the scenario.

    supposed: the patches that it changes, with what is supposed of each. without_effect: numbers
    that name no patch of the scope with unlawful land left on the day. too_late: the day is after
    D6, so that what is eliminated no longer counts for the year.
    """

    day: date
    before: Figures
    after: Figures
    triggers_before: list[Trigger]
    triggers_after: list[Trigger]
    crossings: list[str]
    supposed: list[tuple[RemainingPatch, ScenarioAction]]
    without_effect: list[str]
    too_late: bool

    def units(self) -> list[tuple[str, str | None, Figures, Figures]]:
        """(name, code, figures without, figures with): the city (code None), then the districts."""
        earlier = {row["code"]: row for row in self.before["districts"]}
        return [
            ("全市", None, self.before["city"], self.after["city"]),
            *(
                (row["short_name"], row["code"], earlier[row["code"]], row)
                for row in self.after["districts"]
            ),
        ]


def evaluate(store: Store, scope: Scope, year: int, as_of: date, scenario: Scenario) -> Outcome:
    """What follows from a scenario for the scope's districts, on its day."""
    day = scenario.day(as_of)
    shadows: list[type[Base]] = [EnforcementCase, DaySummary]
    if _LAWFUL in (*scenario.ticks.values(), *(b.action for b in scenario.bulks)):
        shadows.append(AuditDecision)  # many rows: copied only where some are added
    with shadowed(store, *shadows) as conn:
        supposed = _supposed(conn, scope, year, day, scenario)
        before = _look(conn, scope, year, day)
        _suppose(conn, year, day, [(patch.id, action) for patch, action in supposed])
        after = _look(conn, scope, year, day)
    known = {patch.patch_no for patch, _ in supposed}
    return Outcome(
        day,
        before[0],
        after[0],
        before[1],
        after[1],
        crossings(before[1], after[1]),
        supposed,
        sorted(set(scenario.ticks) - known),
        day > elimination_cutoff_on(year),
    )


def _look(conn: Connection, scope: Scope, year: int, day: date) -> tuple[Figures, list[Trigger]]:
    return (
        figures(conn, scope, year, day),
        current_triggers(conn, scope, year, day, with_patches=False),
    )


def _supposed(
    conn: Connection, scope: Scope, year: int, day: date, scenario: Scenario
) -> list[tuple[RemainingPatch, ScenarioAction]]:
    """The patches that a scenario changes, those with most farmland of the ratio first."""
    actions = (*scenario.ticks.values(), *(b.action for b in scenario.bulks))
    # what only waits for acceptance or proof can be brought under no other supposition
    variant = RatioVariant.STRICT if _CERTIFIED in actions else RatioVariant.NET
    numbers = None if scenario.bulks else scenario.ticks.keys()
    found = remaining_patches(conn, scope, year, day, numbers=numbers, variant=variant)
    chosen = []
    for patch in found:
        action = scenario.ticks.get(patch.patch_no)
        if action is None and scenario.district in (None, patch.district):
            action = next((b.action for b in scenario.bulks if b.takes(patch)), None)
        if action is not None:
            chosen.append((patch, action))
    return chosen


def _suppose(
    conn: Connection, year: int, day: date, chosen: Sequence[tuple[int, ScenarioAction]]
) -> None:
    """Put it into the shadow as uploads of cases and decisions dated `day` would."""
    if not chosen:
        return
    actions = dict(chosen)
    judged = _LAWFUL in actions.values()
    summary.take_on_day(conn, list(actions), day, -1, audited=judged)
    proven = [i for i, action in actions.items() if action == _CERTIFIED]
    others = [i for i in actions if actions[i] != _CERTIFIED]
    rows = list(_open_parcels(conn, year, day, others))
    _end_unlawful_state(
        conn,
        day,
        [
            *((*key, actions[key[0]]) for key in rows if actions[key[0]] != _LAWFUL),
            *((*key, _CERTIFIED) for key in _open_parcels(conn, year, day, proven, proven=True)),
        ],
    )
    _judge_lawful(conn, day, [key for key in rows if actions[key[0]] == _LAWFUL])
    summary.take_on_day(conn, list(actions), day, +1, audited=judged)


def _open_parcels(
    conn: Connection, year: int, day: date, patch_ids: Sequence[int], *, proven: bool = False
) -> Iterable[tuple[int, int]]:
    """(patch id, parcel number) of the unlawful parcels whose state has not been ended; proven:
    or that are not strictly eliminated."""
    on = day_literal(day)
    for start in range(0, len(patch_ids), _CHUNK):
        rows = parcels_at(
            Patch,
            on,
            Patch.__table__,
            [Patch.id.label("patch_id")],
            Patch.id.in_(patch_ids[start : start + _CHUNK]),
            PatchState(Patch, on).active,
        )
        parcel = ParcelState(rows, on, year)
        query = (
            select(rows.c.patch_id, rows.c.parcel_no)
            .where(
                parcel.unlawful,
                or_(
                    ~parcel.has_eliminated_date,
                    and_(literal(proven), ~parcel.strictly_eliminated),
                ),
            )
            .order_by(rows.c.patch_id, rows.c.parcel_no)
        )
        yield from ((row.patch_id, row.parcel_no) for row in conn.execute(query))


def _end_unlawful_state(
    conn: Connection, day: date, parcels: Sequence[tuple[int, int, ScenarioAction]]
) -> None:
    c = EnforcementCase
    ids = sorted({patch_id for patch_id, _, _ in parcels})
    known: dict[tuple[int, int], int] = {}
    for start in range(0, len(ids), _CHUNK):
        found = select(c.id, c.patch_id, c.parcel_no).where(
            c.patch_id.in_(ids[start : start + _CHUNK])
        )
        known |= {(row.patch_id, row.parcel_no): row.id for row in conn.execute(found)}
    new = int(conn.scalar(select(func.coalesce(func.max(c.id), 0))) or 0)
    changed: dict[ScenarioAction, list[int]] = {a: [] for a in ScenarioAction}
    added: list[dict[str, Any]] = []
    for patch_id, parcel_no, action in parcels:
        # a patch without parcels has its case on parcel 0, or on the default 1
        case_id = known.get((patch_id, parcel_no))
        if case_id is None and parcel_no == 0:
            case_id = known.get((patch_id, 1))
        if case_id is not None:
            changed[action].append(case_id)
            continue
        new += 1
        added.append(
            {"id": new, "batch_id": 0, "source_hash": 0, "patch_id": patch_id,
             "parcel_no": parcel_no, **_new_case(day, action)}
        )  # fmt: skip
    for action, case_ids in changed.items():
        for start in range(0, len(case_ids), _CHUNK):
            chosen = c.id.in_(case_ids[start : start + _CHUNK])
            conn.execute(update(c).where(chosen).values(**_case_values(day, action)))
    if added:
        conn.execute(insert(c), added)


def _new_case(day: date, action: ScenarioAction) -> dict[str, Any]:
    """A case that the scenario adds; all of them with the same columns."""
    certified = action is _CERTIFIED
    way = {
        ScenarioAction.APPROVED: RectificationWay.LAND_USE_APPROVAL.value,
        _CERTIFIED: RectificationWay.DEMOLITION_RECULTIVATION.value,
    }.get(action)
    return {
        "way": way,
        "eliminated_on": day,
        "accepted_on": day if certified else None,
        "certificate_no": _SUPPOSED if certified else None,
    }


def _case_values(day: date, action: ScenarioAction) -> dict[str, Any]:
    """What a case that is there becomes; what has already been reached stays."""
    c, new = EnforcementCase, _new_case(day, action)
    if action is not _CERTIFIED:
        return {"eliminated_on": day} | ({"way": new["way"]} if new["way"] else {})
    return {
        "way": new["way"],
        "eliminated_on": case((c.eliminated_on <= day, c.eliminated_on), else_=day),
        "accepted_on": case((c.accepted_on <= day, c.accepted_on), else_=day),
        "certificate_no": func.coalesce(func.nullif(c.certificate_no, ""), _SUPPOSED),
    }


def _judge_lawful(conn: Connection, day: date, parcels: Sequence[tuple[int, int]]) -> None:
    """A 省级复核 of the day: the highest level, later than whatever was said before."""
    if not parcels:
        return
    d = AuditDecision
    new = int(conn.scalar(select(func.coalesce(func.max(d.id), 0))) or 0)
    level, passed = AuditLevel.PROVINCE_REVIEW, AuditResult.PASSED
    said_that_day = delete(d).where(
        d.patch_id == bindparam("patch"),
        d.parcel_no == bindparam("parcel"),
        d.level == level.value,
        d.decided_on == day,
        d.result == passed.value,
    )
    conn.execute(said_that_day, [{"patch": patch, "parcel": parcel} for patch, parcel in parcels])
    rows = [
        {
            "id": new + at,
            "batch_id": 0,
            "source_hash": 0,
            "patch_id": patch_id,
            "parcel_no": parcel_no,
            "level": level.value,
            "level_rank": AUDIT_LEVEL_RANK[level],
            "decided_on": day,
            "result": passed.value,
            "determination": Legality.LAWFUL.value,
        }
        for at, (patch_id, parcel_no) in enumerate(parcels, start=1)
    ]
    conn.execute(insert(d), rows)


# ---- the smallest set ----------------------------------------------------------------------------


class Hindrance(Enum):
    """Why no patch could help, whatever it carries."""

    TOO_LATE = "too_late"  # the day is after D6: what is eliminated no longer counts
    GROSS = "gross"  # triggers go by the gross ratio, from which nothing is deducted


@dataclass(frozen=True, slots=True)
class Target:
    """A line to bring a unit under, in the unit of its value: a ratio, or 亩 (`is_area`)."""

    line: TargetLine
    value: float
    is_area: bool


@dataclass(frozen=True)
class Proposal:
    """selection: None where there is a hindrance. chosen: its patches. actions: what brings each of
    them out of the figure, any one of these.

    now, then: the value without and with the set. best: with all that the constraints allow
    (at_most the largest). left_out: patches that are not to be demolished (or nobody has said how),
    where only demolition is allowed.
    """

    target: Target
    day: date
    now: float | None
    then: float | None
    best: float | None
    selection: Selection | None
    hindrance: Hindrance | None
    chosen: list[RemainingPatch]
    left_out: int
    actions: tuple[ScenarioAction, ...] = (ScenarioAction.RECTIFIED, ScenarioAction.APPROVED)


def target(rules: Mapping[str, Rule], line: TargetLine, year: int, day: date) -> Target:
    """The line as the rules that govern the year draw it on the day."""
    ratio, area = (rules[rule].of(year, day).parameters for rule in ("T3", "T4"))
    if line is TargetLine.WARNING:
        return Target(line, float(ratio["warning_ratio"]), False)
    if line is TargetLine.INTERVIEW:
        return Target(line, float(ratio["interview_ratio"]), False)
    return Target(line, float(area["interview_mu"]), True)


def targets(conn: Connection, year: int, day: date) -> dict[TargetLine, Target]:
    """All lines as they stand in the store."""
    rules = rulebook(conn)
    return {line: target(rules, line, year, day) for line in TargetLine}


_CARRIED: dict[TargetLine, Callable[[RemainingPatch], int]] = {
    TargetLine.WARNING: lambda p: p.ratio_parts,
    TargetLine.INTERVIEW: lambda p: p.ratio_parts,
    TargetLine.BASIC_FARMLAND: lambda p: p.basic_farmland_parts,
    TargetLine.REDLINE: lambda p: p.redline_parts,
}
_REMAINING = {
    TargetLine.BASIC_FARMLAND: "remaining_basic_farmland_mu",
    TargetLine.REDLINE: "remaining_redline_mu",
}


def carried(line: TargetLine, patch: RemainingPatch) -> int:
    """What a patch carries of the figure that the line is drawn for, in integer parts."""
    return _CARRIED[line](patch)


@dataclass(frozen=True)
class _Aim:
    """numerator in integer parts; value and is_under of any smaller one."""

    target: Target
    numerator: int
    value: Callable[[int], float | None]
    is_under: Callable[[int], bool]
    hindrance: Hindrance | None


def _aim(rules: Mapping[str, Rule], row: Figures, line: TargetLine, year: int, day: date) -> _Aim:
    aim = target(rules, line, year, day)
    late = Hindrance.TOO_LATE if day > elimination_cutoff_on(year) else None
    if aim.is_area:
        return _Aim(
            aim,
            round(row[_REMAINING[line]] * PARTS_PER_MU),
            lambda parts: parts / PARTS_PER_MU,
            lambda parts: not meets(parts / PARTS_PER_MU, aim.value),
            late,
        )
    formula, rule = rules["ratio"].of(year, day).parameters, rules["T3"]
    part_mu, whole_mu, _ = rules["ratio"].predicate(row, **formula)
    whole, about = round(whole_mu * PARTS_PER_MU), f"ratio_{formula['variant']}"

    def ratio(parts: int) -> float | None:
        return parts / whole if whole else None

    def is_under(parts: int) -> bool:
        found = rule.predicate(
            parts / PARTS_PER_MU, ratio(parts), about, **rule.of(year, day).parameters
        )
        return not any(f.line is not None or line is TargetLine.WARNING for f in found)

    gross = Hindrance.GROSS if formula["variant"] == "gross" else None
    return _Aim(aim, round(part_mu * PARTS_PER_MU), ratio, is_under, gross or late)


def propose(
    conn: Connection,
    scope: Scope,
    year: int,
    day: date,
    district: str | None,
    line: TargetLine,
    constraints: Constraints = UNCONSTRAINED,
) -> Proposal:
    """The smallest set that brings a district (None: the scope as a whole) under a line on a day,
    if its patches were rectified or approved by then.
    """
    document = figures(conn, scope, year, day, district)
    row = document["districts"][0] if district else document["city"]
    rules = rulebook(conn)
    aim, formula = _aim(rules, row, line, year, day), rules["ratio"].of(year, day).parameters
    variant = RatioVariant.NET if aim.target.is_area else RatioVariant(formula["variant"])
    found = remaining_patches(conn, scope.narrowed_to(district), year, day, variant=variant)
    proof = variant is RatioVariant.STRICT or (
        variant is RatioVariant.NET and not aim.target.is_area and formula["require_acceptance"]
    )
    carrying = [p for p in found if carried(line, p) > 0]
    needed = needed_removal(aim.numerator, aim.is_under)
    assert needed is not None, "nothing at all is under every line above zero"
    selection: Selection | None = None
    if needed == 0 or aim.hindrance is None:
        candidates = [Candidate(p.patch_no, carried(line, p), p.is_demolition) for p in carrying]
        selection = smallest_set(candidates, needed, constraints)
    numbers = set(selection.patches) if selection else set()
    return Proposal(
        aim.target,
        day,
        aim.value(aim.numerator),
        aim.value(aim.numerator - (selection.parts if selection else 0)),
        aim.value(aim.numerator - (selection.reachable if selection else 0)),
        selection,
        None if selection else aim.hindrance,
        [p for p in carrying if p.patch_no in numbers],
        sum(not p.is_demolition for p in carrying) if constraints.only_demolition else 0,
        (_CERTIFIED,) if proof else (ScenarioAction.RECTIFIED, ScenarioAction.APPROVED),
    )
