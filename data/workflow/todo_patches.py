"""待办 of the year's work: patches to report and correct, the problem list, reports to hand in;
and previews of uploads that wait for a word."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from data.outlook.calendar import Deadline, deadlines
from data.periods import local_time
from data.rights import Right, Role
from data.store.models import Job
from data.units import format_plain
from data.workflow.todo import Asking, Todo, TodoKind

#: Rule of a deadline → what a district has to do for it.
_OF_DISTRICT = {
    "D1": TodoKind.REPORT,
    "D3": TodoKind.CORRECT,
    "D4": TodoKind.HAND_IN,
    "D5": TodoKind.HAND_IN,
    "D8": TodoKind.PROBLEM,
}


def year_waiting(asking: Asking) -> Iterator[Todo]:
    if not asking.who.is_district:
        return
    for year, document in asking.documents.items():
        for deadline in deadlines(asking.conn, asking.scope, year, asking.as_of, document):
            kind = _OF_DISTRICT.get(deadline.rule)
            if kind is None or not deadline.begun:
                continue
            for code, amount in deadline.open.items():
                words = f"{deadline.title}：{deadline.what}{format_plain(amount)}{deadline.unit}"
                place, query = _place(deadline, asking)
                yield Todo(kind, code, words, deadline.on, place, {"year": str(year), **query})


def _place(deadline: Deadline, asking: Asking) -> tuple[str, dict[str, str]]:
    if deadline.month is not None:
        is_late = deadline.on < asking.as_of
        own = {"month": deadline.month}
        return ("overdue", own) if is_late else ("patches", own | {"figure": "unreported"})
    if deadline.rule == "D3":
        return "patches", {"status": "correcting"}
    return "upload", {}


def previews_waiting(asking: Asking) -> Iterator[Todo]:
    """Uploads that wait for a word: all of them for who administers, else one's own."""
    if not asking.may(Right.UPLOAD):
        return
    query = select(Job.id, Job.payload, Job.created_by, Job.changed_at).where(
        Job.state == "waiting"
    )
    for job in asking.conn.execute(query.order_by(Job.changed_at)):
        if asking.who.role is not Role.ADMIN and job.created_by != asking.who.name:
            continue
        name = str((job.payload or {}).get("name") or "文件")
        yield Todo(
            TodoKind.PREVIEW,
            name,
            f"{name}：核对预览后确认写入或取消",
            local_time(job.changed_at).date(),
            "upload",
            {"job": job.id},
        )
