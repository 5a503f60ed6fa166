"""In which state a measure is on a day: it follows from its steps and is kept nowhere
(shared contract workflow.md §5). Pure: no SQL, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from data.measures.kinds import MeasureKind
from data.periods import workdays_between
from data.rules.loader import Rule
from data.vocabulary import Term


class StepKind(Term):
    """What can happen to a measure."""

    DISMISS = "dismiss", "不处理"
    DRAFT = "draft", "起草"
    EDIT = "edit", "修改文稿"
    REFRESH = "refresh", "重新取数"
    SUBMIT = "submit", "提交审核"
    RETURN = "return", "退回起草"
    REVIEW = "review", "审核"
    RECALL = "recall", "数据变化退回审核"
    ISSUE = "issue", "签发"
    FILE = "file", "上传正式件"
    DELIVER = "deliver", "送达"
    EXTEND = "extend", "延期"
    REPLY = "reply", "回复"
    REFUSE = "refuse", "不认可"
    RELEASE = "release", "解除"
    WITHDRAW = "withdraw", "撤回"
    CORRECT = "correct", "更正"


class State(Term):
    DISMISSED = "dismissed", "不处理"
    DRAFTED = "drafted", "起草"
    TO_REVIEW = "to_review", "待审核"
    TO_ISSUE = "to_issue", "待签发"
    ISSUED = "issued", "已发"
    DELIVERED = "delivered", "已送达"
    EXTENDED = "extended", "已延期"
    REPLIED = "replied", "已回复"
    REFUSED = "refused", "不认可"
    RELEASED = "released", "已解除"
    WITHDRAWN = "withdrawn", "撤回"
    CORRECTED = "corrected", "更正"


_S, _K = State, StepKind
#: Step → the state that it leads to; steps that are not here leave the state as it is.
LEADS_TO: dict[StepKind, State] = {
    _K.DISMISS: _S.DISMISSED,
    _K.DRAFT: _S.DRAFTED,
    _K.REFRESH: _S.DRAFTED,
    _K.SUBMIT: _S.TO_REVIEW,
    _K.RETURN: _S.DRAFTED,
    _K.REVIEW: _S.TO_ISSUE,
    _K.RECALL: _S.TO_REVIEW,
    _K.ISSUE: _S.ISSUED,
    _K.DELIVER: _S.DELIVERED,
    _K.EXTEND: _S.EXTENDED,
    _K.REPLY: _S.REPLIED,
    _K.REFUSE: _S.REFUSED,
    _K.RELEASE: _S.RELEASED,
    _K.WITHDRAW: _S.WITHDRAWN,
    _K.CORRECT: _S.CORRECTED,
}
UNISSUED = frozenset({_S.DRAFTED, _S.TO_REVIEW, _S.TO_ISSUE})
OUT = frozenset({_S.ISSUED, _S.DELIVERED, _S.EXTENDED, _S.REPLIED, _S.REFUSED})
#: Nothing follows.
ENDED = frozenset({_S.DISMISSED, _S.RELEASED, _S.WITHDRAWN, _S.CORRECTED})
#: Step → the states in which it can be taken.
TAKEN_IN: dict[StepKind, frozenset[State]] = {
    _K.EDIT: frozenset({_S.DRAFTED}),
    _K.REFRESH: UNISSUED,
    _K.SUBMIT: frozenset({_S.DRAFTED}),
    _K.RETURN: frozenset({_S.TO_REVIEW, _S.TO_ISSUE}),
    _K.REVIEW: frozenset({_S.TO_REVIEW}),
    _K.RECALL: frozenset({_S.TO_ISSUE}),
    _K.ISSUE: frozenset({_S.TO_ISSUE}),
    _K.FILE: OUT | {_S.RELEASED},
    _K.DELIVER: frozenset({_S.ISSUED}),
    _K.EXTEND: frozenset({_S.DELIVERED, _S.REFUSED}),
    _K.REPLY: frozenset({_S.DELIVERED, _S.EXTENDED, _S.REFUSED}),
    _K.REFUSE: frozenset({_S.REPLIED}),
    _K.RELEASE: OUT,
    _K.WITHDRAW: UNISSUED | OUT,
    _K.CORRECT: OUT,
}
#: State → the parameter of M1 that says by when the next step is due, and who takes it.
_WAITS: dict[State, tuple[str, str]] = {
    _S.TO_REVIEW: ("review_workdays", "审核人"),
    _S.TO_ISSUE: ("issue_workdays", "签发人"),
    _S.ISSUED: ("delivery_workdays", "送达登记"),
    _S.REPLIED: ("judge_workdays", "市局认定"),
}
_REPLY_OPEN = frozenset({_S.DELIVERED, _S.EXTENDED, _S.REFUSED})


class StepTaken(Protocol):
    """data/store/queries/measures.Step, as far as the state needs it."""

    @property
    def step(self) -> str: ...
    @property
    def on(self) -> date: ...
    @property
    def due_on(self) -> date | None: ...
    @property
    def number(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """What a measure is on a day.

    since: day of the step that led there. due_on: the reply's deadline in force, None before the
    issue and where no reply is asked for. waits_for: who moves it next, empty where nobody has to;
    waits_until: by when. overdue_workdays: of the step that is waited for, 0 for none;
    reply_overdue_workdays: of the reply, delivered or not.
    """

    state: State
    since: date
    number: str | None = None
    issued_on: date | None = None
    due_on: date | None = None
    waits_for: str = ""
    waits_until: date | None = None
    overdue_workdays: int = 0
    reply_overdue_workdays: int = 0
    was_extended: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody has to do something yet."""
        return self.state not in ENDED

    @property
    def is_out(self) -> bool:
        return self.state in OUT

    def may(self, step: StepKind) -> bool:
        return self.state in TAKEN_IN.get(step, frozenset())


