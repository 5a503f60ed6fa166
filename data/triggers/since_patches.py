"""Since when triggers on patches hold, for all of them in a few statements."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.scope import Scope
from data.store.queries.moments import days_of, patch_ids
from data.triggers.patch_rules import LOOKED_AT
from data.triggers.rulebook import Rulebook
from data.vocabulary import RecordKind

Facts = Mapping[str, Any]


def patches_since(
    conn: Connection,
    rules: Rulebook,
    scope: Scope,
    year: int,
    as_of: date,
    records: Sequence[Facts],
    numbers: Mapping[str, Collection[str]],
    known: Mapping[str, int],
) -> dict[tuple[str, str], date]:
    """(rule, patch) → the first day of the run of a rule of LOOKED_AT that holds on as_of.

    records: all of the year, withdrawn ones too. numbers: rule → the patches asked for.
    known: the ids of those that are at hand.
    """
    unknown = {number for own in numbers.values() for number in own} - known.keys()
    ids = {**known, **(patch_ids(conn, year, unknown) if unknown else {})}
    days = days_of(conn, ids.values(), as_of)
    of_patch: dict[str, list[Facts]] = {}
    for record in records:
        of_patch.setdefault(record["patch_no"], []).append(record)
    begun: dict[tuple[str, str], date] = {}
    for rule_id, wanted in numbers.items():
        own_ids = {number: ids[number] for number in wanted if number in ids}
        runs = _begun(conn, rules, scope, year, as_of, rule_id, own_ids, days, of_patch)
        begun |= {(rule_id, number): day for number, day in runs.items()}
    return begun


def _begun(
    conn: Connection,
    rules: Rulebook,
    scope: Scope,
    year: int,
    as_of: date,
    rule_id: str,
    ids: Mapping[str, int],
    days: Mapping[int, Sequence[date]],
    records: Mapping[str, Sequence[Facts]],
) -> dict[str, date]:
    """ids: of the patches by number. days: the moments of a patch, records: of its number."""
    look, rule = LOOKED_AT[rule_id], rules[rule_id]
    facts: dict[tuple[int, date], list[Facts]] = {}
    for fact in look.then(conn, scope, year, ids.values(), as_of):
        facts.setdefault((fact["patch_id"], fact["day"]), []).append(fact)
    begun: dict[str, date] = {}
    for number, patch_id in ids.items():
        own = records.get(number, [])
        moments = days.get(patch_id, [])

        def holds(
            day: date,
            moments: Sequence[date] = moments,
            own: Sequence[Facts] = own,
            patch_id: int = patch_id,
        ) -> bool:
            at = bisect_right(moments, day)
            seen = facts.get((patch_id, moments[at - 1]), []) if at else []
            marks = [r for r in own if stood(r, day)]
            _, rows = look.rows(rules, year, day, seen, marks)
            return bool(rule.predicate(rows, **rule.of(year, day).parameters))

        versions = {version.valid_from for version in rule.versions}
        turns = look.turns(rules, year, moments)
        turning = {*moments, *_days_of_records(own), *versions, *turns}
        begun[number] = _run_back(turning, as_of, holds)
    return begun


def confirmed_since(
    records: Sequence[Facts], kind: RecordKind, subjects: Collection[str], as_of: date
) -> dict[str, date]:
    """Patch or district → the first day of the run of T12 or T14 that holds on as_of."""
    begun: dict[str, date] = {}
    for subject in subjects:
        own = [
            r
            for r in records
            if r["kind"] == kind.value and (r["patch_no"] or r["district"]) == subject
        ]
        begun[subject] = _run_back(
            _days_of_records(own),
            as_of,
            lambda day, own=own: any(stood(r, day) for r in own),  # type: ignore[misc]
        )
    return begun


def stood(record: Facts, day: date) -> bool:
    """Whether a staff record stood at the end of the day."""
    withdrawn_on = record["withdrawn_on"]
    return record["recorded_on"] <= day and (withdrawn_on is None or withdrawn_on > day)


def _days_of_records(records: Sequence[Facts]) -> set[date]:
    days = {day for r in records for day in (r["recorded_on"], r["withdrawn_on"])}
    return days - {None}


def _run_back(days: Collection[date], as_of: date, holds: Callable[[date], bool]) -> date:
    """The first of the days at the end of which it holds, and at all later ones up to as_of."""
    first = as_of
    for day in sorted((d for d in days if d <= as_of), reverse=True):
        if not holds(day):
            break
        first = day
    return first
