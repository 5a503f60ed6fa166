"""What may follow what (workflow.md §5): the table of law/workflow.toml, shown on /rules, and when
a row of it is met. Pure: the facts come from data/workflow/measure_following.py."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from data.measures.kinds import MeasureKind
from data.measures.states import Standing, State
from data.rules.loader import BASES, LAW_DIR, RuleError
from data.vocabulary import Term

_KEYS = {"before", "after", "only", "when", "basis", "clause"}
_OPTIONAL = {"rules", "needed"}


class When(Term):
    """What must be so before the one may follow the other. `rules` of the row are meant where a
    rule is spoken of; of `ended` the rule that the measure before rests on."""

    ISSUED = "issued", "前一件已经签发"
    OVERDUE = "overdue", "前一件的回复期限已过"
    FAILED = "failed", "前一件的期限已过，所列图斑仍未整改到位"
    ANSWERED = "answered", "前一件已经回复"
    ENDED = "ended", "前一件所依据的条件已经结束，或已经回复"
    OVER = "over", "所列规则不再成立"
    HOLDS = "holds", "所列规则成立"
    EVALUATED = "evaluated", "年度评估已经进行"
    CLOSED = "closed", "前一件已经解除，或由局领导签字"


#: Those that ask whether a rule holds on the day.
ABOUT_RULES = frozenset({When.ENDED, When.OVER, When.HOLDS})


@dataclass(frozen=True, slots=True)
class Follow:
    """only: after what, as a sentence without its full stop. basis: "plan" or "local". needed: the
    paper may not come without the measure before."""

    before: MeasureKind
    after: MeasureKind
    only: str
    when: When
    basis: str
    clause: str
    rules: tuple[str, ...] = ()
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """before: where the measure before stands on the day; rests_on: the rule that it was drafted
    for. held: rules that hold of the subject. unrectified: whether a patch that it names is not
    rectified, or it names none. is_evaluated: the annual evaluation has come, or M1 does not ask
    for it. by_head: nobody but a head can issue the paper, or who acts does not issue."""

    before: Standing
    rests_on: str | None = None
    held: frozenset[str] = frozenset()
    unrectified: bool = True
    is_evaluated: bool = False
    by_head: bool = False


def is_met(row: Follow, facts: Facts) -> bool:
    """Whether the one may follow the other on the day."""
    before = facts.before
    holds = bool(facts.held.intersection(row.rules))
    replied = before.state is State.REPLIED
    released = before.state is State.RELEASED
    late = before.reply_overdue_workdays > 0
    match row.when:
        case When.ISSUED:
            return before.is_out or released
        case When.OVERDUE:
            return late
        case When.FAILED:
            return late and facts.unrectified
        case When.ANSWERED:
            return (replied or released) and (holds or not row.rules)
        case When.ENDED:
            return replied or released or facts.rests_on not in (None, *facts.held)
        case When.OVER:
            return not holds
        case When.HOLDS:
            return holds
        case When.EVALUATED:
            return facts.is_evaluated
        case _:
            return released or facts.by_head


def load_following(path: Path) -> tuple[Follow, ...]:
    """Raises RuleError for an entry that cannot be trusted."""
    with path.open("rb") as file:
        entries = tomllib.load(file).get("follow", [])
    found: list[Follow] = []
    for raw in entries:
        follow = _row(path, raw)
        if any((f.before, f.after) == (follow.before, follow.after) for f in found):
            raise RuleError(f"{path.name}: {follow.before} → {follow.after} stands twice")
        found.append(follow)
    return tuple(found)


def _row(path: Path, raw: dict[str, Any]) -> Follow:
    keys = raw.keys() - _OPTIONAL
    if keys != _KEYS or not all(raw.values()) or raw["basis"] not in BASES:
        raise RuleError(f"{path.name}: a follow is not {', '.join(sorted(_KEYS))}: {raw}")
    try:
        before, after = MeasureKind(raw["before"]), MeasureKind(raw["after"])
        when = When(raw["when"])
    except ValueError as error:
        raise RuleError(f"{path.name}: {error}") from error
    rules = tuple(raw.get("rules", ()))
    if when in (When.OVER, When.HOLDS) and not rules:
        raise RuleError(f"{path.name}: {before} → {after} names no rule")
    needed = bool(raw.get("needed", False))
    return Follow(before, after, raw["only"], when, raw["basis"], raw["clause"], rules, needed)


@cache
def following() -> tuple[Follow, ...]:
    return load_following(LAW_DIR / "workflow.toml")


def may_follow(before: MeasureKind, after: MeasureKind) -> Follow | None:
    return next((f for f in following() if (f.before, f.after) == (before, after)), None)


def followers(before: MeasureKind) -> tuple[Follow, ...]:
    return tuple(f for f in following() if f.before is before)


def preceding(after: MeasureKind) -> tuple[Follow, ...]:
    return tuple(f for f in following() if f.after is after)
