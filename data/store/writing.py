"""Writing a batch: rows, history, boxes and summary in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, TypeGuard

import numpy as np
import orjson
import pandas as pd
from sqlalchemy import Connection, Date, Table, delete, func, insert, select

from data.store import history, meta, summary
from data.store.dialect import bulk_insert, bulk_update, index_boxes, unindex_boxes
from data.store.history import Record
from data.store.models import Base, Upload

Progress = Callable[[str, int, int], None]
DATA_VERSION_KEY = "data_version"
_BOX = ["min_lon", "max_lon", "min_lat", "max_lat"]
_CHUNK = 1_000
_ROWS_AT_ONCE = 10_000


@dataclass
class TableChange:
    """Changes of one table (ORM class). Frames have object columns with None for no value.

    inserts: every column but id and batch_id. updates_before / updates_after: the same columns
    (all, or some with id and the natural key), the same rows in the same order. deletes: full rows.
    """

    table: Any
    inserts: pd.DataFrame | None = None
    updates_before: pd.DataFrame | None = None
    updates_after: pd.DataFrame | None = None
    deletes: pd.DataFrame | None = None


@dataclass
class UploadRecord:
    """The batch as the history of uploads shows it: columns of `upload`."""

    kind: str
    file_name: str
    file_size: int
    file_sha256: str
    uploaded_by: str
    uploaded_from: str
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    ended: int = 0
    warnings: int = 0
    year: int | None = None
    layer: str | None = None
    stored_path: str | None = None
    report_path: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    issues: list[Any] = field(default_factory=list)
    state: str = "done"


def apply_changes(
    conn: Connection,
    upload: UploadRecord,
    changes: Sequence[TableChange],
    on_progress: Progress | None = None,
) -> int:
    """Write a batch and return its number. Call inside Store.write()."""
    batch_id = meta.next_number(conn, "next:upload")
    version = int(meta.get(conn, DATA_VERSION_KEY) or 0) + 1
    conn.execute(
        insert(Upload).values(
            id=batch_id, uploaded_at=_now(), data_version=version, **asdict(upload)
        )
    )
    meta.put(conn, DATA_VERSION_KEY, str(version))
    existing = _touched_patches(changes)
    summary.remove(conn, existing)
    records: list[Iterable[Record]] = []
    brought: list[int] = []

    def progress(frame: pd.DataFrame) -> None:
        if on_progress:
            on_progress("写入", len(frame), len(frame))

    for change in changes:
        table: Table = change.table.__table__
        rows = None
        if _has_rows(change.inserts):  # numbered before deletions, so that no number comes twice
            rows = _numbered(conn, table, batch_id, change.inserts)
        if _has_rows(change.deletes):
            records.append(_delete(conn, table, change.deletes))
            progress(change.deletes)
        if _has_rows(change.updates_after):
            assert change.updates_before is not None
            before, after = change.updates_before, change.updates_after
            records.append(_update(conn, table, batch_id, before, after))
            progress(change.updates_after)
        if rows is not None:
            records.append(_insert(conn, table, rows))
            if table.name == "patch":
                brought += [int(i) for i in rows["id"]]
            progress(rows)
    history.append(conn, batch_id, chain.from_iterable(records))
    if on_progress:
        on_progress("汇总", 0, 0)
    gone = _deleted_patches(changes)
    summary.add(conn, [i for i in {*existing, *brought} if i not in gone])
    return batch_id


def _now() -> datetime:
    """UTC without a zone, as the column keeps it on every database."""
    return datetime.now(UTC).replace(tzinfo=None)


def _touched_patches(changes: Sequence[TableChange]) -> list[int]:
    """Existing patches whose figures the changes can move."""
    touched: set[int] = set()
    for change in changes:
        name = change.table.__tablename__
        if name == "patch":
            frames, column = [change.updates_after, change.deletes], "id"
        elif name in ("parcel", "audit_decision", "enforcement_case"):
            frames, column = [change.inserts, change.updates_after, change.deletes], "patch_id"
        else:
            continue
        for frame in frames:
            if frame is not None:
                touched.update(int(i) for i in frame[column])
    return sorted(touched)


def _deleted_patches(changes: Sequence[TableChange]) -> set[int]:
    return {
        int(i)
        for change in changes
        if change.table.__tablename__ == "patch" and change.deletes is not None
        for i in change.deletes["id"]
    }


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The same frame with Python values: None for every missing value, no numpy scalars."""
    objects = frame.astype(object)
    return objects.where(objects.notna(), None)


