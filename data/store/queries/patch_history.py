"""The uploads behind a patch and the changes of its data that `history` keeps."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from data.store.models import History, Upload

#: Columns that say nothing to a reader: bookkeeping and what is derived from the others.
_SILENT = frozenset(
    {
        "id", "batch_id", "source_hash", "patch_id", "level_rank", "is_founding", "min_lon",
        "min_lat", "max_lon", "max_lat", "lon", "lat", "place_source",
    }
)  # fmt: skip

UploadRow = dict[str, Any]


def uploads_by_id(conn: Connection, patch_id: int) -> dict[int, UploadRow]:
    """Every upload that touched the patch or a row of it, by batch number.

    Keys: id, kind, file_name, uploaded_at (UTC), uploaded_by, state.
    """
    u = Upload
    touched = select(History.batch_id).where(History.patch_id == patch_id).distinct()
    query = select(u.id, u.kind, u.file_name, u.uploaded_at, u.uploaded_by, u.state).where(
        u.id.in_(touched)
    )
    return {row["id"]: dict(row) for row in conn.execute(query).mappings()}


def changes_of(
    conn: Connection, patch_id: int, uploads: dict[int, UploadRow]
) -> list[dict[str, Any]]:
    """Updates and deletions of the patch's data, newest first; insertions are the timeline's.

    Keys: at (ISO, UTC), batch_id, upload_name, entity (table), row_key, op (update, delete),
    fields: [{field, old, new}] with the values as they were stored.
    """
    h = History
    query = (
        select(h.seq, h.at, h.batch_id, h.entity, h.row_key, h.op, h.before, h.after)
        .where(h.patch_id == patch_id, h.op != "insert")
        .order_by(h.seq.desc())
    )
    changes = []
    for row in conn.execute(query):
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
                    "row_key": row.row_key,
                    "op": row.op,
                    "fields": fields,
                }
            )
    return changes
