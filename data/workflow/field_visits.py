"""Field checks in the product (workflow.md §2): a team is sent, enters what it found, and another
confirms it or sends it back. One function a step; each takes many patches, all or none, refuses
with a sentence and writes nothing then. Results are the same rows as uploaded ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select, tuple_

from data.errors import SupervisionError
from data.periods import format_day
from data.store.models import FieldCheck, Patch
from data.store.queries.check_steps import JOINER
from data.store.queries.photographs import photographs
from data.vocabulary import CheckFinding, CheckStepKind, RecordKind, UploadKind
from data.workflow.entries import enter_rows
from data.workflow.field_visit_writing import (
    LONGEST,
    Acting,
    Elsewhere,
    Pick,
    chosen_tasks,
    names_of,
    patches_of,
    prove_inspector,
    prove_reason,
    prove_reviewer,
    prove_state,
    take,
    team_of,
    what_of,
)
from data.workflow.records import NewRecord, add_record
from data.worklists.checks import CheckTask
from data.worklists.ledger import LedgerState, ledger
from data.worklists.visits import VisitState

_S = VisitState
#: So many patches are named in a sentence.
_NAMED = 4


def assign(acting: Acting, picks: Sequence[Pick], team: str, due_on: date | None) -> int:
    """Send a team of at least two by a day (None: as late as each may be). How many."""
    people = team_of(team)
    if due_on is not None and due_on < acting.today:
        raise SupervisionError(f"核查期限{format_day(due_on)}已过，请填今天或以后的日期。")
    rows = []
    for task in chosen_tasks(acting, picks, "派组"):
        prove_inspector(acting.account, task.level, "派组")
        prove_state(task, (_S.DUE, _S.AGAIN, _S.EXEMPT), "派组")
        if due_on is not None and due_on > task.check_by:
            raise SupervisionError(
                f"图斑{task.patch_no}最迟应于{format_day(task.check_by)}前核查，"
                f"期限不能定在{format_day(due_on)}。请改早，或留空按最迟日期。"
            )
        rows.append({"task": task, "team": JOINER.join(people), "due_on": due_on or task.check_by})
    return take(acting, CheckStepKind.ASSIGN, rows)


def record_results(
    acting: Acting,
    picks: Sequence[Pick],
    finding: CheckFinding,
    on: date,
    team: str = "",
    note: str = "",
) -> int:
    """Enter what a team found (team empty: who was sent). How many."""
    if on > acting.today:
        raise SupervisionError(f"核查日期{format_day(on)}在今天之后，请填写实际核查的日期。")
    people = team_of(team) if team.strip() else ()
    if len(note) > LONGEST:
        raise SupervisionError(f"核查情况最多{LONGEST}字，请精简。")
    chosen = chosen_tasks(acting, picks, "录入核查结果")
    patches = patches_of(acting, chosen)
    rows = []
    for task in chosen:
        prove_inspector(acting.account, task.level, "录入核查结果")
        prove_state(task, (_S.ASSIGNED, _S.AGAIN), "录入核查结果")
        patch_id, issued_on = patches[task.patch_no]
        if on < issued_on:
            raise SupervisionError(
                f"图斑{task.patch_no}{format_day(issued_on)}才下发，核查日期不能更早。请核对日期。"
            )
        last = task.visit.check
        if last is not None and on < last.checked_on:
            raise SupervisionError(
                f"图斑{task.patch_no}{format_day(last.checked_on)}已有核查结果，"
                "再次核查的日期不能更早。请核对日期。"
            )
        who = JOINER.join(people or task.visit.team)
        rows.append(
            {
                "patch_id": patch_id, "level": task.level.value, "checked_on": on,
                "checked_by": who, "finding": finding.value, "note": note.strip() or None,
            }
        )  # fmt: skip
    _prove_new(acting.conn, rows)
    enter_rows(
        acting.conn,
        [(FieldCheck, rows)],
        kind=UploadKind.CHECKS.value,
        what=what_of("外业核查结果", chosen),
        who=acting.account.name,
        where=acting.where,
        year=acting.year,
    )
    return len(rows)


def confirm(acting: Acting, picks: Sequence[Pick], reason: str = "") -> int:
    """Confirm what was found; by who neither checked nor entered it. Photographs without place or
    time are accepted with a reason, under the reviewer's name. How many."""
    if not reason.strip():
        _prove_photographs(acting, picks)
    count, tasks = _judge(acting, picks, CheckStepKind.CONFIRM, reason)
    to_rectify = [t for t in tasks if _found(t) is CheckFinding.TO_RECTIFY]
    if to_rectify:
        _reopen(acting, to_rectify)
    return count


