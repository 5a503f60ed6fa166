"""Keeps stored due dates and sums in step with the deadlines that the rule files state."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, select

from data import periods
from data.store import meta
from data.store.facts import keep_value
from data.store.models import Patch
from data.vocabulary import Domain

#: Deadlines that stand in rows and sums: due dates (D1), what counts for the year (D6).
STORED = ("D1", "D6")
_KEY = "deadlines"


def _told(deadlines: periods.Deadlines) -> str:
    """The deadlines of STORED as text, to be compared."""
    return orjson.dumps({rule_id: deadlines[rule_id] for rule_id in STORED}).decode()


def are_settled(conn: Connection) -> bool:
    """Whether the store was last written by the deadlines of this process."""
    known = meta.get(conn, _KEY) or _told(periods.PLAN_OF_2023)
    return known == _told(periods.deadlines())


def settle(conn: Connection) -> bool:
    """Compute the due dates and sums anew that a changed rule file moves, and record the changed
    rows in the history. Call inside Store.write(). → whether anything was to be done."""
    if are_settled(conn):
        return False
    from data.store import summary  # heavy: not for a start at which nothing has changed
    from data.store.writing import UploadRecord, apply_changes
    from data.workflow.entries import ENTRY

    change = _moved(conn)
    if change is not None:
        number = len(change.updates_after) if change.updates_after is not None else 0
        record = UploadRecord(
            kind="rule",
            file_name="规则文件：到期日重算",
            file_size=0,
            file_sha256="0" * 64,
            uploaded_by="系统",
            uploaded_from="rules",
            rows=number,
            updated=number,
            state=ENTRY,
        )
        apply_changes(conn, record, [change])
    summary.rebuild(conn)
    keep_value(conn, _KEY, _told(periods.deadlines()))
    return True


def _moved(conn: Connection) -> Any:
    """The patches whose due date or clearance month is another now; None for none."""
    import pandas as pd

    from data.store.writing import TableChange, plain

    names = ["id", "year", "patch_no", "due_on", "clearance_month"]
    p = Patch
    query = select(
        p.id, p.year, p.patch_no, p.due_on, p.clearance_month, p.issued_on, p.extended_to
    )
    before, after = [], []
    for row in conn.execute(query.where(p.domain == Domain.LAND.value)):
        due_on = row.extended_to or periods.statutory_due_on(row.issued_on)
        month = periods.clearance_month(row.issued_on)
        if (due_on, month) != (row.due_on, row.clearance_month):
            before.append(tuple(row)[:5])
            after.append((row.id, row.year, row.patch_no, due_on, month))
    if not before:
        return None
    frames = [plain(pd.DataFrame(rows, columns=names, dtype=object)) for rows in (before, after)]
    return TableChange(Patch, updates_before=frames[0], updates_after=frames[1])
