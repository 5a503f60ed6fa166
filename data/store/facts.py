"""What no record of the history tells of, told as events by its hash: uploads, profiles of columns,
single values. Call inside Store.write(), after the row has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, select

from data.store import events, meta
from data.store.models import Account, Event, Hook, MappingProfile, Session, Token, Upload

UPLOAD, PROFILE, VALUE = "upload", "profile", "value"
ACCOUNT, SESSION, TOKEN, HOOK = "account", "session", "token", "hook"
#: Tables whose rows events tell of one by one: kind of event → model.
ROWS: dict[str, Any] = {ACCOUNT: Account, SESSION: Session, TOKEN: Token, HOOK: Hook}
_SYSTEM = ("系统", "store")
_LONG = 64


def tell_upload(conn: Connection, batch: int) -> None:
    """Of a batch as it stands; the last word counts."""
    row = conn.execute(select(Upload.__table__).where(Upload.id == batch)).mappings().one()
    told = {"batch": batch, "facts": facts_of(row)}
    events.note(conn, UPLOAD, row["uploaded_by"], row["uploaded_from"], told)


def tell_profile(conn: Connection, number: int) -> None:
    """Of a profile as it stands, or that it is gone."""
    table = MappingProfile.__table__
    row = conn.execute(select(table).where(table.c.id == number)).mappings().first()
    events.note(conn, PROFILE, *_SYSTEM, {"id": number, "row": row and digest_of(row)})


def tell_row(
    conn: Connection, kind: str, number: int, who: str, source: str, about: Mapping[str, Any]
) -> None:
    """Of an account, a session or a token as it stands. about: what was done, for the log; no
    secrets."""
    table = ROWS[kind].__table__
    row = conn.execute(select(table).where(table.c.id == number)).mappings().one()
    events.note(conn, kind, who, source, {**about, "id": number, "row": digest_of(row)})


def keep_value(conn: Connection, key: str, value: str, dropped: Sequence[str] = ()) -> None:
    """Put a single value that is derived from nothing. dropped: keys that go with it."""
    meta.put(conn, key, value)
    meta.drop(conn, dropped)
    told = {"key": key, "value": held(value), "dropped": list(dropped)}
    events.note(conn, VALUE, *_SYSTEM, told)


def facts_of(row: RowMapping | Mapping[str, Any]) -> str:
    """Hash of an upload's columns but what an undo changes: that follows from the undo's own."""
    values = dict(row)
    values["undone_by"] = None
    if values["state"] == "undone":
        values["state"] = "done"
    return digest_of(values)


def digest_of(row: RowMapping | Mapping[str, Any]) -> str:
    return _sha256(orjson.dumps(dict(row), option=orjson.OPT_SORT_KEYS))


def held(value: str) -> str:
    """How an event holds a single value: a short one itself, a long one by its hash."""
    return value if len(value) < _LONG else f"sha256:{_sha256(value.encode())}"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Told:
    """What the events say: batch → hash of its facts; profile → hash of its row; key → its value
    as events hold it; kind of ROWS and number → hash of the row. last_profile: the highest number
    ever given."""

    uploads: dict[int, str] = field(default_factory=dict)
    profiles: dict[int, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    rows: dict[tuple[str, int], str] = field(default_factory=dict)
    last_profile: int = 0


def told(conn: Connection) -> Told:
    """Everything that events hold, in their order."""
    found = Told()
    for kind, about in _about(conn):
        if kind == UPLOAD:
            found.uploads[about["batch"]] = about["facts"]
        elif kind == PROFILE:
            found.last_profile = max(found.last_profile, about["id"])
            found.profiles[about["id"]] = about["row"]
            if about["row"] is None:
                del found.profiles[about["id"]]
        elif kind in ROWS:
            found.rows[kind, about["id"]] = about["row"]
        else:
            found.values[about["key"]] = about["value"]
            for key in about["dropped"]:
                found.values.pop(key, None)
    return found


def _about(conn: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    query = select(Event.kind, Event.told).where(Event.kind.in_([UPLOAD, PROFILE, VALUE, *ROWS]))
    for kind, text in conn.execute(query.order_by(Event.seq)):
        yield kind, orjson.loads(text)
