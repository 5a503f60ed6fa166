"""Triggers and measures beside one another: what was already sent for a trigger or why it was left,
what waits for a measure, and which measure's condition has ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from data.measures.kinds import KINDS, MeasureKind, kinds_for
from data.measures.states import State
from data.triggers.current import Trigger
from data.workflow.measure_list import Entry

_GONE = frozenset({State.WITHDRAWN, State.CORRECTED})


def is_about(entry: Entry, trigger: Trigger) -> bool:
    """Whether a measure was drafted for what a trigger says: a rule of its kind, the same subject
    (or a patch that it names), and the same month where both say one."""
    draft = entry.row.draft
    if trigger["rule"] not in (draft.rule, *draft.kind.about.rules):
        return False
    if entry.standing.state is State.DISMISSED and draft.rule != trigger["rule"]:
        return False
    period = str(trigger["period"])
    if draft.period and "-" in period and draft.period != period:
        return False
    subject = str(trigger["subject"])
    return draft.subject == subject or subject in draft.patch_nos


def sent_for(entries: Sequence[Entry], triggers: Sequence[Trigger]) -> list[Entry]:
    """Measures and dismissals about any of the triggers, oldest first."""
    return [
        entry
        for entry in entries
        if entry.standing.state not in _GONE and any(is_about(entry, t) for t in triggers)
    ]


def suggested(rule: str) -> MeasureKind | None:
    """The kind that a rule calls for first: the one that names it first among its own rules."""
    kinds = kinds_for(rule)
    firsts = [kind for kind in kinds if KINDS[kind].rules[0] == rule]
    return next(iter((*firsts, *kinds)), None) if kinds else None


@dataclass(frozen=True, slots=True)
class Release:
    """A measure that is out while its condition no longer holds. by: the paper that ends it."""

    entry: Entry
    by: MeasureKind


def releases(entries: Sequence[Entry], triggers: Collection[Trigger]) -> list[Release]:
    """What may be released: the rule that it rests on no longer holds of its subject. triggers: all
    that hold on the day."""
    held = {(t["rule"], str(t["subject"])) for t in triggers}
    found = []
    for entry in entries:
        draft = entry.row.draft
        by = next((kind for kind, about in KINDS.items() if about.ends is draft.kind), None)
        if by is None or draft.rule is None or not entry.standing.is_out:
            continue
        if (draft.rule, draft.subject) not in held and not _is_drafted(entries, entry, by):
            found.append(Release(entry, by))
    return found


def _is_drafted(entries: Sequence[Entry], ended: Entry, by: MeasureKind) -> bool:
    """Whether the paper that ends it is on its way."""
    return any(
        other.row.kind is by
        and other.row.draft.follows == ended.row.id
        and other.standing.state is not State.WITHDRAWN
        for other in entries
    )