def standing(
    kind: MeasureKind, steps: Sequence[StepTaken], as_of: date, limits: Rule
) -> Standing | None:
    """The state on the day by the steps dated on it or before; None before the first. limits: the
    rule M1 as it stands in the store."""
    state: State | None = None
    since = issued_on = due_on = None
    number = None
    extended = False
    for taken in steps:
        if taken.on > as_of:
            break
        step = StepKind(taken.step)
        if step in LEADS_TO:
            state, since = LEADS_TO[step], taken.on
        if step is StepKind.ISSUE:
            number, issued_on, due_on = taken.number, taken.on, taken.due_on
        elif step in (StepKind.EXTEND, StepKind.REFUSE):
            due_on = taken.due_on
            extended = extended or step is StepKind.EXTEND
    if state is None or since is None:
        return None
    who, until = _waiting(kind, state, since, due_on, limits)
    reply = due_on if state in (State.ISSUED, *_REPLY_OPEN) else None
    return Standing(
        state,
        since,
        number,
        issued_on,
        due_on,
        who,
        until,
        _past(until, as_of),
        _past(reply, as_of),
        extended,
    )


def _past(until: date | None, as_of: date) -> int:
    """Workdays after the last day, up to the day."""
    return workdays_between(until, as_of) if until is not None and as_of > until else 0


def _waiting(
    kind: MeasureKind, state: State, since: date, due_on: date | None, limits: Rule
) -> tuple[str, date | None]:
    if state in _WAITS:
        what, who = _WAITS[state]
        return who, limit(limits, what, since)
    if state in _REPLY_OPEN and due_on is not None:
        return kind.about.answered_by, due_on
    return {State.DRAFTED: "起草人"}.get(state, ""), None


def limit(limits: Rule, what: str, start: date) -> date:
    """The last day for `what`, a parameter of M1, by the version in force on the day it starts."""
    found: date = limits.predicate(what, start, **limits.on(start).parameters)
    return found
