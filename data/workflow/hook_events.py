"""What hooks are told: what happened or is about to, as the account of the hook sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from data.measures.states import State
from data.outlook.calendar import deadlines
from data.rights import Account
from data.store.queries.uploads import upload_list
from data.workflow.hooks import HookEvent, KnownHook
from data.workflow.measure_list import entries
from data.workflow.todo import Asking

#: States in which somebody still has to answer by the day.
_RUNNING = frozenset({State.ISSUED, State.DELIVERED, State.EXTENDED, State.REFUSED})
_LAST_UPLOADS = 50


@dataclass(frozen=True, slots=True)
class Happening:
    """key: the same whenever it is found again. told: what is said of it, for JSON."""

    kind: HookEvent
    key: str
    told: dict[str, Any]


def happenings(conn: Connection, hook: KnownHook, who: Account, today: date) -> list[Happening]:
    """Everything that a hook would be told of as things stand. who: the hook's account."""
    asking = Asking(conn, who, today)
    sources = {
        HookEvent.UPLOAD: _uploads,
        HookEvent.TRIGGER: _triggers,
        HookEvent.MEASURE: _measures,
        HookEvent.DEADLINE: _deadlines,
    }
    return [one for kind in hook.kinds for one in sources[kind](asking, hook.days)]


def _uploads(asking: Asking, _: int) -> Iterator[Happening]:
    for row in upload_list(asking.conn, asking.scope, _LAST_UPLOADS):
        names = ("id", "kind", "year", "state", "inserted", "updated", "unchanged", "rejected")
        told = {name: row.get(name) for name in names}
        yield Happening(HookEvent.UPLOAD, f"upload:{row['id']}", told)


def _triggers(asking: Asking, _: int) -> Iterator[Happening]:
    """Of districts and the city; those of single patches have no name of their own."""
    names = (
        "rule", "rule_name", "subject", "subject_name", "district", "period", "severity", "line",
        "value", "threshold", "unit", "formula", "margin", "clause",
    )  # fmt: skip
    for year, held in asking.triggers.items():
        for t in held:
            if t["key"]:
                told = {"year": year, **{name: t[name] for name in names}}  # type: ignore[literal-required]
                about = (
                    f"{t['rule']}:{t['subject']}:{t['period']}:{t['severity']}:{t['line'] or ''}"
                )
                yield Happening(HookEvent.TRIGGER, f"trigger:{year}:{about}", told)


def _measures(asking: Asking, days: int) -> Iterator[Happening]:
    for entry in entries(asking.conn, asking.scope, asking.as_of, with_changes=False):
        due_on = entry.standing.due_on
        if due_on is None or entry.standing.state not in _RUNNING:
            continue
        if asking.as_of <= due_on <= asking.as_of + timedelta(days):
            told = {
                "id": entry.row.id,
                "kind": entry.row.kind.value,
                "subject": entry.row.draft.subject,
                "number": entry.standing.number,
                "due_on": due_on,
            }
            yield Happening(HookEvent.MEASURE, f"measure:{entry.row.id}:{due_on}", told)


def _deadlines(asking: Asking, days: int) -> Iterator[Happening]:
    last = asking.as_of + timedelta(days)
    for year, document in asking.documents.items():
        for d in deadlines(asking.conn, asking.scope, year, asking.as_of, document):
            if d.total and asking.as_of <= d.on <= last:
                told = {
                    "year": year,
                    "rule": d.rule,
                    "title": d.title,
                    "on": d.on,
                    "what": d.what,
                    "unit": d.unit,
                    "open": dict(d.open),
                    "clause": d.clause,
                }
                yield Happening(HookEvent.DEADLINE, f"deadline:{year}:{d.key}:{d.on}", told)
