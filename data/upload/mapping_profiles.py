"""Named assignments of columns, offered for the next file with the same columns.

A profile is kept when a file that it was made for is accepted, in that file's transaction. Its name
belongs to one kind and one set of columns; a name that somebody else took meanwhile is not taken
from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from data.errors import NotFound, SupervisionError
from data.store import meta
from data.store.facts import tell_profile
from data.store.models import MappingProfile, Upload
from data.upload.request import KeepProfile

_MOST_LETTERS = 40
_GONE = "这个方案已被别人改名或删除，请刷新页面后再看。"
_p = MappingProfile
_COLUMNS = (_p.id, _p.name, _p.kind, _p.signature, _p.mapping, _p.saved_at)


@dataclass(frozen=True, slots=True)
class Profile:
    """mapping: header → {"field": … or None, "unit": name of an AreaUnit}. saved_at: UTC."""

    id: int
    name: str
    kind: str
    signature: str
    mapping: dict[str, Any]
    saved_at: datetime

    @property
    def version(self) -> str:
        return self.saved_at.isoformat()


@dataclass(frozen=True, slots=True)
class Listed:
    """A profile with the uploads that used it: how many stand, and the last one's number."""

    profile: Profile
    uses: int
    last_batch: int | None


def profile_for(conn: Connection, kind: str | None, signature: str) -> Profile | None:
    """The last profile that was saved for files with these columns (mapping.signature); kind:
    None where the file's kind is not known yet."""
    query = select(*_COLUMNS).where(_p.signature == signature)
    if kind is not None:
        query = query.where(_p.kind == kind)
    row = conn.execute(query.order_by(_p.saved_at.desc(), _p.id.desc()).limit(1)).first()
    return Profile(*row) if row else None


def profile_named(conn: Connection, name: str) -> Profile | None:
    row = conn.execute(select(*_COLUMNS).where(_p.name == name)).first()
    return Profile(*row) if row else None


def list_profiles(conn: Connection) -> list[Listed]:
    """Every profile by name, with its uploads that still stand."""
    number = Upload.options["profile"]["id"].as_integer().label("number")
    used = select(number, Upload.id).where(Upload.state == "done").subquery()
    query = select(used.c.number, func.count(), func.max(used.c.id)).group_by(used.c.number)
    uses = {number: (count, last) for number, count, last in conn.execute(query)}
    rows = conn.execute(select(*_COLUMNS).order_by(_p.name)).all()
    return [Listed(Profile(*row), *uses.get(row.id, (0, None))) for row in rows]


def wanted(conn: Connection, name: str, kind: str, signature: str) -> KeepProfile:
    """A name to keep an assignment under, once the file is accepted.

    Raises SupervisionError for a name that cannot be one, or that other columns have.
    """
    name = _checked(name)
    known = profile_named(conn, name)
    if known is not None and (known.kind, known.signature) != (kind, signature):
        raise SupervisionError(
            f"已有名为“{name}”的方案，用于另一种列。请换一个名字，"
            "或先在上传页的“列的对应方案”里把它改名、删除。"
        )
    return KeepProfile(name, signature, known.version if known else None)


def keep(
    conn: Connection, asked: KeepProfile, kind: str, mapping: Mapping[str, Any]
) -> tuple[Profile, str | None]:
    """Keep an assignment; the same name for the same columns is replaced. Call inside write().

    Returns the profile, and a sentence where it had to take another name because somebody saved one
    of this name after the preview.
    """
    known = profile_named(conn, asked.name)
    values = {
        "kind": kind,
        "signature": asked.signature,
        "mapping": dict(mapping),
        "saved_at": datetime.now(UTC).replace(tzinfo=None),
    }
    if known is not None and known.version == asked.replaces:
        conn.execute(update(_p).where(_p.id == known.id).values(**values))
        tell_profile(conn, known.id)
        return _named(conn, asked.name), None
    name, said = asked.name, None
    if known is not None:
        if (known.kind, known.signature, known.mapping) == (kind, asked.signature, dict(mapping)):
            return known, None
        name = _free_name(conn, asked.name)
        said = f"“{asked.name}”在预览之后被别人存过，列的对应另存为方案“{name}”。"
    number = meta.next_number(conn, "next:mapping_profile")
    conn.execute(insert(_p).values(id=number, name=name, **values))
    tell_profile(conn, number)
    return _named(conn, name), said


def rename(conn: Connection, number: int, was: str, name: str) -> None:
    """Call inside write(). was: the name that the user saw. Raises SupervisionError."""
    name = _checked(name)
    known = profile_named(conn, name)
    if known is not None and known.id != number:
        raise SupervisionError(f"已有名为“{name}”的方案，请换一个名字。")
    changed = conn.execute(update(_p).where(_p.id == number, _p.name == was).values(name=name))
    if changed.rowcount == 0:
        raise NotFound(_GONE)
    tell_profile(conn, number)


def drop(conn: Connection, number: int, was: str) -> None:
    """Call inside write(). Uploads that used it stay as they are. Raises NotFound."""
    if conn.execute(delete(_p).where(_p.id == number, _p.name == was)).rowcount == 0:
        raise NotFound(_GONE)
    tell_profile(conn, number)


def _named(conn: Connection, name: str) -> Profile:
    found = profile_named(conn, name)
    assert found is not None
    return found


def _checked(name: str) -> str:
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not name or len(name) > _MOST_LETTERS:
        raise SupervisionError(f"方案名称应为 1 到 {_MOST_LETTERS} 个字，请修改后再试。")
    return name


def _free_name(conn: Connection, name: str) -> str:
    number = 2
    while profile_named(conn, f"{name}（{number}）") is not None:
        number += 1
    return f"{name}（{number}）"
