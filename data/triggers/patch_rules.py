"""T6, T7, T12, T13 and T14: rules on single patches, and what staff confirmed of a district."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.periods import add_workdays, correction_due_on, workdays_ago, workdays_between
from data.rules.loader import Rule
from data.rules.triggers import Finding
from data.scope import Scope
from data.store.queries import trigger_facts
from data.store.queries.moments import parcels_then, rechecks_then, refusals_then
from data.vocabulary import RecordKind

#: Rule → what staff must have confirmed.
CONFIRMED = {"T12": RecordKind.FALSE_REPORTING, "T14": RecordKind.WRONG_FILLING}

Facts = Mapping[str, Any]
Rules = Mapping[str, Rule]
#: (district, rule, finding)
Found = tuple[str, str, Finding]


@dataclass(frozen=True, slots=True)
class Question:
    """What a rule on patches is asked. records: as staff_records gives them. ids: of the patches
    to look at; None for all of the scope."""

    conn: Connection
    rules: Rules
    scope: Scope
    year: int
    as_of: date
    records: Sequence[Facts] = ()
    ids: Collection[int] | None = None

    def lines(self, rule_id: str) -> Mapping[str, Any]:
        """The parameters of a rule on the day."""
        return self.rules[rule_id].of(self.year, self.as_of).parameters


#: (patch → district, the rows that the predicate looks at)
Looked = tuple[dict[str | None, str], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class OnPatches:
    """How a rule on patches finds what its predicate looks at.

    now: facts about the patches that may be meant, found by an index. then: facts about given
    patches at each moment at which one of them changed (queries/moments.py), for since when it
    holds. rows: such facts of a day, and the records, as the predicate takes them. turns: days on
    which the rule may begin to hold though nothing happens.
    """

    now: Callable[[Question], Sequence[Facts]]
    then: Callable[[Connection, Scope, int, Collection[int], date], Sequence[Facts]]
    rows: Callable[[Rules, int, date, Sequence[Facts], Sequence[Facts]], Looked]
    turns: Callable[[Rules, int, Sequence[date]], set[date]] = lambda *_: set()


def of_patches(question: Question, wanted: Collection[str]) -> list[Found]:
    """The findings on patches and those that staff confirmed, by rule, then by patch number."""
    found: list[Found] = []
    year, as_of, records = question.year, question.as_of, question.records
    for rule_id, look in LOOKED_AT.items():
        if rule_id not in wanted:
            continue
        rule = question.rules[rule_id]
        districts, rows = look.rows(question.rules, year, as_of, look.now(question), records)
        for finding in rule.predicate(rows, **question.lines(rule_id)):
            found.append((districts[finding.subject], rule_id, finding))
    for rule_id, kind in CONFIRMED.items():
        if rule_id in wanted:
            confirmed = [r for r in records if r["kind"] == kind.value]
            found += _confirmed(question.rules[rule_id], confirmed)
    return found


def _large_or_marked(question: Question) -> Sequence[Facts]:
    lines, ids = question.lines("T6"), question.ids
    marked_ids = {r["patch_id"] for r in _majors(question.records).values()}
    if ids is None:
        ids = trigger_facts.large_patches(
            question.conn, question.year, lines["farmland_mu"], lines["basic_farmland_mu"]
        )
    return trigger_facts.unlawful_parcels(
        question.conn, question.scope, question.year, question.as_of, {*ids, *marked_ids}
    )


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


def _returned(question: Question) -> Sequence[Facts]:
    return trigger_facts.refused_patches(
        question.conn,
        question.scope,
        question.year,
        question.as_of,
        *refusal_lines(question),
        question.ids,
    )


def refusal_lines(question: Question) -> tuple[int, date]:
    """T7: (how many returns are too many, since when a correction has waited too long)."""
    lines, correction = question.lines("T7"), question.rules["D3"]
    least = min(version.parameters["workdays"] for version in correction.versions)
    return lines["returns"], workdays_ago(question.as_of, least + lines["overdue_workdays"])


def _overdue_from(rules: Rules, year: int, moments: Sequence[date]) -> set[date]:
    """Days on which a 退回 of one of the moments would have waited too long (T7)."""
    correction = rules["D3"]
    lines = [version.parameters["overdue_workdays"] for version in rules["T7"].versions]
    return {
        add_workdays(day, correction.of(year, day).parameters["workdays"] + overdue)
        for day in moments
        for overdue in lines
    }


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


def _rechecked(question: Question) -> Sequence[Facts]:
    return trigger_facts.changed_rechecks(
        question.conn, question.scope, question.year, question.as_of, question.ids
    )


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


#: Rule → how what its predicate looks at is found, today and in the past.
LOOKED_AT: dict[str, OnPatches] = {
    "T6": OnPatches(_large_or_marked, parcels_then, major_rows),
    "T7": OnPatches(_returned, refusals_then, refused_rows, _overdue_from),
    "T13": OnPatches(_rechecked, rechecks_then, changed_rows),
}
#: Rules on patches and what staff confirmed; every other trigger judges a district's figures.
PATCH_RULES = (*LOOKED_AT, *CONFIRMED)
