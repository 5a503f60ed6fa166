"""A store with many times the patches of a small one: each patch and all that is known of it again.

Made by the database itself, so that 20,000 patches take a few seconds. Figures, cases and triggers
grow in step, as in a larger city; the history and what staff enter by hand are left as they are.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    cast,
    func,
    insert,
    literal,
    select,
    text,
    true,
    update,
)

from data.store.dialect import bulk_insert
from data.store.measures import AREAS, COUNTS
from data.store.models import Base, DaySummary, LedgerItem, Patch, UnlawfulInterval

_LEFT = {"history", "event", "job"}
#: Tables of rows that belong to patches.
_OF_PATCHES = [
    table
    for table in Base.metadata.sorted_tables
    if "patch_id" in table.c and table.name not in {*_LEFT, "staff_record"}
]


def copy_rows(source: Connection, target: Connection) -> None:
    """What pages show of a store into one with the same tables, in place of what is there."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in _LEFT]
    for table in reversed(tables):
        target.execute(table.delete())
    for table in tables:
        rows = source.execute(select(table)).all()
        columns = zip(*rows, strict=True) if rows else ()
        told = {
            column.name: [_told(value) for value in values]
            for column, values in zip(table.columns, columns, strict=False)
        }
        if told:
            bulk_insert(target, table, told)


def _told(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, dict | list) else value


def multiply(conn: Connection, times: int) -> None:
    """Make every patch of the store `times` patches. The sums of the day summary follow."""
    if conn.dialect.name == "sqlite":
        first = select(literal(1).label("copy")).cte("copies", recursive=True)
        more = select(first.c.copy + 1).where(first.c.copy < times - 1)
        copy = select(first.union_all(more)).subquery("again")
    else:
        copy = select(func.generate_series(1, times - 1).label("copy")).subquery("again")
    last_patch = conn.scalar(select(func.max(Patch.id))) or 0

    def again(table: Table, changed: dict[str, ColumnElement[Any]], *where: Any) -> None:
        columns = [changed.get(column.name, column) for column in table.columns]
        rows = select(*columns).select_from(table.join(copy, true())).where(*where)
        conn.execute(insert(table).from_select([c.name for c in table.columns], rows))

    def numbered(table: Table) -> dict[str, ColumnElement[Any]]:
        last = conn.scalar(select(func.max(table.c.id))) or 0
        return {"id": table.c.id + copy.c.copy * literal(last, Integer)}

    def named(number: Any) -> ColumnElement[str]:
        name: ColumnElement[str] = number + "-" + cast(copy.c.copy, String)
        return name

    patch: Any = Patch.__table__
    again(patch, numbered(patch) | {"patch_no": named(patch.c.patch_no)})
    for table in _OF_PATCHES:
        own = table.c.patch_id + copy.c.copy * literal(last_patch, Integer)
        changed: dict[str, ColumnElement[Any]] = {"patch_id": own}
        if table is not UnlawfulInterval.__table__:
            changed |= numbered(table)
        again(table, changed)
    ledger: Any = LedgerItem.__table__
    again(ledger, numbered(ledger) | {"patch_no": named(ledger.c.patch_no)})
    conn.execute(
        update(DaySummary).values(
            {name: getattr(DaySummary, name) * times for name in COUNTS + AREAS}
        )
    )
    conn.execute(text("ANALYZE"))
