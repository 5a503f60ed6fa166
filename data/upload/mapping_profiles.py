"""Named assignments of columns, offered for the next file with the same columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from data.errors import SupervisionError
from data.store import meta
from data.store.models import MappingProfile

_MOST_LETTERS = 40


@dataclass(frozen=True, slots=True)
class Profile:
    """mapping: header → {"field": … or None, "unit": name of an AreaUnit or None}."""

    name: str
    kind: str
    mapping: dict[str, Any]


def profile_for(conn: Connection, kind: str | None, signature: str) -> Profile | None:
    """The last profile that was saved for files with these columns (mapping.signature); kind:
    None where the file's kind is not known yet."""
    p = MappingProfile
    query = select(p.name, p.kind, p.mapping).where(p.signature == signature)
    if kind is not None:
        query = query.where(p.kind == kind)
    row = conn.execute(query.order_by(p.saved_at.desc(), p.id.desc()).limit(1)).first()
    return Profile(*row) if row else None


def save_profile(
    conn: Connection, name: str, kind: str, signature: str, mapping: Mapping[str, Any]
) -> None:
    """Keep an assignment under a name; the same name again replaces it. Call inside write().

    Raises SupervisionError for a name that cannot be one.
    """
    name = name.strip()
    if not name or len(name) > _MOST_LETTERS:
        raise SupervisionError(f"方案名称应为 1 到 {_MOST_LETTERS} 个字，请修改后再保存。")
    values = {
        "kind": kind,
        "signature": signature,
        "mapping": dict(mapping),
        "saved_at": datetime.now(UTC).replace(tzinfo=None),
    }
    p = MappingProfile
    changed = conn.execute(update(p).where(p.name == name).values(**values))
    if changed.rowcount == 0:
        number = meta.next_number(conn, "next:mapping_profile")
        conn.execute(insert(p).values(id=number, name=name, **values))
