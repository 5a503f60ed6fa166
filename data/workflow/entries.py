"""What people enter by hand, written like an upload: rows, history and data version in one
transaction (records of staff, parameters of rules)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from data.store.writing import TableChange, UploadRecord, apply_changes, plain

#: The state of a batch that no file brought; lists of uploads leave it out.
ENTRY = "entry"


def _frame(row: Mapping[str, Any]) -> pd.DataFrame:
    return plain(pd.DataFrame([dict(row)], dtype=object))


def enter(
    conn: Connection,
    table: Any,
    row: Mapping[str, Any],
    *,
    kind: str,
    what: str,
    who: str,
    where: str,
    year: int | None = None,
    before: Mapping[str, Any] | None = None,
) -> int:
    """Insert a row (or change `before` into it) and return the number of the batch.

    table: ORM class. row: its columns without id and batch_id (with id for a change). what: how the
    history calls it. Call inside Store.write().
    """
    change = TableChange(table)
    if before is None:
        change.inserts = _frame({**row, "source_hash": 0})
    else:
        change.updates_before, change.updates_after = _frame(before), _frame(row)
    record = UploadRecord(
        kind=kind,
        file_name=what,
        file_size=0,
        file_sha256="0" * 64,
        uploaded_by=who,
        uploaded_from=where,
        year=year,
        rows=1,
        inserted=int(before is None),
        updated=int(before is not None),
        state=ENTRY,
    )
    return apply_changes(conn, record, [change])


def enter_rows(
    conn: Connection,
    rows: Sequence[tuple[Any, Sequence[Mapping[str, Any]]]],
    *,
    kind: str,
    what: str,
    who: str,
    where: str,
    year: int | None = None,
) -> int:
    """Insert rows of several tables as one entry, each table after those it refers to: pairs of an
    ORM class and its rows (with an id where others refer to it). Call inside Store.write()."""
    changes = []
    for table, own in rows:
        if own:
            frame = plain(pd.DataFrame([{**row, "source_hash": 0} for row in own], dtype=object))
            changes.append(TableChange(table, inserts=frame))
    count = sum(len(own) for _, own in rows)
    record = UploadRecord(
        kind=kind,
        file_name=what,
        file_size=0,
        file_sha256="0" * 64,
        uploaded_by=who,
        uploaded_from=where,
        year=year,
        rows=count,
        inserted=count,
        state=ENTRY,
    )
    return apply_changes(conn, record, changes)