def send_back(acting: Acting, picks: Sequence[Pick], reason: str) -> int:
    """What proves a finding is not enough: it is checked again. How many."""
    prove_reason(reason, "退回补充")
    return _judge(acting, picks, CheckStepKind.SEND_BACK, reason)[0]


def exempt(acting: Acting, picks: Sequence[Pick], reason: str, elsewhere: Elsewhere) -> int:
    """Nobody need visit ground of which there is evidence elsewhere. How many."""
    prove_reviewer(acting.account, "免查")
    prove_reason(reason, "免查")
    if not elsewhere.source.strip() or not elsewhere.number.strip() or elsewhere.on is None:
        raise SupervisionError("免查必须写明已有举证的专项或图层、编号和日期，请补齐。")
    if elsewhere.on > acting.today:
        raise SupervisionError("举证日期在今天之后，请核对。")
    rows = []
    for task in chosen_tasks(acting, picks, "免查"):
        prove_state(task, (_S.DUE, _S.ASSIGNED), "免查")
        rows.append(
            {
                "task": task,
                "reason": reason.strip(),
                "source": elsewhere.source.strip()[:64],
                "source_no": elsewhere.number.strip()[:64],
                "source_on": elsewhere.on,
            }
        )
    return take(acting, CheckStepKind.EXEMPT, rows)


def _judge(
    acting: Acting, picks: Sequence[Pick], step: CheckStepKind, reason: str
) -> tuple[int, list[CheckTask]]:
    prove_reviewer(acting.account, step.label)
    if len(reason) > LONGEST:
        raise SupervisionError(f"理由最多{LONGEST}字，请精简。")
    rows = []
    chosen = chosen_tasks(acting, picks, step.label)
    for task in chosen:
        prove_state(task, (_S.CHECKED,), step.label)
        check = task.visit.check
        if check is None or not task.to_confirm:
            raise SupervisionError(f"图斑{task.patch_no}的结果已认定，等待出具证明。请刷新页面。")
        if acting.account.name in (check.entered_by, *names_of(check.checked_by)):
            raise SupervisionError(
                f"图斑{task.patch_no}的结果由您核查或录入，{step.label}须由另一人办理。"
            )
        rows.append(
            {
                "task": task,
                "finding": check.finding.value,
                "checked_on": check.checked_on,
                "reason": reason.strip() or None,
            }
        )
    return take(acting, step, rows), chosen


def _prove_photographs(acting: Acting, picks: Sequence[Pick]) -> None:
    places = {(pick.patch_no, pick.level) for pick in picks}
    bare = [
        photo
        for photo in photographs(acting.conn, acting.account.scope, acting.today)
        if photo.year == acting.year and photo.place in places and photo.is_bare
    ]
    if bare:
        numbers = "、".join(dict.fromkeys(photo.patch_no for photo in bare[:_NAMED]))
        raise SupervisionError(
            f"图斑{numbers}有{len(bare)}张照片没有拍摄位置或时间，没有认定。请看过照片，写明接受的理由"
            "再认定；或退回补充，请核查人补传相机的坐标表。"
        )


def _found(task: CheckTask) -> CheckFinding | None:
    return task.visit.check.finding if task.visit.check else None


def _reopen(acting: Acting, tasks: Sequence[CheckTask]) -> None:
    """需整改 of what the ledger has as rectified: it stands there again from today."""
    found = {t.patch_no: t for t in tasks}
    for item in ledger(acting.conn, acting.account.scope, acting.today).items:
        task = found.get(item.patch_no)
        if item.year != acting.year or task is None or item.state is LedgerState.OPEN:
            continue
        check = task.visit.check
        day = format_day(check.checked_on) if check else ""
        new = NewRecord(
            RecordKind.CHECK_REOPENED,
            item.year,
            item.patch_no,
            acting.today,
            f"{day}{task.level.label}外业核查需整改",
            about=str(item.parcel_no),
        )
        add_record(acting.conn, acting.account, new, acting.today, acting.where)


def _prove_new(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    f = FieldCheck
    keys = [(r["patch_id"], r["level"], r["checked_on"], r["checked_by"]) for r in rows]
    there = tuple_(f.patch_id, f.level, f.checked_on, f.checked_by).in_(keys)
    query = select(Patch.patch_no).join(f, f.patch_id == Patch.id).where(there)
    if (number := conn.scalars(query).first()) is not None:
        raise SupervisionError(
            f"图斑{number}这一天已有同一组的核查结果，一天只记一次。要更正的，请上传“外业核查”。"
        )
