"""T7: which patches are proposed to be deemed unlawful, since when, and what staff said to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from data.periods import add_workdays
from data.rules.loader import Rule
from data.store.columns import NEVER
from data.triggers.patch_rules import refused_rows
from data.vocabulary import AuditResult, RecordKind

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proposal:
    """since: the first day of the run of T7 that holds on the day. answered: staff confirmed it or
    dismissed it."""

    patch_id: int
    since: date
    answered: bool


@dataclass(frozen=True, slots=True)
class _Decision:
    rank: int
    on: int
    passed: bool
    answered_on: int


def proposals(
    rules: Mapping[str, Rule],
    year: int,
    day: date,
    patches: pd.DataFrame,
    decisions: pd.DataFrame,
    records: Sequence[Facts],
) -> list[Proposal]:
    """patches, decisions: frames of the year. records: staff_records that stand on the day."""
    deemed = set(decisions.loc[decisions["deemed"].to_numpy(bool), "patch_id"])
    city = decisions[
        (decisions["level_rank"] == 1) & (decisions["result"] == AuditResult.RETURNED.value)
    ]
    versions = rules["T7"].versions
    least = min(version.parameters["returns"] for version in versions)
    times = city.groupby("patch_id")["decided_on"].nunique()
    returned = decisions[decisions["result"] == AuditResult.RETURNED.value]
    open_ = returned.loc[returned["resubmitted_on"] > day.toordinal(), "patch_id"]
    chosen = (set(times.index[times >= least]) | set(open_)) - deemed
    known = patches[patches["id"].isin(chosen)]
    own = decisions[decisions["patch_id"].isin(chosen)]
    by_patch: dict[int, list[_Decision]] = {}
    columns = ("patch_id", "level_rank", "decided_on", "passed", "resubmitted_on")
    for patch_id, *told in zip(*(own[name].tolist() for name in columns), strict=True):
        by_patch.setdefault(patch_id, []).append(_Decision(*told))
    found = []
    for patch_id, number, issued in zip(
        known["id"].tolist(), known["patch_no"], known["issued_on"].tolist(), strict=True
    ):
        since = _since(rules, year, day, number, by_patch.get(patch_id, []), issued)
        if since is not None:
            about = [r for r in records if r["patch_id"] == patch_id]
            found.append(Proposal(patch_id, since, _answered(about, by_patch[patch_id])))
    return found


def _since(
    rules: Mapping[str, Rule],
    year: int,
    day: date,
    number: str,
    decisions: Sequence[_Decision],
    issued_on: int,
) -> date | None:
    """The first day from which T7 has held without a break; None where it does not."""

    def holds(on: date) -> bool:
        facts = _facts(number, decisions, on.toordinal())
        _, rows = refused_rows(rules, year, on, [facts], ())
        rule = rules["T7"]
        return bool(rule.predicate(rows, **rule.of(year, on).parameters))

    if not holds(day):
        return None
    first = day
    turning = _turning(rules, year, decisions) | {date.fromordinal(issued_on)}
    for on in sorted((d for d in turning if d <= day), reverse=True):
        if on.toordinal() < issued_on or not holds(on):
            break
        first = on
    return first


def _turning(rules: Mapping[str, Rule], year: int, decisions: Sequence[_Decision]) -> set[date]:
    """The days on which T7 may begin or end to hold."""
    days = {d for e in decisions for d in (e.on, e.answered_on) if d < NEVER}
    turning = {date.fromordinal(d) for d in days}
    lines = [version.parameters["overdue_workdays"] for version in rules["T7"].versions]
    for returned_on in {date.fromordinal(e.on) for e in decisions if not e.passed}:
        workdays = rules["D3"].of(year, returned_on).parameters["workdays"]
        turning |= {add_workdays(returned_on, workdays + line) for line in lines}
    return turning | {version.valid_from for version in rules["T7"].versions}


def _facts(number: str, decisions: Iterable[_Decision], day: int) -> dict[str, Any]:
    """As trigger_facts.refusal_facts. decisions: in the order in which they count."""
    known = [d for d in decisions if d.on <= day]
    city = [d for d in known if d.rank == 1]
    waiting = [
        d.on
        for d in known
        if not d.passed
        and d.answered_on > day
        and not any(
            (e.rank >= d.rank and e.on > d.on)
            or (e.on == d.on and (e.rank > d.rank or (e.rank == d.rank and e.passed)))
            for e in known
        )
    ]
    return {
        "patch_no": number,
        "district": "",
        "returns": len({d.on for d in city if not d.passed}),
        "returned_now": bool(city) and not city[-1].passed,
        "open_return_on": date.fromordinal(min(waiting)) if waiting else None,
    }


def _answered(about: Sequence[Facts], decisions: Sequence[_Decision]) -> bool:
    """Confirmed as long as the record stands; dismissed until the city returns the patch again."""
    if any(r["kind"] == RecordKind.DEEM.value for r in about):
        return True
    dismissed = [r["recorded_on"] for r in about if r["kind"] == RecordKind.DEEM_DISMISSED.value]
    if not dismissed:
        return False
    last = max(dismissed).toordinal()
    return not any(d.rank == 1 and not d.passed and d.on > last for d in decisions)


def unanswered(found: Iterable[Proposal]) -> dict[int, date]:
    """Patch → since when staff have been asked."""
    return {p.patch_id: p.since for p in found if not p.answered}
