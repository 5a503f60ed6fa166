"""What rules find on patches, told by the first few: the gravest of each district, and how many.

A page shows a handful of what a large city has thousands of. Patches that a rule weighs alike are
told apart by their number only, so that the first of them speak for all (first_patches.py of the
store's queries); which hold, and how grave they are, the rules themselves say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from data.rules.loader import Rule
from data.rules.triggers import weight_of
from data.store.queries.first_patches import First, first_changed, first_large, first_refused
from data.triggers.patch_rules import (
    PATCH_RULES,
    Found,
    Question,
    of_patches,
    refusal_lines,
)
from data.vocabulary import RecordKind

Facts = Mapping[str, Any]
Rules = Mapping[str, Rule]


@dataclass(frozen=True, slots=True)
class Group:
    """What one rule finds on the patches of one district. found: those that are told, by number.
    ids: number → id of these. count: how many there are, 0 where all are told one by one. notes:
    what these note, the gravest first, each once."""

    found: tuple[Found, ...]
    count: int
    notes: tuple[str, ...]
    ids: Mapping[str, int] = field(default_factory=dict)


def first_of_patches(
    question: Question, wanted: Collection[str], most: int, also: Mapping[str, int] | None = None
) -> list[Group]:
    """The findings of patch_rules.of_patches in groups, in the same order.

    most: how many of a group are told, the gravest. also: number → id of patches that are told
    whatever their weight, where the rule finds them. A rule whose first patches nobody finds yet
    (_FIRST) is told whole.
    """
    groups: list[Group] = []
    for rule_id in PATCH_RULES:
        if rule_id not in wanted:
            continue
        if rule_id in _FIRST:
            groups += _groups(question, rule_id, most, also or {})
        else:
            groups += [Group((one,), 0, ()) for one in of_patches(question, (rule_id,))]
    return groups


def _told_of(question: Question, kind: RecordKind | None) -> dict[str, int]:
    """Number → id of the patches that records of a kind are about."""
    return {
        r["patch_no"]: r["patch_id"]
        for r in question.records
        if kind is not None and r["kind"] == kind.value and r["patch_no"] is not None
    }


def _majors(question: Question, apart: Collection[int], most: int) -> list[First]:
    lines, q = question.lines("T6"), question
    sizes = lines["farmland_mu"], lines["basic_farmland_mu"]
    return first_large(q.conn, q.scope, q.year, q.as_of, *sizes, apart, most)


def _refused(question: Question, apart: Collection[int], most: int) -> list[First]:
    q = question
    return first_refused(q.conn, q.scope, q.year, q.as_of, *refusal_lines(q), apart, most)


def _changed(question: Question, _apart: Collection[int], most: int) -> list[First]:
    return first_changed(question.conn, question.scope, question.year, question.as_of, most)


#: Rule → how the first of its classes are found, and the records whose patches stand in none: they
#: are judged, or noted, otherwise.
_FIRST = {
    "T6": (_majors, RecordKind.MAJOR),
    "T7": (_refused, RecordKind.DEEM),
    "T13": (_changed, None),
}


def _groups(question: Question, rule_id: str, most: int, also: Mapping[str, int]) -> list[Group]:
    """also: number → id."""
    find, kind = _FIRST[rule_id]
    apart = _told_of(question, kind)
    first = find(question, apart.values(), most)
    ids = {*(one.patch_id for one in first), *apart.values(), *also.values()}
    if not ids:
        return []
    found = of_patches(replace(question, ids=ids), (rule_id,))
    known = {one.patch_no: one.patch_id for one in first} | {**apart, **also}
    of_class = {one.patch_no: one for one in first}
    by_district: dict[str, list[Found]] = {}
    for one in found:
        by_district.setdefault(one[0], []).append(one)
    groups = []
    for own in by_district.values():
        numbers = [str(finding.subject) for _, _, finding in own]
        counts = {
            of_class[no].kind: of_class[no].number for no in numbers if no in of_class
        }  # of a class once, whoever of it is here
        single = sum(
            1 for no in numbers if no in apart or (no in of_class and not of_class[no].number)
        )
        speaking = [one for one in own if one[2].subject in of_class or one[2].subject in apart]
        ordered = sorted(speaking, key=lambda one: weight_of(one[2]), reverse=True)
        told = {one[2].subject for one in ordered[:most]} | set(also)
        notes = dict.fromkeys(one[2].note for one in ordered if one[2].note)
        kept = tuple(one for one in own if one[2].subject in told)
        groups.append(Group(kept, sum(counts.values()) + single, tuple(notes), known))
    return groups
