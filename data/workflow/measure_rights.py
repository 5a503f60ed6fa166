"""Who may take which step of a measure in which state: rights, and nobody two of draft, review and
issue (shared contract workflow.md §5)."""

from __future__ import annotations

from datetime import date
from typing import Any

from data.errors import Forbidden, SupervisionError
from data.measures.states import UNISSUED, Standing, StepKind, standing
from data.periods import format_day
from data.rights import Account, Right
from data.store.queries.measures import MeasureRow
from data.triggers.rulebook import rulebook
from data.workflow.measure_writing import Taking, found_for

_K = StepKind
#: What one of the three does of a measure; nobody else of the three may do it.
_PARTS: dict[Right, frozenset[StepKind]] = {
    Right.DRAFT: frozenset({_K.DRAFT, _K.EDIT, _K.REFRESH, _K.SUBMIT}),
    Right.REVIEW: frozenset({_K.REVIEW}),
    Right.ISSUE: frozenset({_K.ISSUE}),
}

_ANY = (Right.DRAFT, Right.REVIEW, Right.ISSUE)
#: Step → the rights of which one is enough.
NEEDS: dict[StepKind, tuple[Right, ...]] = {
    _K.EDIT: (Right.DRAFT,),
    _K.REFRESH: (Right.DRAFT,),
    _K.SUBMIT: (Right.DRAFT,),
    _K.CORRECT: (Right.DRAFT,),
    _K.RETURN: (Right.REVIEW, Right.ISSUE),
    _K.REVIEW: (Right.REVIEW,),
    _K.ISSUE: (Right.ISSUE,),
    _K.FILE: _ANY,
    _K.DELIVER: (Right.ANSWER, *_ANY),
    _K.EXTEND: (Right.ISSUE,),
    _K.REPLY: (Right.ANSWER,),
    _K.REFUSE: (Right.REVIEW, Right.ISSUE),
    _K.RELEASE: (Right.ISSUE,),
    _K.WITHDRAW: (Right.ISSUE,),
}


def state_of(conn: Any, row: MeasureRow, as_of: date) -> Standing:
    """The state on a day; before its first step, that of its first."""
    limits = rulebook(conn)["M1"]
    found = standing(row.kind, row.steps, as_of, limits)
    found = found or standing(row.kind, row.steps[:1], row.steps[0].on, limits)
    assert found is not None
    return found


def needed(row: MeasureRow, now: Standing, step: StepKind) -> tuple[Right, ...]:
    """The rights of which one is enough for the step: a draft may be dropped by its drafter, the
    answer of another department is noted by the city."""
    if step is _K.WITHDRAW and now.state in UNISSUED:
        return (Right.DRAFT, Right.ISSUE)
    if step is _K.REPLY and not row.kind.about.to_district:
        return (Right.DRAFT, Right.REVIEW)
    return NEEDS[step]


def open_steps(by: Account, row: MeasureRow, now: Standing) -> list[StepKind]:
    """The steps that an account may take of a measure in its state, in the order of NEEDS."""
    return [
        step
        for step in NEEDS
        if now.may(step) and not _against(by, row, now, step) and _taken(by, row, step) is None
    ]


def _against(by: Account, row: MeasureRow, now: Standing, step: StepKind) -> bool:
    """Whether who acts lacks a right for the step."""
    rights = needed(row, now, step)
    if not any(by.may(right) for right in rights):
        return True
    if step is _K.ISSUE and row.kind.about.needs_head and not by.may(Right.SIGN):
        return True
    return by.is_district and step not in (_K.REPLY, _K.DELIVER)


def ready(
    at: Taking, number: int, step: StepKind, refuse: Any = None
) -> tuple[MeasureRow, Standing]:
    """The measure, if who acts has the right, is not another of the three, and the step can be
    taken in its state."""
    if not any(at.by.may(right) for right in (*NEEDS[step], *_SOMETIMES.get(step, ()))):
        at.by.require(NEEDS[step][0])
    row = found_for(at, number)
    if at.by.is_district and step not in (_K.REPLY, _K.DELIVER):
        raise Forbidden("区市账户只能登记送达和回复本区市的措施。")
    now = state_of(at.conn, row, at.day)
    rights = needed(row, now, step)
    if not any(at.by.may(right) for right in rights):
        at.by.require(rights[0])
    if step is _K.ISSUE and row.kind.about.needs_head:
        at.by.require(Right.SIGN)
    prove_state(row, now, step, refuse)
    taken = _taken(at.by, row, step)
    if taken is not None:
        raise Forbidden(
            f"您（{at.by.name}）已对第{row.id}号措施“{taken.label}”，"
            f"同一件措施的起草、复核、签发须由不同的人办理，不能再“{step.label}”。"
        )
    return row, now


#: Rights that `needed` adds in some states.
_SOMETIMES = {_K.WITHDRAW: (Right.DRAFT,), _K.REPLY: (Right.DRAFT, Right.REVIEW)}


def _taken(by: Account, row: MeasureRow, step: StepKind) -> StepKind | None:
    """The step by which who acts already is another of the three of this measure."""
    own = next((right for right, steps in _PARTS.items() if step in steps), None)
    if own is None:
        return None
    others = frozenset().union(*(steps for right, steps in _PARTS.items() if right is not own))
    taken = (StepKind(s.step) for s in row.steps if s.account == by.name)
    return next((step for step in taken if step in others), None)


def prove_state(row: MeasureRow, now: Standing, step: StepKind, refuse: Any = None) -> None:
    if now.may(step):
        return
    special = refuse(now) if refuse is not None else ""
    raise SupervisionError(
        special
        or f"第{row.id}号措施现为“{now.state.label}”（{format_day(now.since)}），"
        f"不能“{step.label}”。请刷新后按当前状态办理。"
    )
