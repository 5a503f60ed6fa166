"""What the areas of a kind usually are in this store, to hold a new file against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from data.scope import Scope
from data.store.models import Patch, Upload

#: The last rows and files of a kind say what is usual by now, however many there are.
ROWS = 20_000
FILES = 12


@dataclass(frozen=True, slots=True)
class UsualArea:
    """In 亩. median: of the rows that have any; rows: how many these are. file_median: of the sums
    of the last files; files: how many these are."""

    median: float
    rows: int
    file_median: float | None
    files: int


def usual_areas(
    conn: Connection, scope: Scope, kind: str, table: Any, fields: Sequence[str]
) -> dict[str, UsualArea]:
    """field → what it usually is; without the fields of which the store has nothing yet. table: ORM
    class with batch_id and either district_code or patch_id."""
    if not fields:
        return {}
    columns = [getattr(table, name) for name in fields]
    query = select(*columns).order_by(table.id.desc()).limit(ROWS)
    if scope.districts is not None:
        has_district = hasattr(table, "district_code")
        where = table.district_code if has_district else Patch.district_code
        query = query if has_district else query.join(Patch, Patch.id == table.patch_id)
        query = query.where(where.in_(scope.districts))
    rows = conn.execute(query).all()
    sums = _sums(conn, kind, table, columns) if scope.districts is None else []
    found: dict[str, UsualArea] = {}
    for at, name in enumerate(fields):
        values = np.array([row[at] for row in rows if row[at]], dtype=float)
        if not len(values):
            continue
        of_files = [float(row[at]) for row in sums if row[at]]
        found[name] = UsualArea(
            float(np.median(values)),
            len(values),
            float(np.median(of_files)) if of_files else None,
            len(of_files),
        )
    return found


def _sums(conn: Connection, kind: str, table: Any, columns: Sequence[Any]) -> Sequence[Any]:
    """A row a file: the areas of the rows that it brought or changed last."""
    last = (
        select(Upload.id)
        .where(Upload.kind == kind, Upload.state == "done", Upload.inserted + Upload.updated > 0)
        .order_by(Upload.id.desc())
        .limit(FILES)
    )
    batches = conn.scalars(last).all()
    if not batches:
        return []
    query = select(*(func.sum(c) for c in columns)).where(table.batch_id.in_(batches))
    return conn.execute(query.group_by(table.batch_id)).all()
