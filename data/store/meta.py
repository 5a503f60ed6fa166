"""Single values of the store: data_version, is_demo, history_head, counters."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, case, delete, insert, select, update

from data.store.models import Meta


def get(conn: Connection, key: str) -> str | None:
    return conn.scalar(select(Meta.value).where(Meta.key == key))


def put(conn: Connection, key: str, value: str) -> None:
    changed = conn.execute(update(Meta).where(Meta.key == key).values(value=value))
    if changed.rowcount == 0:
        conn.execute(insert(Meta).values(key=key, value=value))


def drop(conn: Connection, keys: Sequence[str]) -> None:
    if keys:
        conn.execute(delete(Meta).where(Meta.key.in_(keys)))


def next_number(conn: Connection, key: str, count: int = 1, least: int = 1) -> int:
    """The first of `count` fresh numbers of a counter, from `least` on; none is given twice."""
    first = max(int(get(conn, key) or 1), least)
    put(conn, key, str(first + count))
    return first


def content_key(conn: Connection) -> tuple[str, ...]:
    """What differs whenever anything does that a page can show: every single value of the store,
    the head of the history and the data version among them; of long ones the name, which says
    of which version they are. Not the head of the events: somebody signs in or takes a file away
    all day long, and no page whose answer is kept shows that.
    """
    m = Meta
    value = case((m.key.like("triggers:%") | (m.key == "places"), ""), else_=m.value)
    rows = conn.execute(select(m.key, value).where(m.key != "event_head").order_by(m.key))
    return tuple(f"{key}={text}" for key, text in rows)
