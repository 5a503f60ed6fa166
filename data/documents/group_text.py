"""工作群通报 and 周报: short texts, a district at a time (§4.3). No owner is named."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from data.outlook.calendar import deadlines
from data.periods import correction_due_on, format_day
from data.scope import Scope
from data.store.queries.figures import figures
from data.store.queries.paper_facts import counted_patches, returns
from data.store.queries.stamp import districts
from data.triggers.current import Trigger, current_triggers
from data.triggers.matters import is_warned, matters

#: Characters that a group reads at once.
LONGEST = 300
_AHEAD = timedelta(days=14)
_NAMED = 3


@dataclass(frozen=True, slots=True)
class GroupText:
    district: str
    name: str
    text: str


def group_texts(conn: Connection, scope: Scope, year: int, as_of: date) -> list[GroupText]:
    """A text for each district that has anything to do, in the bureau's order."""
    open_ = counted_patches(conn, scope, year, as_of, ["overdue", "unreported"])
    returned = [r for r in returns(conn, scope, year, as_of) if r.returned_now]
    document = figures(conn, scope, year, as_of)
    soon = [
        d
        for d in deadlines(conn, scope, year, as_of, document)
        if as_of <= d.on <= as_of + _AHEAD and d.rule == "D1"
    ]
    found = []
    for unit in districts(conn):
        if not scope.allows(unit.code):
            continue
        overdue = [p.patch_no for p in open_ if p.district == unit.code and "overdue" in p.names]
        mine = [r for r in returned if r.district == unit.code and r.resubmitted_on is None]
        due = [(d.on, d.open[unit.code]) for d in soon if unit.code in d.open]
        if not (overdue or mine or due):
            continue
        parts = [f"【{unit.short_name}】截至{format_day(as_of)}"]
        if overdue:
            parts.append(f"逾期未报{len(overdue)}个：{_some(overdue)}，请立即核查上报")
        parts += [f"{format_day(on, as_of.year)}到期{count:g}个待上报" for on, count in due]
        if mine:
            numbers = list(dict.fromkeys(r.patch_no for r in mine))
            first = min(correction_due_on(r.decided_on) for r in mine)
            day = format_day(first, as_of.year)
            errors = _errors([r.reasons for r in mine])
            parts.append(f"退回待改{len(numbers)}个：{_some(numbers)}，最早应于{day}前改正")
            parts.append(f"常见问题：{errors}")
        found.append(GroupText(unit.code, unit.short_name, _shortened("；".join(parts) + "。")))
    return found


def _some(numbers: list[str]) -> str:
    return "、".join(numbers[:_NAMED]) + ("等" if len(numbers) > _NAMED else "")


def _errors(reasons: list[str | None]) -> str:
    words = Counter(word for said in reasons for word in (said or "未分类").split("、"))
    return "、".join(word for word, _ in words.most_common(2))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def week_lines(conn: Connection, scope: Scope, year: int, as_of: date) -> dict[str, list[str]]:
    """The 周报: heading → lines. What is due in two weeks, what is overdue, which warnings came and
    which ended since a week ago."""
    document = figures(conn, scope, year, as_of)
    names = {row["code"]: row["short_name"] for row in document["districts"]}
    coming = [
        f"{format_day(d.on, as_of.year)} {d.title}：未完成"
        + "、".join(f"{names[code]}{count:g}{d.unit}" for code, count in d.open.items())
        for d in deadlines(conn, scope, year, as_of, document)
        if as_of <= d.on <= as_of + _AHEAD and d.open
    ]
    overdue = [
        f"{row['short_name']} 逾期未报{row['overdue']}个"
        for row in document["districts"]
        if row["overdue"]
    ]
    now = current_triggers(conn, scope, year, as_of, with_patches=False, document=document)
    then = current_triggers(conn, scope, year, as_of - timedelta(days=7), with_patches=False)
    known, held = {_key(t) for t in then}, {_key(t) for t in now}
    new = [t for t in now if _key(t) not in known]
    gone = [t for t in then if _key(t) not in held]
    return {
        "两周内到期": coming,
        "逾期": overdue,
        "新增预警": [f"{m.unit} {m.words}" for m in matters(new, names) if is_warned(m)],
        "解除": [f"{m.unit} {m.gravest['rule_name']}" for m in matters(gone, names)],
    }


def _key(trigger: Trigger) -> tuple[str, str, str, str]:
    return trigger["rule"], trigger["subject"], trigger["period"], trigger["mark"]