def _columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Column → Python values; nan and NaT are None, -0.0 is 0.0: a database knows one zero."""
    return {str(name): _values(frame[name].to_numpy(dtype=object)) for name in frame.columns}


def _values(column: Any) -> list[Any]:
    listed: list[Any] = column.tolist()
    kinds = set(map(type, listed))
    if kinds <= {float, type(None)} and float in kinds:
        numbers = column.astype(np.float64) + 0.0  # None becomes nan
        missing = np.isnan(numbers)
        if not missing.any():
            return numbers.tolist()  # type: ignore[no-any-return]
        return [None if gone else n for gone, n in zip(missing, numbers.tolist(), strict=True)]
    if kinds <= {int, str, bytes, bool, date, type(None)}:
        return listed
    missing = pd.isna(column)
    return [
        None if gone else history.plain_number(value)
        for gone, value in zip(missing, listed, strict=True)
    ]


def _iso(days: list[Any]) -> list[str | None]:
    """As SQLite keeps days and a record says them."""
    texts = {day: day and day.isoformat() for day in set(days)}
    return [texts[day] for day in days]


def _in_pieces(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(frame), _ROWS_AT_ONCE):
        yield frame.iloc[start : start + _ROWS_AT_ONCE]


def _dicts(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    columns = _columns(frame)
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(columns, row, strict=True))


def _patch_id(table: Table, values: dict[str, Any]) -> int | None:
    if table.name == "patch":
        return int(values["id"])
    return values.get("patch_id")


def _has_rows(frame: pd.DataFrame | None) -> TypeGuard[pd.DataFrame]:
    return frame is not None and not frame.empty


def _numbered(conn: Connection, table: Table, batch_id: int, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with id, batch_id and the columns that have a default; an undo brings rows back
    under their old number."""
    fixed: dict[str, Any] = {
        column.name: column.default.arg  # type: ignore[attr-defined]
        for column in table.columns
        if column.default is not None and column.name not in frame
    }
    if "id" not in frame:
        least = (conn.scalar(select(func.max(table.c.id))) or 0) + 1  # seeds have no counter
        first = meta.next_number(conn, f"next:{table.name}", len(frame), least)
        fixed["id"] = range(first, first + len(frame))
    if "batch_id" not in frame or table.name != "reference_feature":
        fixed["batch_id"] = batch_id
    return frame.reset_index(drop=True).assign(**fixed)


def _insert(conn: Connection, table: Table, rows: pd.DataFrame) -> Iterator[Record]:
    """Piece by piece: the rows, then their records. Run to its end by whoever takes these."""
    if table.name == "patch":
        _index(conn, rows)
    for piece in _in_pieces(rows):
        columns = _columns(piece)
        filled = {
            name: _iso(values) if isinstance(table.c[name].type, Date) else values
            for name, values in columns.items()
            if values.count(None) < len(values)
        }
        bulk_insert(conn, table, list(filled), zip(*filled.values(), strict=True))
        for key, patch_id, said in _said(table, columns, filled):
            yield Record(table.name, key, patch_id, "insert", None, said)


