"""The history of uploads: what came in, when, from whom, and what it changed."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, distinct, exists, func, select, true
from sqlalchemy.orm import aliased

from data.errors import NotFound
from data.scope import Scope
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


def upload_list(
    conn: Connection, scope: Scope, limit: int = 50, offset: int = 0
) -> list[dict[str, Any]]:
    """Batches that files brought, newest first: every column of `upload` but issues and
    stored_path.

    Who sees some districts only sees the batches that changed patches of these, and of each what it
    did to them: the file itself, its returned rows and its counts may speak of others.
    """
    query = select(*_LISTED).where(Upload.state != "entry", batches_seen_by(scope))
    query = query.order_by(Upload.id.desc()).limit(limit).offset(offset)
    found = [dict(row) for row in conn.execute(query).mappings()]
    return [_own_part(conn, scope, row) for row in found]


def upload_count(conn: Connection, scope: Scope) -> int:
    files = select(func.count()).select_from(Upload)
    return conn.scalar(files.where(Upload.state != "entry", batches_seen_by(scope))) or 0


def _records_of(scope: Scope) -> Any:
    """Condition on records of the history: they are about patches that the reader sees."""
    if scope.districts is None:
        return true()
    p = aliased(Patch)
    own = select(p.id).where(p.district_code.in_(sorted(scope.districts)))
    return History.patch_id.in_(own)


def batches_seen_by(scope: Scope) -> Any:
    """Condition on uploads."""
    if scope.districts is None:
        return true()
    return exists().where(History.batch_id == Upload.id, _records_of(scope))


def _own_part(conn: Connection, scope: Scope, row: dict[str, Any]) -> dict[str, Any]:
    """A batch as a reader with this scope may see it."""
    if scope.districts is None:
        return row
    records = conn.execute(
        select(History.op, func.count(distinct(History.row_key)))
        .where(History.batch_id == row["id"], _records_of(scope))
        .group_by(History.op)
    )
    counted: dict[str, int] = {row.op: row[1] for row in records}
    inserted, updated = counted.get("insert", 0), counted.get("update", 0)
    own = {"inserted": inserted, "updated": updated, "rows": inserted + updated}
    none = {"unchanged": 0, "rejected": 0, "ended": 0, "warnings": 0}
    hidden: dict[str, Any] = {"report_path": None, "stored_path": None, "issues": []}
    hidden |= {"file_size": 0, "file_sha256": "", "options": {}}
    return row | own | none | {name: value for name, value in hidden.items() if name in row}


def upload_detail(
    conn: Connection, scope: Scope, batch_id: int, changes: int = 200
) -> dict[str, Any]:
    """A batch with its issues and the first of its records in the history, as upload_list shows it.

    changes: {entity, row_key (with the patch's number where it is in the store), op, before,
    after} with before and after as dictionaries of the
    columns that a user knows; changes_total: how many records there are. Raises NotFound, also for
    a batch that the reader may not see.
    """
    row = (
        conn.execute(
            select(*_LISTED, Upload.issues, Upload.stored_path).where(
                Upload.id == batch_id, batches_seen_by(scope)
            )
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
        .where(h.batch_id == batch_id, _records_of(scope))
        # update, insert, delete: what changed is looked at first; then by number, as lists are
        .order_by(h.op.desc(), func.coalesce(Patch.patch_no, h.row_key), h.row_key, h.seq)
        .limit(changes)
    )
    counted = select(func.count()).select_from(h)
    total = conn.scalar(counted.where(h.batch_id == batch_id, _records_of(scope)))
    return {
        **_own_part(conn, scope, dict(row)),
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


def last_of_kind(
    conn: Connection, scope: Scope, kind: str, year: int | None
) -> dict[str, Any] | None:
    """The latest upload of a kind and work year that still stands: id, file_name, file_size,
    file_sha256, stored_path, options."""
    u = Upload
    row = (
        conn.execute(
            select(u.id, u.file_name, u.file_size, u.file_sha256, u.stored_path, u.options)
            .where(u.kind == kind, u.year == year, u.state == "done", batches_seen_by(scope))
            .order_by(u.id.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    return dict(row) if row else None


def last_with(conn: Connection, scope: Scope, sha256: str, kind: str) -> dict[str, Any] | None:
    """The last batch that this very file made as this kind and that stands: {batch, file_name,
    uploaded_at (ISO, UTC), uploaded_by}."""
    u = Upload
    row = conn.execute(
        select(u.id, u.file_name, u.uploaded_at, u.uploaded_by)
        .where(u.file_sha256 == sha256, u.kind == kind, u.state == "done", batches_seen_by(scope))
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
