"""What came after a moment: the batches that a look at what was known then leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, distinct, func, select

from data.scope import Scope
from data.store.models import History, Patch, Upload
from data.store.queries.uploads import batches_seen_by
from data.store.replay import committed, past_at
from data.vocabulary import UploadKind

#: Numbers of patches that are named of one batch.
NAMED = 200


@dataclass(frozen=True, slots=True)
class Later:
    """at: of its commit, UTC. what: in words. patches: how many it changed (that the reader sees),
    patch_nos the first of them. by: whose it was."""

    batch: int
    at: datetime
    kind: str
    state: str
    what: str
    by: str
    patches: int
    patch_nos: tuple[str, ...] = ()


def later_than(
    conn: Connection, scope: Scope, moment: datetime, *, names: bool = False
) -> list[Later]:
    """Newest first. conn: of the store as it is now. Who sees some districts only sees the batches
    that changed patches of these. names: with the patches' numbers."""
    past = past_at(conn, moment)
    if past is None:
        return []
    when = dict(committed(conn))
    u, h = Upload, History
    query = select(u.id, u.kind, u.state, u.file_name, u.uploaded_by, u.options)
    rows = conn.execute(
        query.where(u.id > past.batch, batches_seen_by(scope)).order_by(u.id.desc())
    ).all()
    own = select(Patch.id)
    if scope.districts is not None:
        own = own.where(Patch.district_code.in_(sorted(scope.districts)))
    touched = select(h.batch_id, func.count(distinct(h.patch_id))).where(
        h.batch_id > past.batch, h.patch_id.is_not(None)
    )
    if scope.districts is not None:
        touched = touched.where(h.patch_id.in_(own))
    counts = {row[0]: row[1] for row in conn.execute(touched.group_by(h.batch_id))}
    return [
        Later(
            row.id,
            when[row.id],
            row.kind,
            row.state,
            _words(row.kind, row.state, row.file_name, row.options),
            row.uploaded_by if scope.districts is None else "",
            counts.get(row.id, 0),
            _numbers(conn, scope, row.id) if names else (),
        )
        for row in rows
    ]


def _numbers(conn: Connection, scope: Scope, batch: int) -> tuple[str, ...]:
    touched = select(History.patch_id).where(History.batch_id == batch)
    query = select(Patch.patch_no).where(Patch.id.in_(touched)).order_by(Patch.patch_no)
    if scope.districts is not None:
        query = query.where(Patch.district_code.in_(sorted(scope.districts)))
    return tuple(conn.scalars(query.limit(NAMED)))


def _words(kind: str, state: str, name: str, options: dict[str, object] | None) -> str:
    labels = {known.value: known.label for known in UploadKind}
    if state == "undo":
        return f"撤回批次{(options or {}).get('undoes', '')}“{labels.get(kind, kind)}”"
    if kind in labels:
        return f"上传“{labels[kind]}”"
    return {"rule": "参数调整：", "record": "登记："}.get(kind, "") + name
