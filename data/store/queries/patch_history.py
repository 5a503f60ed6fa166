"""The uploads behind a patch and the changes of its data that `history` keeps."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from data.store.history import key_columns
from data.store.models import Base, History, Upload

#: Columns that say nothing to a reader: bookkeeping and what is derived from the others.
_SILENT = frozenset(
    {
        "id", "batch_id", "source_hash", "patch_id", "level_rank", "is_founding", "min_lon",
        "min_lat", "max_lon", "max_lat", "lon", "lat", "place_source",
    }
)  # fmt: skip

UploadRow = dict[str, Any]


def uploads_by_id(conn: Connection, batches: Collection[int]) -> dict[int, UploadRow]:
    """These uploads by batch number. Keys: id, kind, file_name, uploaded_at (UTC), uploaded_by."""
    u = Upload
    query = select(u.id, u.kind, u.file_name, u.uploaded_at, u.uploaded_by).where(
        u.id.in_(sorted(set(batches)))
    )
    return {row["id"]: dict(row) for row in conn.execute(query).mappings()}


def origins_of(conn: Connection, patch_id: int) -> dict[tuple[str, str], dict[str, int]]:
    """(table, row_key) → column → the upload that gave it the value it has."""
    h = History
    query = (
        select(h.entity, h.row_key, h.op, h.after, h.batch_id)
        .where(h.patch_id == patch_id)
        .order_by(h.seq)
    )
    origins: dict[tuple[str, str], dict[str, int]] = {}
    for row in conn.execute(query):
        known = origins.setdefault((row.entity, row.row_key), {})
        if row.op != "update":
            known.clear()
        known.update(dict.fromkeys(json.loads(row.after) if row.after else {}, row.batch_id))
    return origins


def _key(entity: str, row_key: str) -> dict[str, str]:
    """The natural key but for the patch itself: {"parcel_no": "1"}; empty for the patch's row."""
    names = key_columns(Base.metadata.tables[entity])
    if names[0] != "patch_id":
        return {}
    parts = row_key.split("/", len(names) - 1)
    return dict(zip(names[1:], parts[1:], strict=True))


def changes_of(conn: Connection, patch_id: int) -> list[dict[str, Any]]:
    """Updates and deletions of the patch's data, newest first; insertions are the timeline's.

    Keys: at (ISO, UTC), batch_id, upload_name, entity (table), key (natural key but for the patch,
    column → text), op (update, delete), fields: [{field, old, new}] with the values as stored.
    """
    h = History
    query = (
        select(h.seq, h.at, h.batch_id, h.entity, h.row_key, h.op, h.before, h.after)
        .where(h.patch_id == patch_id, h.op != "insert")
        .order_by(h.seq.desc())
    )
    rows = list(conn.execute(query))
    uploads = uploads_by_id(conn, {row.batch_id for row in rows})
    changes = []
    for row in rows:
        before: dict[str, Any] = json.loads(row.before) if row.before else {}
        after: dict[str, Any] = json.loads(row.after) if row.after else {}
        names = [name for name in {**before, **after} if name not in _SILENT]
        fields = [
            {"field": name, "old": before.get(name), "new": after.get(name)}
            for name in names
            if before.get(name) != after.get(name)
        ]
        if fields:
            upload = uploads.get(row.batch_id, {})
            changes.append(
                {
                    "at": row.at,
                    "batch_id": row.batch_id,
                    "upload_name": upload.get("file_name"),
                    "entity": row.entity,
                    "key": _key(row.entity, row.row_key),
                    "op": row.op,
                    "fields": fields,
                }
            )
    return changes
