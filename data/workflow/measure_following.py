"""Whether a paper may follow the measures before it: the rows of data/measures/following.py with
what the store knows of the day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from data.errors import SupervisionError
from data.measures.following import (
    ABOUT_RULES,
    Facts,
    Follow,
    When,
    followers,
    is_met,
    may_follow,
    preceding,
)
from data.measures.frozen import Draft, Remark
from data.measures.kinds import MeasureKind, Subject
from data.measures.states import State
from data.periods import elimination_cutoff_on, format_day
from data.rights import Right
from data.scope import Scope
from data.store.queries.measures import MeasureRow, measure, measures
from data.store.queries.trigger_facts import unrectified_among
from data.triggers.current import ALL_RULES, current_triggers
from data.triggers.rulebook import rulebook
from data.workflow.measure_rights import state_of
from data.workflow.measure_writing import Taking

_PLACE = "前序措施"
_GONE = frozenset({State.DISMISSED, State.WITHDRAWN, State.CORRECTED})


def prove_pair(at: Taking, asked: Draft) -> None:
    """Raises SupervisionError where the table has no row for the measure that the draft names, or
    that one is about another district."""
    before = measure(at.conn, at.by.scope, asked.follows) if asked.follows is not None else None
    if before is None or before.kind is asked.kind:  # a correction
        return
    if may_follow(before.kind, asked.kind) is None:
        known = "、".join(f"《{f.after.label}》" for f in followers(before.kind)) or "没有"
        raise SupervisionError(
            f"第{before.id}号《{before.kind.label}》之后不能接续《{asked.kind.label}》；"
            f"其后可以：{known}。请核对所接续的措施。"
        )
    if None not in (before.draft.district, asked.district) and (
        before.draft.district != asked.district
    ):
        raise SupervisionError(f"第{before.id}号措施是另一个区市的，不能接续。请核对编号。")


def order_remarks(at: Taking, asked: Draft) -> Iterator[Remark]:
    """What the table says against the paper on the day. Of several measures before it, one that
    lets it follow is enough; where there is none at all, the row says whether it may come alone."""
    rows = {row.before: row for row in preceding(asked.kind)}
    if asked.kind is MeasureKind.INTERVIEW_REQUEST and not _is_evaluated(at, asked):
        yield _too_early(asked.year)
    if not rows:
        return
    before = _named(at, asked) or _of_subject(at, asked, rows)
    unmet = []
    for other in before:
        row = rows.get(other.kind)
        if row is None:  # a correction
            return
        if is_met(row, _facts(at, asked, other, row)):
            return
        if row.when is not When.EVALUATED:  # which has its own remark above
            unmet.append(
                f"第{other.id}号《{other.kind.label}》之后起草本件，须{row.only}；"
                f"截至{format_day(at.day)}尚未如此"
            )
    if unmet:
        yield Remark(_PLACE, "；".join(unmet) + "。请在条件具备后再提交，或核对台账。")
    elif not before:
        yield from _alone(at, asked, list(rows.values()))


def _alone(at: Taking, asked: Draft, rows: list[Follow]) -> Iterator[Remark]:
    names = "、".join(f"《{row.before.label}》（须{row.only}）" for row in rows)
    needed = [row for row in rows if row.needed]
    if needed:
        # an order may have been recorded before there were measures: T11 knows it
        if not _order_is_overdue(at, asked):
            yield Remark(_PLACE, f"本件须在{names}之后，台账中没有找到。请先办理前序措施。")
    elif asked.rule is None:
        yield Remark(_PLACE, f"没有找到前序措施{names}，请确认可以直接采取。", blocks=False)


def _named(at: Taking, asked: Draft) -> list[MeasureRow]:
    found = measure(at.conn, Scope.all(), asked.follows) if asked.follows is not None else None
    return [found] if found is not None else []


def _of_subject(at: Taking, asked: Draft, rows: dict[MeasureKind, Follow]) -> list[MeasureRow]:
    """The measures on the same subject that it could follow, the latest first."""
    found = measures(at.conn, Scope.all(), asked.year, kinds=tuple(rows))
    own = [row for row in found if row.draft.subject == asked.subject]
    return [
        row
        for row in reversed(own)
        if (now := state_of(at.conn, row, at.day)).state not in _GONE and now.issued_on is not None
    ]


def _facts(at: Taking, asked: Draft, before: MeasureRow, row: Follow) -> Facts:
    about = before.draft if row.when is When.ENDED else asked
    rules = (before.draft.rule,) if row.when is When.ENDED else row.rules
    asks = row.when in ABOUT_RULES or (row.when is When.ANSWERED and row.rules)
    return Facts(
        state_of(at.conn, before, at.day),
        before.draft.rule,
        _held(at, about, tuple(r for r in rules if r in ALL_RULES)) if asks else frozenset(),
        row.when is not When.FAILED or _is_unrectified(at, before.draft),
        _is_evaluated(at, asked),
        at.by.may(Right.SIGN) or not at.by.may(Right.ISSUE),  # whoever drafts does not issue
    )


def _held(at: Taking, about: Draft, rules: tuple[str, ...], mark: str = "") -> frozenset[str]:
    """Which of the rules hold on the day of the subject; of a district also on its patches."""
    if not rules:
        return frozenset()
    found = current_triggers(
        at.conn, Scope.all(), about.year, at.day, about.district, rules=rules, with_patches=False
    )
    subjects = {about.subject, *about.patch_nos}
    return frozenset(
        str(t["rule"])
        for t in found
        if (about.subject_kind is not Subject.PATCH or t["subject"] in subjects)
        and (not mark or t["mark"] == mark)
    )


def _order_is_overdue(at: Taking, asked: Draft) -> bool:
    return bool(_held(at, asked, ("T11",), mark="order"))


def _is_unrectified(at: Taking, before: Draft) -> bool:
    named = before.patch_nos or ((before.subject,) if before.subject_kind is Subject.PATCH else ())
    return not named or bool(unrectified_among(at.conn, before.year, at.day, named))


def _is_evaluated(at: Taking, asked: Draft) -> bool:
    wanted = rulebook(at.conn)["M1"].on(at.day).parameters["request_after_evaluation"]
    return not wanted or asked.as_of > elimination_cutoff_on(asked.year)


def _too_early(year: int) -> Remark:
    cutoff: date = elimination_cutoff_on(year)
    return Remark(
        "基准日",
        f"提请约谈应在年度评估（{format_day(cutoff)}）之后；"
        "确需提前的，请管理员调整规则M1的相应参数。",
    )
