"""A measure's way from draft to release: one function a step (shared contract workflow.md §5).

Each asks for the right and the state, refuses with a sentence, and writes an event; the state of
any day follows from the events (data/measures/states.py). Nobody takes two of draft, review and
issue of one measure. Call all of them inside Store.write().
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from data.documents.composing import checks, compose
from data.documents.editing import MAY_BE_EMPTY
from data.documents.paper import LAYOUT
from data.errors import NotFound, SupervisionError
from data.measures.frozen import Composed, Draft, Remark, digest
from data.measures.kinds import MeasureKind
from data.measures.states import ENDED, Standing, State, StepKind, limit
from data.periods import format_day, is_workday
from data.rights import Right
from data.scope import Scope
from data.store.queries.measures import MeasureRow, frozen, measure, measures
from data.triggers.rulebook import rulebook
from data.workflow.measure_changes import changed_figures, told
from data.workflow.measure_following import order_remarks, prove_pair
from data.workflow.measure_numbers import entered_number, next_number
from data.workflow.measure_rights import prove_state, ready, state_of
from data.workflow.measure_subjects import NewMeasure, resolve
from data.workflow.measure_writing import (
    Attachment,
    Taking,
    content_of,
    found_for,
    text_of,
    write_new,
    write_step,
)
from data.workflow.sessions import prove_code

_K = StepKind


@dataclass(frozen=True, slots=True)
class Drafted:
    """number: of the measure. remarks: what the checks say; where one blocks, it is not submitted
    for review yet."""

    number: int
    remarks: tuple[Remark, ...]
    submitted: bool


@dataclass(frozen=True, slots=True)
class Issued:
    """number: of the paper, None where its figures had changed and it went back to review; said: a
    sentence."""

    number: str | None
    said: str


# ---- before the issue ----------------------------------------------------------------------------


def draft(at: Taking, new: NewMeasure, submit: bool = True) -> Drafted:
    """Freeze the figures and texts of a new paper; submit it for review where nothing blocks it."""
    at.by.require(Right.DRAFT)
    if at.day > at.today:
        raise SupervisionError(f"起草日期{format_day(at.day)}在今天之后，请填写实际日期。")
    if new.as_of > at.today:
        raise SupervisionError(f"基准日{format_day(new.as_of)}还没有到，不能据此起草。")
    asked = resolve(at.conn, new)
    if asked.follows is None and asked.kind.about.ends is not None:
        asked = replace(asked, follows=_latest_out(at, asked, asked.kind.about.ends))
    if asked.follows is not None and measure(at.conn, at.by.scope, asked.follows) is None:
        raise NotFound(f"没有第{asked.follows}号措施，请核对所接续的措施。")
    prove_pair(at, asked)
    made = compose(at.conn, Scope.all(), asked)
    found = remarks(at, asked, made)
    first = {
        "step": _K.DRAFT.value,
        "reason": asked.reason or None,
        "content": content_of(made),
        "digest": digest(made.figures, made.texts),
    }
    ready = submit and not any(remark.blocks for remark in found)
    steps: list[dict[str, Any]] = [first, *([{"step": _K.SUBMIT.value}] if ready else [])]
    return Drafted(write_new(at, asked, steps, made), found, ready)


def dismiss(at: Taking, new: NewMeasure) -> int:
    """Say why a trigger is left without a measure."""
    at.by.require(Right.DRAFT)
    reason = text_of(new.reason, "不处理必须写明理由，请补充后再提交。")
    asked = resolve(at.conn, new)
    step = {"step": _K.DISMISS.value, "reason": reason}
    return write_new(at, asked, [step], Composed(()))


def edit(at: Taking, number: int, texts: Mapping[str, str]) -> None:
    """Change texts of a draft; figures stand in them as `{id}` and are never typed."""
    row, _ = ready(at, number, _K.EDIT)
    now = frozen(at.conn, at.by.scope, row)
    unknown = texts.keys() - (now.texts.keys() - {LAYOUT})
    if unknown:
        raise SupervisionError(
            f"文稿中没有这些段落：{'、'.join(sorted(unknown))}。请刷新页面后重试。"
        )
    cleaned = {
        place: ""
        if place in MAY_BE_EMPTY and not text.strip()
        else text_of(text, "文稿的段落不能为空，请填写。")
        for place, text in texts.items()
    }
    made = Composed(now.figures, {**now.texts, **cleaned})
    write_step(at, row, _K.EDIT, content=content_of(made), digest=digest(made.figures, made.texts))


def refresh(at: Taking, number: int) -> None:
    """Take the figures anew; what somebody changed of the texts stays. It is a draft again."""
    row, _ = ready(at, number, _K.REFRESH)
    write_step(at, row, _K.REFRESH, _anew(at, row))


def submit(at: Taking, number: int) -> tuple[Remark, ...]:
    """→ what the checks remark. Raises SupervisionError with the places where one blocks."""
    row, _ = ready(at, number, _K.SUBMIT)
    found = _prove(at, row, "不能提交审核")
    write_step(at, row, _K.SUBMIT)
    return found


def give_back(at: Taking, number: int, reason: str) -> None:
    """Back to the drafter, by who reviews or issues."""
    row, _ = ready(at, number, _K.RETURN)
    why = text_of(reason, "退回起草必须写明理由，请补充后再提交。")
    write_step(at, row, _K.RETURN, reason=why)


def review(at: Taking, number: int, reason: str | None = None) -> tuple[Remark, ...]:
    row, _ = ready(at, number, _K.REVIEW, refuse=_not_submitted)
    found = _prove(at, row, "不能通过审核")
    changes = changed_figures(at.conn, row)
    if changes:
        raise SupervisionError(
            f"起草后数据已有变化：{told(changes)}。请退回起草人重新取数后再审核。"
        )
    write_step(at, row, _K.REVIEW, reason=(reason or "").strip() or None)
    return found


def issue(
    at: Taking, number: int, due_on: date | None = None, entered: str | None = None
) -> Issued:
    """Give it its number and deadline, and freeze it. entered: a number of the office system.

    Who has one-time codes types one again: raises WrongCode, TooMany. Where a figure is another
    than at the review, it is written down anew, goes back to review, and the sentence says what
    changed.
    """
    row, _ = ready(at, number, _K.ISSUE, refuse=_not_reviewed)
    prove_code(at.conn, at.by, at.code, at.where)
    changes = changed_figures(at.conn, row)
    if changes:
        write_step(at, row, _K.RECALL, _anew(at, row), reason=told(changes))
        return Issued(
            None,
            f"审核之后数据已有变化：{told(changes)}。已按现值重新取数并退回审核，"
            "请审核人复核后再签发。",
        )
    _prove(at, row, "不能签发")
    due = _deadline(at, row, due_on)
    paper = (
        entered_number(at.conn, entered)
        if entered
        else next_number(at.conn, row.kind.about.series, at.day)
    )
    made = frozen(at.conn, at.by.scope, row)
    said = digest(made.figures, made.texts, paper)
    write_step(at, row, _K.ISSUE, number=paper, due_on=due, digest=said)
    _follow_up(at, row, paper)
    return Issued(paper, f"已签发：{paper}。")


# ---- after the issue -----------------------------------------------------------------------------


def deliver(
    at: Taking, number: int, receipt: str | None = None, file: Attachment | None = None
) -> None:
    """receipt: who took it and how."""
    row, _ = ready(at, number, _K.DELIVER)
    write_step(at, row, _K.DELIVER, reason=(receipt or "").strip() or None, **_kept(file))


def extend(
    at: Taking, number: int, due_on: date | None, request: str | None,
    file: Attachment | None = None,
) -> None:  # fmt: skip
    """Once, on a written request, up to the deadline."""
    row, now = ready(at, number, _K.EXTEND)
    asked = text_of(request, "延期须有书面申请：请写明申请单位、日期和理由。")
    if now.due_on is None:
        raise SupervisionError("这件措施没有回复期限，不需要延期。")
    if now.was_extended:
        raise SupervisionError("这件措施已经延期一次，不能再次延期。")
    if at.day > now.due_on:
        raise SupervisionError(
            f"回复期限{format_day(now.due_on)}已过，逾期后不能延期。请催办或另行采取措施。"
        )
    if due_on is None or due_on <= now.due_on:
        raise SupervisionError(f"请填写新的期限，且晚于原期限{format_day(now.due_on)}。")
    _refuse_day_off(due_on)
    write_step(at, row, _K.EXTEND, due_on=due_on, reason=asked, **_kept(file))


def reply(at: Taking, number: int, text: str | None, file: Attachment | None = None) -> None:
    """By the district that it went to; the answer of another department is noted by the city."""
    row, _ = ready(at, number, _K.REPLY, refuse=_closed_or_not_delivered)
    said = text_of(text, "请填写回复内容。")
    write_step(at, row, _K.REPLY, reason=said, **_kept(file))


def refuse(at: Taking, number: int, reason: str | None, due_on: date | None = None) -> None:
    row, _ = ready(at, number, _K.REFUSE)
    why = text_of(reason, "不认可回复必须写明理由，请补充后再提交。")
    due = due_on or limit(rulebook(at.conn)["M1"], "again_workdays", at.day)
    if due <= at.day:
        raise SupervisionError("重新回复的期限应晚于今天，请核对。")
    _refuse_day_off(due)
    write_step(at, row, _K.REFUSE, due_on=due, reason=why)


def release(at: Taking, number: int, reason: str | None, file: Attachment | None = None) -> None:
    """The condition has ended or what was asked for is met; the reason names the paper that says
    so."""
    row, _ = ready(at, number, _K.RELEASE)
    why = text_of(reason, "解除必须写明理由（条件已结束或要求已落实，及所依据的文件）。")
    write_step(at, row, _K.RELEASE, reason=why, **_kept(file))


def withdraw(at: Taking, number: int, reason: str | None) -> None:
    """Drop a draft; or take back an issued paper, whose number stays used."""
    row, _ = ready(at, number, _K.WITHDRAW)
    why = text_of(reason, "撤回必须写明理由，请补充后再提交。")
    write_step(at, row, _K.WITHDRAW, reason=why)


def correct(at: Taking, number: int, reason: str | None) -> Drafted:
    """Draft the paper that corrects an issued one; the old one is corrected when it is issued."""
    at.by.require(Right.DRAFT)
    row = found_for(at, number)
    now = state_of(at.conn, row, at.day)
    prove_state(row, now, _K.CORRECT)
    why = text_of(reason, "更正必须写明理由，请补充后再提交。")
    old = row.draft
    new = NewMeasure(
        old.kind, old.subject, old.year, old.as_of, old.patch_nos,
        f"更正{now.number}：{why}", old.rule, old.period, row.id,
    )  # fmt: skip
    return draft(replace(at, seen=None), new)


# ---- what they share -----------------------------------------------------------------------------


def remarks(at: Taking, asked: Draft, made: Composed) -> tuple[Remark, ...]:
    """What stands against a paper: of its content, and of its place among measures."""
    found = [*checks(at.conn, asked, made), *order_remarks(at, asked)]
    return tuple(sorted(found, key=lambda remark: not remark.blocks))


def _not_submitted(now: Standing) -> str:
    return "这件措施还在起草，请起草人提交审核后再审核。" if now.state is State.DRAFTED else ""


def _not_reviewed(now: Standing) -> str:
    waiting = (State.DRAFTED, State.TO_REVIEW)
    return "这件措施尚未通过审核，不能签发。请先由审核人审核。" if now.state in waiting else ""


def _closed_or_not_delivered(now: Standing) -> str:
    if now.state in ENDED:
        return (
            f"这件措施已于{format_day(now.since)}{now.state.label}，不再接收回复。"
            "如有补充，请向市局书面说明。"
        )
    return "这件措施尚未登记送达，请先登记送达再回复。" if now.state is State.ISSUED else ""


def _prove(at: Taking, row: MeasureRow, what: str) -> tuple[Remark, ...]:
    found = remarks(at, row.draft, frozen(at.conn, at.by.scope, row))
    blocking = [f"{r.place}：{r.sentence}" for r in found if r.blocks]
    if blocking:
        raise SupervisionError(f"检查未通过，{what}。{'；'.join(blocking)}")
    return found


def _anew(at: Taking, row: MeasureRow) -> Composed:
    """The paper composed again, with the texts that somebody changed since it was last."""
    made = compose(at.conn, Scope.all(), row.draft)
    last = max(s.seq for s in row.steps if StepKind(s.step) in (_K.DRAFT, _K.REFRESH, _K.RECALL))
    then, now = (frozen(at.conn, at.by.scope, row, seq).texts for seq in (last, None))
    own = {k: v for k, v in now.items() if k in made.texts and then.get(k) != v}
    return Composed(made.figures, {**made.texts, **own})


def _deadline(at: Taking, row: MeasureRow, given: date | None) -> date | None:
    what = row.kind.about.deadline
    if given is None:
        return limit(rulebook(at.conn)["M1"], what, at.day) if what is not None else None
    if given <= at.day:
        raise SupervisionError(f"期限{format_day(given)}应晚于签发日期，请核对。")
    _refuse_day_off(given)
    return given


def _refuse_day_off(day: date) -> None:
    if not is_workday(day):
        raise SupervisionError(f"期限{format_day(day)}是节假日或休息日，请改为工作日。")


def _latest_out(at: Taking, asked: Draft, kind: MeasureKind) -> int | None:
    """The last measure of a kind on the same subject that is out and open."""
    found = [
        row.id
        for row in measures(at.conn, at.by.scope, kinds=(kind,))
        if row.draft.subject == asked.subject and state_of(at.conn, row, at.day).is_out
    ]
    return found[-1] if found else None


def _follow_up(at: Taking, row: MeasureRow, paper: str) -> None:
    """What the issue of a paper does to the one that it ends or corrects."""
    follows, ends = row.draft.follows, row.kind.about.ends
    if follows is None and ends is not None:  # drafted before that one was out
        follows = _latest_out(at, row.draft, ends)
    if follows is None:
        return
    old = measure(at.conn, at.by.scope, follows)
    if old is None or not state_of(at.conn, old, at.day).is_out:
        return
    if old.kind is row.kind.about.ends:
        write_step(at, old, _K.RELEASE, reason=f"以{paper}《{row.kind.label}》解除")
    elif old.kind is row.kind:
        write_step(at, old, _K.CORRECT, reason=f"以{paper}更正")


def _kept(file: Attachment | None) -> dict[str, Any]:
    if file is None:
        return {}
    return {"file_name": file.name, "file_sha256": file.sha256, "file_path": file.path}
