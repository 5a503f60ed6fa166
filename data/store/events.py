"""Events: what happened that changed no record, in a chain of SHA-256 of their own.

An event is never changed. Each hash covers the event and the hash before it; the head (number and
last hash) is kept beside the chain, so that a cut end is found as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, func, insert, select

from data.store import dialect, meta
from data.store.models import Event

HEAD_KEY = "event_head"
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class EventRow:
    """at: UTC. told: by kind, see who notes it."""

    seq: int
    at: datetime
    kind: str
    who: str
    source: str
    told: dict[str, Any]


def note(conn: Connection, kind: str, who: str, source: str, told: Mapping[str, Any]) -> int:
    """Write an event and return its number. Call inside Store.write()."""
    count, prev_hash = head(conn)
    seq = count + 1
    at = dialect.now(conn).replace(tzinfo=UTC).isoformat(timespec="microseconds")
    text = orjson.dumps(dict(told), option=orjson.OPT_SORT_KEYS).decode()
    content = (seq, at, kind, who[:64], source[:64], text)
    digest = event_hash(prev_hash, content)
    names = ("seq", "at", "kind", "who", "source", "told")
    values = dict(zip(names, content, strict=True))
    conn.execute(insert(Event).values(**values, prev_hash=prev_hash, hash=digest))
    meta.put(conn, HEAD_KEY, f"{seq}:{digest}")
    return seq


def event_hash(prev_hash: str, content: tuple[Any, ...]) -> str:
    """SHA-256 over the previous hash and seq, at, kind, who, source, told."""
    return hashlib.sha256(prev_hash.encode() + b"\n" + orjson.dumps(content)).hexdigest()


def head(conn: Connection) -> tuple[int, str]:
    """(number of events, hash of the last) as kept beside the chain."""
    kept = meta.get(conn, HEAD_KEY)
    if kept is None:
        return 0, GENESIS
    count, digest = kept.split(":")
    return int(count), digest


def hash_of(conn: Connection, seq: int) -> str | None:
    """None where there is no such event."""
    return conn.scalar(select(Event.hash).where(Event.seq == seq))


def first_bad(conn: Connection) -> int | None:
    """The number of the first event that does not fit its chain, None where all is well."""
    prev_hash, expected = GENESIS, 1
    for row in conn.execute(select(Event.__table__).order_by(Event.seq)):
        digest = event_hash(prev_hash, tuple(row[:6]))
        if row.seq != expected or row.prev_hash != prev_hash or row.hash != digest:
            return expected
        prev_hash, expected = digest, expected + 1
    said_head = f"{expected - 1}:{prev_hash}" if expected > 1 else None
    return None if meta.get(conn, HEAD_KEY) == said_head else expected


def events(conn: Connection, kind: str, limit: int = 20, offset: int = 0) -> list[EventRow]:
    """Newest first."""
    query = select(*Event.__table__.c).where(Event.kind == kind).order_by(Event.seq.desc())
    rows = conn.execute(query.limit(limit).offset(offset))
    return [
        EventRow(r.seq, datetime.fromisoformat(r.at), r.kind, r.who, r.source, orjson.loads(r.told))
        for r in rows
    ]


def event_count(conn: Connection, kind: str) -> int:
    return conn.scalar(select(func.count()).select_from(Event).where(Event.kind == kind)) or 0
