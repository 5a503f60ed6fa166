"""What was already sent for a trigger, why it was left, and how a new measure is begun."""

from __future__ import annotations

from collections.abc import Sequence

from callbacks.frame.context import PageContext
from components.triggers.page import Sent
from data.measures.kinds import Subject
from data.measures.states import State
from data.periods import format_day
from data.triggers.matters import Matter
from data.workflow.measure_list import Entry
from data.workflow.measure_triggers import sent_for, suggested


def sent(entries: Sequence[Entry], matter: Matter, context: PageContext) -> tuple[Sent, ...]:
    return tuple(_told(entry, context) for entry in sent_for(entries, matter.triggers))


def _told(entry: Entry, context: PageContext) -> Sent:
    now, row = entry.standing, entry.row
    day = format_day(now.since, context.year)
    if now.state is State.DISMISSED:
        step = row.steps[-1]
        return Sent(row.id, f"不处理：{step.reason}", f"{step.account}，{day}")
    late = f"，超期{now.overdue_workdays}个工作日" if now.overdue_workdays else ""
    named = now.number or f"第{row.id}号"
    return Sent(row.id, f"《{row.kind.label}》{named}", f"{day}{now.state.label}{late}")


def to_draft(matter: Matter, context: PageContext) -> dict[str, str]:
    """What the address of the form says; nothing for a district's reader, and where the rule calls
    for no measure on such a subject."""
    kind, first = suggested(matter.rule), matter.gravest
    if kind is None or context.scope.districts is not None:
        return {}
    allowed = kind.about.subjects
    own = {"new": kind.value, "rule": matter.rule}
    if matter.of_patches and Subject.PATCH in allowed:
        own["subject"] = str(first["subject"])
    elif matter.district is not None and Subject.DISTRICT in allowed:
        own["subject"] = matter.district
    elif Subject.CITY in allowed:
        own["subject"] = str(first["subject_name"])
    else:
        return {}
    if "-" in str(first["period"]):
        own["period"] = str(first["period"])
    return own
