"""Taking a batch back, from what the history says it changed, as long as nothing built on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import Connection, Date, Row, Table, select, update

from data.errors import NotFound, SupervisionError
from data.store import history
from data.store.models import Base, GeometryArchive, History, Upload
from data.store.places import batches_naming
from data.store.seeding import first_rows
from data.store.writing import PLACES, TableChange, UploadRecord, apply_changes, plain

_CHUNK = 1_000
#: What has to change besides once a batch is taken back, seen from the state after it.
Settle = Callable[[Connection, int], list[TableChange]]


def undo_batch(
    conn: Connection, batch_id: int, who: str, where: str = "cli", settle: Settle | None = None
) -> int:
    """Take a batch back; returns the number of the batch that records it.

    settle: for a batch that changed units, towns or boundaries: gives the changes of patches that
    were placed by them (data/upload/placed_again.py). Raises NotFound for an unknown batch,
    SupervisionError naming the later batches that built on it, or where it has been taken back
    already.
    """
    batch = conn.execute(select(Upload).where(Upload.id == batch_id)).mappings().first()
    if batch is None:
        raise NotFound(f"没有批次{batch_id}。请在上传历史中查看批次号。")
    if batch["state"] == "undone":
        raise SupervisionError(f"批次{batch_id}已由批次{batch['undone_by']}撤回，无需再撤。")
    if batch["state"] == "undo":
        raise SupervisionError(f"批次{batch_id}本身是一次撤回，不能再撤；请重新上传原文件。")
    if batch["state"] == "entry":
        raise SupervisionError(f"批次{batch_id}是人工登记，不能撤回上传；请撤销登记，或另设新值。")
    _refuse_if_built_upon(conn, batch_id)
    table = History.__table__
    records = list(
        conn.execute(select(table).where(table.c.batch_id == batch_id).order_by(table.c.seq))
    )
    changes = _reversed(conn, records)
    if settle is not None and any(change.table in PLACES for change in changes):
        changes += _settled(conn, batch_id, changes, settle)
    undo_id = apply_changes(
        conn,
        UploadRecord(
            kind=batch["kind"],
            layer=batch["layer"],
            year=batch["year"],
            file_name=batch["file_name"],
            file_size=batch["file_size"],
            file_sha256=batch["file_sha256"],
            uploaded_by=who,
            uploaded_from=where,
            options={"undoes": batch_id},
            rows=len(records),
            state="undo",
        ),
        changes,
    )
    conn.execute(
        update(Upload).where(Upload.id == batch_id).values(state="undone", undone_by=undo_id)
    )
    return undo_id


class _SeenEnough(Exception):
    """Ends the rehearsal."""


def _settled(
    conn: Connection, batch_id: int, changes: list[TableChange], settle: Settle
) -> list[TableChange]:
    """What `settle` finds in the state that the changes lead to."""
    found: list[TableChange] = []
    try:
        with conn.begin_nested():
            apply_changes(conn, UploadRecord("undo", "", 0, "", "", ""), changes)
            found = settle(conn, batch_id)
            raise _SeenEnough
    except _SeenEnough:
        pass
    return found


def _standing(batch_id: int) -> Any:
    """Later batches that still stand: neither taken back nor themselves a taking-back."""
    stands = Upload.state.in_(["done", "entry"])
    return (History.batch_id == Upload.id) & (Upload.id > batch_id) & stands


def _refuse_if_built_upon(conn: Connection, batch_id: int) -> None:
    later: set[int] = set()
    own = select(History.entity, History.row_key).where(History.batch_id == batch_id).subquery()
    same_rows = (
        select(History.batch_id)
        .join(Upload, _standing(batch_id))
        .join(own, (own.c.entity == History.entity) & (own.c.row_key == History.row_key))
        .distinct()
    )
    later.update(conn.scalars(same_rows))
    # what hangs on a patch or parcel that this batch brought was built on it
    brought = (
        select(History.patch_id)
        .where(
            History.batch_id == batch_id,
            History.entity.in_(["patch", "parcel"]),
            History.op == "insert",
        )
        .subquery()
    )
    hanging = (
        select(History.batch_id)
        .join(Upload, _standing(batch_id))
        .join(brought, brought.c.patch_id == History.patch_id)
        .where(History.entity != "patch")
        .distinct()
    )
    later.update(conn.scalars(hanging))
    later.update(_of_new_units(conn, batch_id))
    if later:
        names = "、".join(str(i) for i in sorted(later)[:10])
        raise SupervisionError(
            f"批次{batch_id}不能撤回：其后的批次{names}改动了同样的数据，"
            "或挂在它的图斑、区市上。"
            "请先撤回这些批次。"
        )


def _of_new_units(conn: Connection, batch_id: int) -> set[int]:
    """Later batches whose rows name units that this batch brought. Patches that were placed by a
    boundary are not among them: they are placed again."""
    brought = select(History.row_key).where(
        History.batch_id == batch_id, History.entity == "district", History.op == "insert"
    )
    codes = list(conn.scalars(brought))
    standing = select(Upload.id).where(Upload.state.in_(["done", "entry"]))
    return batches_naming(conn, codes, batch_id) & set(conn.scalars(standing))


def _reversed(conn: Connection, records: list[Row[Any]]) -> list[TableChange]:
    """Insertions become deletions (children before what they hang on), deletions insertions (the
    other way round), changes go back."""
    by_table: dict[str, list[Row[Any]]] = {}
    for record in records:
        by_table.setdefault(record.entity, []).append(record)
    order = [table.name for table in history.recorded_tables()]
    changes = [
        _table_change(conn, Base.metadata.tables[name], by_table[name])
        for name in sorted(by_table, key=order.index)
    ]
    gone = [TableChange(c.table, deletes=c.deletes) for c in reversed(changes)]
    back = [replace(change, deletes=None) for change in changes]
    return [*gone, *back]


def _table_change(conn: Connection, table: Table, records: list[Row[Any]]) -> TableChange:
    mapper: Any = next(m for m in Base.registry.mappers if m.local_table is table)
    change = TableChange(mapper.class_)
    inserted = [r.row_key for r in records if r.op == "insert"]
    updated = {r.row_key: orjson.loads(r.before) for r in records if r.op == "update"}
    deleted = [orjson.loads(r.before) for r in records if r.op == "delete"]
    live = _live_rows(conn, table, [*inserted, *updated], records)
    if inserted:
        change.deletes = pd.DataFrame([live[key] for key in inserted], dtype=object)
    if updated:
        before = [live[key] for key in updated]
        after = [
            {**live[key], **_forgotten(table), **_restored(conn, table, old)}
            for key, old in updated.items()
        ]
        change.updates_before = plain(pd.DataFrame(before, dtype=object))
        change.updates_after = plain(pd.DataFrame(after, dtype=object))
    if deleted:
        rows = [{**_forgotten(table), **_restored(conn, table, old)} for old in deleted]
        if table.name == "reference_feature":
            _whence(conn, rows)
        change.inserts = plain(pd.DataFrame(rows, dtype=object))
    return change


def _whence(conn: Connection, features: list[dict[str, Any]]) -> None:
    """Give features back the batch that brought them; those that were shipped have none, also
    when they have been brought back before."""
    shipped = {row["id"] for table, row in first_rows(conn) if "id" in row}
    brought = select(History.row_key, History.batch_id).where(
        History.entity == "reference_feature", History.op == "insert"
    )
    rows = conn.execute(brought.order_by(History.seq.desc()))  # the first one counts
    batches = {row.row_key: row.batch_id for row in rows}
    for feature in features:
        is_shipped = feature["id"] in shipped
        feature["batch_id"] = None if is_shipped else batches.get(str(feature["id"]))


def _forgotten(table: Table) -> dict[str, Any]:
    """Records did not tell of file rows before: there, the same file again is compared anew."""
    return {"source_hash": 0} if "source_hash" in table.c else {}


def _live_rows(
    conn: Connection, table: Table, keys: list[str], records: list[Row[Any]]
) -> dict[str, dict[str, Any]]:
    """The rows as they are now, by natural key."""
    name = history.identity(table)
    known = [orjson.loads(r.after)[name] for r in records if r.op == "insert"]
    found = _rows_of(conn, table, known)
    missing = [key for key in keys if key not in found]
    if missing:
        ids = _ids_of(conn, table, missing) if name == "id" else missing
        found |= _rows_of(conn, table, ids)
    return found


def _rows_of(conn: Connection, table: Table, ids: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """Row key → row. ids: of their identity."""
    column = table.c[history.identity(table)]
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(ids), _CHUNK):
        query = select(table).where(column.in_(ids[start : start + _CHUNK]))
        for row in conn.execute(query).mappings():
            found[history.row_key(table, dict(row))] = dict(row)
    return found


def _ids_of(conn: Connection, table: Table, keys: list[str]) -> list[int]:
    """Row ids of natural keys, from the record that inserted each."""
    ids: dict[str, int] = {}
    for start in range(0, len(keys), _CHUNK):
        query = (
            select(History.row_key, History.after)
            .where(
                History.entity == table.name,
                History.op == "insert",
                History.row_key.in_(keys[start : start + _CHUNK]),
            )
            .order_by(History.seq)
        )
        for key, after in conn.execute(query):
            ids[key] = orjson.loads(after or "{}")["id"]
    return list(ids.values())


def _restored(conn: Connection, table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """Recorded values as the table holds them: dates parsed, geometry from the archive."""
    restored: dict[str, Any] = {}
    for name, value in values.items():
        if value is not None and isinstance(table.c[name].type, Date):
            value = date.fromisoformat(value)
        if name == "geom" and value is not None:
            digest = value.removeprefix("sha256:")
            archive = GeometryArchive
            value = conn.scalar(select(archive.geom).where(archive.digest == digest))
        restored[name] = value
    return restored