def _said(
    table: Table, columns: dict[str, list[Any]], filled: dict[str, list[Any]]
) -> Iterator[tuple[str, int | None, bytes]]:
    """Row key, patch and recorded content of whole rows; `filled`: the columns worth recording."""
    names = sorted(n for n in filled if n not in history.NOT_RECORDED)
    told = [filled[n] for n in names]
    if "geom" in names:
        told[names.index("geom")] = [history.geometry_digest(g) for g in filled["geom"]]
    keys = [map(str, columns[n]) for n in history.key_columns(table)]
    of_patch = "id" if table.name == "patch" else "patch_id"
    patches = columns.get(of_patch) or [None] * len(columns["id"])
    for key, patch_id, row in zip(
        zip(*keys, strict=True), patches, zip(*told, strict=True), strict=True
    ):
        # sorted already; in the same bytes as history.said
        yield "/".join(key), patch_id, orjson.dumps(dict(zip(names, row, strict=True)))


def _index(conn: Connection, rows: pd.DataFrame) -> None:
    boxed = rows[rows["min_lon"].notna()]
    index_boxes(conn, boxed[["id", *_BOX]].to_numpy(dtype=float))


def _delete(conn: Connection, table: Table, frame: pd.DataFrame) -> Iterator[Record]:
    ids = [int(i) for i in frame["id"]]
    for start in range(0, len(ids), _CHUNK):
        conn.execute(delete(table).where(table.c.id.in_(ids[start : start + _CHUNK])))
    if table.name == "patch":
        unindex_boxes(conn, ids)
    if "geom" in frame:
        _archive(conn, [g for g in frame["geom"] if g is not None])
    return (
        Record(table.name, key, patch_id, "delete", said, None)
        for piece in _in_pieces(frame)
        for columns in [_columns(piece)]
        for key, patch_id, said in _said(table, columns, columns)
    )


def _update(
    conn: Connection,
    table: Table,
    batch_id: int,
    before: pd.DataFrame,
    after: pd.DataFrame,
) -> list[Record]:
    """Write what differs, a statement per set of differing columns; nothing else is recorded."""
    keys = {"id", "patch_id", *history.key_columns(table)}
    names = [n for n in after.columns if n not in keys and n != "batch_id"]
    by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    records: list[Record] = []
    archived: list[bytes] = []
    for was, now in zip(_dicts(before), _dicts(after), strict=True):
        differing = tuple(n for n in names if was[n] != now[n])
        if not differing:
            continue
        values = (*(now[n] for n in differing), batch_id, int(now["id"]))
        by_columns.setdefault(differing, []).append(values)
        said = [n for n in differing if n not in history.NOT_RECORDED]
        if not said:
            continue
        if "geom" in said and was["geom"] is not None:
            archived.append(was["geom"])
        records.append(
            Record(
                table.name,
                history.row_key(table, now),
                _patch_id(table, now),
                "update",
                history.said(history.recorded({n: was[n] for n in said})),
                history.said(history.recorded({n: now[n] for n in said})),
            )
        )
    for differing, rows in by_columns.items():
        bulk_update(conn, table, (*differing, "batch_id"), rows)
    _archive(conn, archived)
    if table.name == "patch" and "min_lon" in names:
        _index(conn, after)
        unindex_boxes(conn, [int(i) for i in after.loc[after["min_lon"].isna(), "id"]])
    return records


def _archive(conn: Connection, geometries: Sequence[bytes]) -> None:
    """Keep replaced geometry under its digest; the history names it."""
    digests = {str(history.geometry_digest(g)).removeprefix("sha256:"): g for g in geometries}
    table = Base.metadata.tables["geometry_archive"]
    known: set[str] = set()
    names = list(digests)
    for start in range(0, len(names), _CHUNK):
        chunk = names[start : start + _CHUNK]
        known.update(conn.scalars(select(table.c.digest).where(table.c.digest.in_(chunk))))
    fresh = [{"digest": d, "geom": g} for d, g in digests.items() if d not in known]
    if fresh:
        conn.execute(insert(table), fresh)
