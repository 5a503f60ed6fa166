"""The history of uploads: what came in, when, from whom, and what it changed."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from data.errors import NotFound
from data.store.models import History, Patch, Upload

_LISTED = (
    Upload.id,
    Upload.kind,
    Upload.layer,
    Upload.year,
    Upload.state,
    Upload.file_name,
    Upload.file_size,
    Upload.file_sha256,
    Upload.report_path,
    Upload.uploaded_at,
    Upload.uploaded_by,
    Upload.uploaded_from,
    Upload.options,
    Upload.rows,
    Upload.inserted,
    Upload.updated,
    Upload.unchanged,
    Upload.rejected,
    Upload.ended,
    Upload.warnings,
    Upload.data_version,
    Upload.undone_by,
)
#: Columns that the machine keeps for itself.
_UNTOLD = frozenset(
    {"id", "batch_id", "source_hash", "patch_id", "level_rank", "is_founding", "place_source"}
)


def upload_list(conn: Connection, limit: int = 50, offset: int = 0) -> list[dict[str, Any]]:
    """Batches that files brought, newest first: every column of `upload` but issues and
    stored_path."""
    query = select(*_LISTED).where(Upload.state != "entry")
    query = query.order_by(Upload.id.desc()).limit(limit).offset(offset)
    return [dict(row) for row in conn.execute(query).mappings()]


def upload_count(conn: Connection) -> int:
    files = Upload.state != "entry"
    return conn.scalar(select(func.count()).select_from(Upload).where(files)) or 0


def upload_detail(conn: Connection, batch_id: int, changes: int = 200) -> dict[str, Any]:
    """A batch with its issues and the first of its records in the history.

    changes: {entity, row_key (with the patch's number where it is in the store), op, before,
    after} with before and after as dictionaries of the
    columns that a user knows; changes_total: how many records there are. Raises NotFound.
    """
    row = (
        conn.execute(
            select(*_LISTED, Upload.issues, Upload.stored_path).where(Upload.id == batch_id)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound(f"没有批次{batch_id}。请在上传历史中查看批次号。")
    h = History
    records = conn.execute(
        select(h.entity, h.row_key, h.op, h.before, h.after, Patch.year, Patch.patch_no)
        .outerjoin(Patch, Patch.id == h.patch_id)
        .where(h.batch_id == batch_id)
        .order_by(h.op.desc(), h.seq)  # update, insert, delete: what changed is looked at first
        .limit(changes)
    )
    total = conn.scalar(select(func.count()).select_from(h).where(h.batch_id == batch_id))
    return {
        **row,
        "changes": [
            {
                "entity": r.entity,
                "row_key": _named(r.entity, r.row_key, r.year, r.patch_no),
                "op": r.op,
                "before": _told(r.before),
                "after": _told(r.after),
            }
            for r in records
        ],
        "changes_total": total or 0,
    }


def last_of_kind(conn: Connection, kind: str, year: int | None) -> dict[str, Any] | None:
    """The latest upload of a kind and work year that still stands: id, file_name, file_size,
    file_sha256, stored_path, options."""
    u = Upload
    row = (
        conn.execute(
            select(u.id, u.file_name, u.file_size, u.file_sha256, u.stored_path, u.options)
            .where(u.kind == kind, u.year == year, u.state == "done")
            .order_by(u.id.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    return dict(row) if row else None


def batch_of_file(conn: Connection, sha256: str, not_before: Any) -> int | None:
    """The last batch that brought this very file since a moment (UTC)."""
    return conn.scalar(
        select(Upload.id)
        .where(
            Upload.file_sha256 == sha256,
            Upload.uploaded_at >= not_before,
            Upload.state == "done",
        )
        .order_by(Upload.id.desc())
        .limit(1)
    )


def last_with(conn: Connection, sha256: str, kind: str) -> dict[str, Any] | None:
    """The last batch that this very file made as this kind and that stands: {batch, file_name,
    uploaded_at (ISO, UTC), uploaded_by}."""
    u = Upload
    row = conn.execute(
        select(u.id, u.file_name, u.uploaded_at, u.uploaded_by)
        .where(u.file_sha256 == sha256, u.kind == kind, u.state == "done")
        .order_by(u.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return {
        "batch": row.id,
        "file_name": row.file_name,
        "uploaded_at": row.uploaded_at.isoformat(),
        "uploaded_by": row.uploaded_by,
    }


def _named(entity: str, row_key: str, year: int | None, patch_no: str | None) -> str:
    """The natural key with the patch by year and number; children name it by its id."""
    if patch_no is None or entity == "patch":
        return row_key
    return "/".join((str(year), patch_no, *row_key.split("/")[1:]))


def _told(text: str | None) -> dict[str, Any]:
    values: dict[str, Any] = orjson.loads(text) if text else {}
    return {k: v for k, v in values.items() if k not in _UNTOLD and k != "geom"}
