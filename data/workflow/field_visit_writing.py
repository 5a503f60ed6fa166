"""What every step of a field check asks for, and how it is written (field_visits.py takes them)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from data.errors import Forbidden, NotFound, SupervisionError
from data.rights import Account, Right
from data.store.models import CheckStep, Patch
from data.store.queries.check_steps import JOINER
from data.vocabulary import CheckLevel, CheckStepKind
from data.workflow.entries import enter_rows
from data.worklists.checks import CheckTask, checks, one_a_visit
from data.worklists.visits import VisitState

#: Patches that one step may take, characters of what is written.
MOST, LONGEST = 200, 500
KIND = "check_step"
#: Names are parted by any of these.
_PARTING = str.maketrans(dict.fromkeys(",，;；/ \u3000", JOINER))


@dataclass(frozen=True, slots=True)
class Pick:
    """A patch's check of one level. seen: how it stood to who decides (Visit.seen), empty where
    nobody looked at it by itself."""

    patch_no: str
    level: CheckLevel
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Acting:
    """Who takes a step, in which work year, when and where."""

    conn: Connection
    account: Account
    year: int
    today: date
    where: str = "web"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Evidence of the same ground: the layer or programme, its number and day (plan §5.3)."""

    source: str
    number: str
    on: date | None


def names_of(text: str) -> tuple[str, ...]:
    """The people of a team as somebody wrote them, each once."""
    parts = text.strip().translate(_PARTING).split(JOINER)
    return tuple(dict.fromkeys(part for part in parts if part))


def team_of(text: str) -> tuple[str, ...]:
    people = names_of(text)
    if len(people) < 2:
        raise SupervisionError("核查组至少两人，请写明姓名，用顿号隔开，如：王工、李工。")
    if len(JOINER.join(people)) > 128:
        raise SupervisionError("核查组姓名太长（最多128字），请只写参加核查的人。")
    return people


def prove_reason(reason: str, what: str) -> None:
    if not reason.strip() or len(reason) > LONGEST:
        raise SupervisionError(f"{what}必须写明理由，最多{LONGEST}字。")


def prove_inspector(account: Account, level: CheckLevel, what: str) -> None:
    """A county's checks are its own, the city's the city's."""
    if level is CheckLevel.COUNTY:
        if not account.is_district:
            raise Forbidden(f"县级核查由区市{what}，市局账户不能代办。")
        account.require(Right.UPLOAD)
        return
    if account.is_district:
        raise Forbidden(f"市级核查由市局{what}，区市账户不能办理。")
    account.require(Right.CHECK)


def prove_reviewer(account: Account, what: str) -> None:
    account.require(Right.REVIEW)
    if account.is_district:
        raise Forbidden(f"{what}由市局办理，区市账户不能办理。")


def chosen_tasks(acting: Acting, picks: Sequence[Pick], what: str) -> list[CheckTask]:
    """The tasks that are meant, one a patch and level (one_a_visit). Raises where somebody else
    went on meanwhile."""
    if not picks:
        raise SupervisionError(f"还没有选中图斑。请先勾选，再点“{what}”。")
    if len(picks) > MOST:
        raise SupervisionError(f"一次最多{what}{MOST}个图斑，现在选了{len(picks)}个。")
    found = checks(acting.conn, acting.account.scope, acting.year, acting.today)
    tasks = one_a_visit(found.tasks)
    chosen = []
    for pick in dict.fromkeys(picks):
        task = tasks.get((pick.patch_no, pick.level))
        if task is None:
            raise NotFound(
                f"图斑{pick.patch_no}不在今天的{pick.level.label}核查清单中（可能已划转、撤销或"
                "不再需要核查），没有写入。请刷新页面。"
            )
        if pick.seen and pick.seen != task.visit.seen:
            raise SupervisionError(
                f"图斑{pick.patch_no}在您打开后有了新的核查或办理，没有写入。请刷新页面，看过再办。"
            )
        chosen.append(task)
    return chosen


def prove_state(task: CheckTask, states: Sequence[VisitState], what: str) -> None:
    if task.visit.state not in states:
        raise SupervisionError(
            f"图斑{task.patch_no}{task.level.label}核查现在是“{task.visit.state.label}”，"
            f"不能{what}。请刷新页面。"
        )


def patches_of(acting: Acting, chosen: Sequence[CheckTask]) -> dict[str, tuple[int, date]]:
    """Patch number → (id, day of issue)."""
    numbers = {t.patch_no for t in chosen}
    query = select(Patch.patch_no, Patch.id, Patch.issued_on).where(
        Patch.year == acting.year, Patch.patch_no.in_(numbers)
    )
    return {row.patch_no: (row.id, row.issued_on) for row in acting.conn.execute(query)}


def what_of(label: str, chosen: Sequence[CheckTask]) -> str:
    more = f"等{len(chosen)}个" if len(chosen) > 1 else ""
    return f"{label}：{chosen[0].patch_no}{more}"


def take(acting: Acting, step: CheckStepKind, told: Sequence[dict[str, Any]]) -> int:
    chosen: list[CheckTask] = [row["task"] for row in told]
    patches = patches_of(acting, chosen)
    s = CheckStep
    ids = [patch_id for patch_id, _ in patches.values()]
    last = select(s.patch_id, s.level, func.max(s.seq)).where(s.patch_id.in_(ids))
    numbers = {
        (patch_id, level): int(seq)
        for patch_id, level, seq in acting.conn.execute(last.group_by(s.patch_id, s.level))
    }
    rows = []
    for row in told:
        task: CheckTask = row["task"]
        patch_id, check = patches[task.patch_no][0], task.visit.check
        rows.append(
            dict.fromkeys(
                ("checked_on", "finding", "team", "due_on", "reason", "source", "source_no",
                 "source_on")
            )
            | {k: v for k, v in row.items() if k != "task"}
            | {
                "patch_id": patch_id, "level": task.level.value,
                "seq": numbers.get((patch_id, task.level.value), 0) + 1, "step": step.value,
                "happened_on": acting.today, "account": acting.account.name,
                "check_batch": check.batch if check else 0,
            }
        )  # fmt: skip
    enter_rows(
        acting.conn,
        [(CheckStep, rows)],
        kind=KIND,
        what=what_of(f"外业核查{step.label}", chosen),
        who=acting.account.name,
        where=acting.where,
        year=acting.year,
    )
    return len(rows)
