"""T6, T7, T12, T13 and T14: rules on single patches, and what staff confirmed of a district."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.periods import correction_due_on, workdays_ago, workdays_between
from data.rules.loader import Rule
from data.rules.triggers import Finding
from data.scope import Scope
from data.store.queries import trigger_facts
from data.vocabulary import RecordKind

#: Rule → what staff must have confirmed.
CONFIRMED = {"T12": RecordKind.FALSE_REPORTING, "T14": RecordKind.WRONG_FILLING}

Facts = Mapping[str, Any]
Rules = Mapping[str, Rule]
#: (district, rule, finding)
Found = tuple[str, str, Finding]


def of_patches(
    conn: Connection,
    rules: Rules,
    scope: Scope,
    year: int,
    as_of: date,
    records: Sequence[Facts],
    wanted: Collection[str],
    ids: Collection[int] | None = None,
) -> list[Found]:
    """The findings on patches and those that staff confirmed, by rule, then by patch number.

    records: as staff_records gives them. ids: look at these patches only.
    """
    found: list[Found] = []
    for rule_id, facts in _LOOKED_AT.items():
        if rule_id not in wanted:
            continue
        rule = rules[rule_id]
        districts, rows = facts(conn, rules, scope, year, as_of, records, ids)
        for finding in rule.predicate(rows, **rule.of(year, as_of).parameters):
            found.append((districts[finding.subject], rule_id, finding))
    for rule_id, kind in CONFIRMED.items():
        if rule_id in wanted:
            found += _confirmed(rules[rule_id], [r for r in records if r["kind"] == kind.value])
    return found


#: (patch → district, the rows that the predicate looks at)
Looked = tuple[dict[str | None, str], list[dict[str, Any]]]


def _major(
    conn: Connection,
    rules: Rules,
    scope: Scope,
    year: int,
    as_of: date,
    records: Sequence[Facts],
    ids: Collection[int] | None,
) -> Looked:
    lines = rules["T6"].of(year, as_of).parameters
    marked_ids = {r["patch_id"] for r in _majors(records).values()}
    if ids is None:
        ids = trigger_facts.large_patches(
            conn, year, lines["farmland_mu"], lines["basic_farmland_mu"]
        )
    parcels = trigger_facts.unlawful_parcels(conn, scope, year, as_of, {*ids, *marked_ids})
    return major_rows(rules, year, as_of, parcels, records)


def _majors(records: Sequence[Facts]) -> dict[str, Facts]:
    return {
        r["patch_no"]: r
        for r in records
        if r["kind"] == RecordKind.MAJOR.value and r["patch_no"] is not None
    }


def major_rows(
    rules: Rules, year: int, as_of: date, parcels: Sequence[Facts], records: Sequence[Facts]
) -> Looked:
    """T6. parcels: as trigger_facts.unlawful_parcels gives them."""
    marks = _majors(records)
    by_patch: dict[str, list[Facts]] = {}
    for parcel in parcels:
        by_patch.setdefault(parcel["patch_no"], []).append(parcel)
    districts: dict[str | None, str] = {r["patch_no"]: r["district"] for r in marks.values()}
    rows = []
    for patch_no in sorted({*by_patch, *marks}):
        own = by_patch.get(patch_no, [])
        counted = [p for p in own if p["counted"]]
        mark = marks.get(patch_no)
        # ends when rectified; a patch marked before anybody judged it is open
        open_ = any(not p["rectified"] for p in (own if mark else counted)) or not own
        districts.update({p["patch_no"]: p["district"] for p in own})
        rows.append(
            {
                "patch_no": patch_no,
                "farmland_mu": sum(p["farmland_mu"] for p in counted),
                "basic_farmland_mu": sum(p["basic_farmland_mu"] for p in counted),
                "open": open_,
                "marked": mark["reason"] if mark else "",
            }
        )
    return districts, rows


def _refused(
    conn: Connection,
    rules: Rules,
    scope: Scope,
    year: int,
    as_of: date,
    records: Sequence[Facts],
    ids: Collection[int] | None,
) -> Looked:
    lines, correction = rules["T7"].of(year, as_of).parameters, rules["D3"]
    least = min(version.parameters["workdays"] for version in correction.versions)
    open_since = workdays_ago(as_of, least + lines["overdue_workdays"])
    found = trigger_facts.refused_patches(
        conn, scope, year, as_of, lines["returns"], open_since, ids
    )
    return refused_rows(rules, year, as_of, found, records)


def refused_rows(
    rules: Rules, year: int, as_of: date, patches: Sequence[Facts], records: Sequence[Facts]
) -> Looked:
    """T7. patches: as trigger_facts.refused_patches gives them."""
    correction = rules["D3"]
    confirmed = {r["patch_no"]: r["reason"] for r in records if r["kind"] == RecordKind.DEEM.value}
    overdue: dict[date, int] = {}  # few days, many patches
    districts: dict[str | None, str] = {}
    rows = []
    for patch in sorted(patches, key=lambda p: str(p["patch_no"])):
        day = patch["open_return_on"]
        if day is not None and day not in overdue:
            due = correction_due_on(day, correction.of(year, day).parameters["workdays"])
            overdue[day] = workdays_between(due, as_of)
        districts[patch["patch_no"]] = patch["district"]
        rows.append(
            {
                "patch_no": patch["patch_no"],
                "returns": patch["returns"] if patch["returned_now"] else 0,
                "overdue_workdays": overdue[day] if day is not None else 0,
                "confirmed": confirmed.get(patch["patch_no"], ""),
            }
        )
    return districts, rows


def _changed(
    conn: Connection,
    rules: Rules,
    scope: Scope,
    year: int,
    as_of: date,
    records: Sequence[Facts],
    ids: Collection[int] | None,
) -> Looked:
    facts = trigger_facts.changed_rechecks(conn, scope, year, as_of, ids)
    return changed_rows(rules, year, as_of, facts, records)


def changed_rows(
    rules: Rules, year: int, as_of: date, patches: Sequence[Facts], records: Sequence[Facts]
) -> Looked:
    """T13. patches: as trigger_facts.changed_rechecks gives them."""
    return {row["patch_no"]: row["district"] for row in patches}, [dict(row) for row in patches]


def _confirmed(rule: Rule, records: Sequence[Facts]) -> list[Found]:
    found: list[Found] = []
    for district in dict.fromkeys(r["district"] for r in records):
        own = [r for r in records if r["district"] == district]
        found += [(district, rule.id, finding) for finding in rule.predicate(own)]
    return found


#: Rule → how what its predicate looks at is found.
_LOOKED_AT = {"T6": _major, "T7": _refused, "T13": _changed}
#: Rules on patches and what staff confirmed; every other trigger judges a district's figures.
PATCH_RULES = (*_LOOKED_AT, *CONFIRMED)
