"""Single values of the store: data_version, is_demo, history_head, counters."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from data.store.models import Meta


def get(conn: Connection, key: str) -> str | None:
    return conn.scalar(select(Meta.value).where(Meta.key == key))


def put(conn: Connection, key: str, value: str) -> None:
    changed = conn.execute(update(Meta).where(Meta.key == key).values(value=value))
    if changed.rowcount == 0:
        conn.execute(insert(Meta).values(key=key, value=value))


def next_number(conn: Connection, key: str, count: int = 1, least: int = 1) -> int:
    """The first of `count` fresh numbers of a counter, from `least` on; none is given twice."""
    first = max(int(get(conn, key) or 1), least)
    put(conn, key, str(first + count))
    return first
