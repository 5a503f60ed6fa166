"""待办 of measures: what is to be drafted, reviewed, issued, delivered, answered or released."""

from __future__ import annotations

from collections.abc import Iterator

from data.measures.kinds import Subject
from data.measures.states import State
from data.rights import Right
from data.triggers.matters import is_warned, matters
from data.workflow.measure_list import Entry, entries
from data.workflow.measure_triggers import releases, sent_for, suggested
from data.workflow.todo import Asking, Todo, TodoKind

#: State → what waits for whom.
_WAITS: dict[State, tuple[Right, TodoKind]] = {
    State.DRAFTED: (Right.DRAFT, TodoKind.MEASURE_DRAFT),
    State.TO_REVIEW: (Right.REVIEW, TodoKind.MEASURE_REVIEW),
    State.TO_ISSUE: (Right.ISSUE, TodoKind.MEASURE_ISSUE),
    State.ISSUED: (Right.DRAFT, TodoKind.MEASURE_DELIVER),
    State.DELIVERED: (Right.ANSWER, TodoKind.MEASURE_REPLY),
    State.EXTENDED: (Right.ANSWER, TodoKind.MEASURE_REPLY),
    State.REFUSED: (Right.ANSWER, TodoKind.MEASURE_REPLY),
    State.REPLIED: (Right.REVIEW, TodoKind.MEASURE_JUDGE),
}


def measures_waiting(asking: Asking) -> Iterator[Todo]:
    for entry in _entries(asking):
        now, about = entry.standing, entry.row.kind.about
        if now.state not in _WAITS or not now.waits_for:
            continue
        right, kind = _WAITS[now.state]
        if right is Right.ANSWER and not asking.who.is_district:
            if now.reply_overdue_workdays and asking.may(Right.ISSUE):
                yield _of(asking, entry, TodoKind.MEASURE_OVERDUE)
            continue
        if kind is TodoKind.MEASURE_ISSUE and about.needs_head and not asking.may(Right.SIGN):
            continue
        delivers = kind is TodoKind.MEASURE_DELIVER and asking.who.is_district
        if asking.may(right) or delivers:
            yield _of(asking, entry, kind)


def triggers_waiting(asking: Asking) -> Iterator[Todo]:
    """Warnings without a measure, and measures whose condition has ended."""
    if not asking.may(Right.DRAFT):
        return
    known = _entries(asking)
    for year, triggers in asking.triggers.items():
        of_year = [entry for entry in known if entry.row.draft.year == year]
        for matter in matters(triggers, asking.names):
            kind = suggested(matter.rule)
            if kind is None or not is_warned(matter) or sent_for(of_year, matter.triggers):
                continue
            if matter.district is None and Subject.CITY not in kind.about.subjects:
                continue
            query = {"year": str(year), "rule": matter.rule}
            if matter.district:
                query["district"] = matter.district
            yield Todo(
                TodoKind.TRIGGER,
                matter.district or str(matter.gravest["subject"]),
                f"{matter.unit}：{matter.words}；可起草{kind.label}",
                None,
                "triggers",
                query,
            )
        for release in releases(of_year, triggers):
            yield _of(asking, release.entry, TodoKind.MEASURE_RELEASE)


def _entries(asking: Asking) -> list[Entry]:
    return entries(
        asking.conn, asking.who.scope, asking.as_of, None, asking.district, with_changes=False
    )


def _of(asking: Asking, entry: Entry, kind: TodoKind) -> Todo:
    draft, now = entry.row.draft, entry.standing
    unit = asking.names.get(draft.district or "", "全市")
    named = now.number or f"第{entry.row.id}号"
    late = f"，已超期{now.overdue_workdays}个工作日" if now.overdue_workdays else ""
    return Todo(
        kind,
        draft.subject,
        f"{unit}《{draft.kind.label}》{named}：{now.state.label}{late}",
        None if kind is TodoKind.MEASURE_RELEASE else now.waits_until,
        f"measures/{entry.row.id}",
        {"year": str(draft.year)},
    )
