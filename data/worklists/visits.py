"""Where a field check stands on a day (workflow.md §2), from the checks that were made and the
steps beside them. Pure.

A step speaks of the check that whoever took it knew last: what comes after it, uploaded or entered,
waits for a step of its own, and so does a check that was corrected after it was confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from data.store.queries.check_steps import CheckMade, StepTaken, seen_as
from data.vocabulary import CheckStepKind, Term


class VisitState(Term):
    DUE = "due", "应查"
    ASSIGNED = "assigned", "已派"
    CHECKED = "checked", "已查"
    AGAIN = "again", "补充"
    DONE = "done", "完成"
    EXEMPT = "exempt", "免查"


_AFTER = {
    CheckStepKind.ASSIGN: VisitState.ASSIGNED,
    CheckStepKind.CONFIRM: VisitState.DONE,
    CheckStepKind.SEND_BACK: VisitState.AGAIN,
    CheckStepKind.EXEMPT: VisitState.EXEMPT,
}
#: What waits for somebody.
WAITING = (VisitState.DUE, VisitState.ASSIGNED, VisitState.CHECKED, VisitState.AGAIN)
#: (what waits, since when) → the last day for it.
StepDue = Callable[[str, date], date]


@dataclass(frozen=True, slots=True)
class Visit:
    """due_on: of the next step. team: who is sent, or was. check: the last one. step: the last one
    that speaks of it. seen: how it stands, to notice that somebody else went on meanwhile."""

    state: VisitState
    due_on: date | None
    overdue: bool
    team: tuple[str, ...]
    check: CheckMade | None
    step: StepTaken | None
    seen: str


def visit(
    made: Sequence[CheckMade],
    steps: Sequence[StepTaken],
    since: date | None,
    tracking_due_on: date | None,
    as_of: date,
    due: StepDue,
) -> Visit:
    """made, steps: by the day, oldest first. since: the day from which the check is asked for,
    where it is known. tracking_due_on: when the county looks again."""
    check = made[-1] if made else None
    known = check.batch if check else 0
    own = [s for s in steps if s.known_batch == known]
    last = own[-1] if own else None
    state = _AFTER[last.step] if last else (VisitState.CHECKED if check else VisitState.DUE)
    looks_again = state is VisitState.DONE and tracking_due_on is not None
    if looks_again and tracking_due_on is not None and as_of >= tracking_due_on:
        state = VisitState.DUE
    until: date | None = None
    if looks_again:
        until = tracking_due_on
    elif state is VisitState.DUE:
        until = due("assign", since) if since else None
    elif state is VisitState.CHECKED and check is not None:
        until = due("confirm", check.checked_on)
    elif last is not None and state is VisitState.AGAIN:
        until = due("again", last.on)
    elif last is not None and state is VisitState.ASSIGNED:
        until = last.due_on
    sent = next((s.team for s in reversed(steps) if s.step is CheckStepKind.ASSIGN), ())
    return Visit(
        state,
        until,
        state in WAITING and until is not None and as_of > until,
        sent,
        check,
        last,
        seen_as(made, steps),
    )
