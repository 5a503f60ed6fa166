"""Writing a batch: rows, history and summary in the caller's one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import accumulate, chain
from operator import ne
from typing import Any, TypeGuard

import numpy as np
import pandas as pd
from sqlalchemy import JSON, Connection, Date, Table, delete, func, insert, select

from data.store import dialect, facts, history, meta, summary
from data.store.dialect import bulk_insert, bulk_update
from data.store.engine import note_batch
from data.store.history import Told
from data.store.models import Base, District, ReferenceFeature, Town, Upload

Progress = Callable[[str, int, int], None]
DATA_VERSION_KEY = "data_version"
#: The last batch that changed units, towns or shapes: the same row of a file may belong elsewhere
#: since then.
PLACES_VERSION_KEY = "places_version"
PLACES = (District, Town, ReferenceFeature)
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
    report_sha256: str | None = None
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
            id=batch_id, uploaded_at=dialect.now(conn), data_version=version, **vars(upload)
        )
    )
    meta.put(conn, DATA_VERSION_KEY, str(version))
    note_batch(conn, batch_id)
    if any(change.table in PLACES for change in changes):
        meta.put(conn, PLACES_VERSION_KEY, str(batch_id))
    existing = _touched_patches(changes)
    summary.remove(conn, existing)
    told: list[Callable[[], Told]] = []
    steps: list[Iterable[int]] = []
    count = 0
    brought: list[pd.DataFrame] = []

    for change in changes:
        table: Table = change.table.__table__
        rows = None
        if _has_rows(change.inserts):  # numbered before deletions, so that no number comes twice
            rows = _numbered(conn, table, batch_id, change.inserts)
        if _has_rows(change.deletes):
            told += _told_rows(table, "delete", change.deletes)
            steps.append(_delete(conn, table, change.deletes))
            count += len(change.deletes)
        if _has_rows(change.updates_after):
            assert change.updates_before is not None
            before, after = change.updates_before, change.updates_after
            told += _told_updates(table, before, after)
            steps.append(_update(conn, table, batch_id, before, after))
            count += len(after)
        if rows is not None:
            copied = conn.dialect.name == "postgresql" and len(rows) >= history.BESIDE_FROM
            told += _told_rows(table, "insert", rows, copied)
            steps.append(_insert(conn, table, rows, copied))
            count += len(rows)
            if table.name == "patch":
                brought.append(rows)
    report = on_progress or _no_progress
    report("写入", 0, count)
    # the rows are written, step by step, while another process makes their records
    written = accumulate(chain.from_iterable(steps))
    steps_reported = (report("写入", done, count) for done in written)
    history.append(conn, batch_id, told, count, steps_reported)
    report("汇总", 0, 0)
    gone = _deleted_patches(changes)
    summary.add(conn, [i for i in existing if i not in gone])
    for rows in brought:  # an undo brings patches back with their parcels: these are `existing`
        summary.add_new(conn, rows[~rows["id"].isin([*existing, *gone])])
    facts.tell_upload(conn, batch_id)
    return batch_id


def _no_progress(phase: str, done: int, total: int) -> None:
    """For callers that show none."""


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
    if "id" in table.c and "id" not in frame:
        least = (conn.scalar(select(func.max(table.c.id))) or 0) + 1  # seeds have no counter
        first = meta.next_number(conn, f"next:{table.name}", len(frame), least)
        fixed["id"] = range(first, first + len(frame))
    if "batch_id" in table.c and ("batch_id" not in frame or table.name != "reference_feature"):
        fixed["batch_id"] = batch_id
    return frame.reset_index(drop=True).assign(**fixed)


def _insert(conn: Connection, table: Table, rows: pd.DataFrame, copied: bool) -> Iterator[int]:
    """Yields after each piece the number of its rows, as do the others. copied: the rows come with
    their records, see `_told_rows`."""
    for piece in _in_pieces(rows):
        if not copied:
            bulk_insert(conn, table, _stored(table, _filled(_columns(piece))))
        yield len(piece)


def _filled(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The columns that have a value in any row."""
    return {n: values for n, values in columns.items() if values.count(None) < len(values)}


def _stored(table: Table, columns: dict[str, list[Any]]) -> dict[str, Any]:
    return {
        name: _iso(values)
        if isinstance(table.c[name].type, Date)
        else _as_text(table, name, values)
        for name, values in columns.items()
    }


def _as_text(table: Table, name: str, values: list[Any]) -> list[Any]:
    """Lists as both drivers take them; other values as they are."""
    if not isinstance(table.c[name].type, JSON):
        return values
    return [None if value is None else json.dumps(value) for value in values]


def _told_rows(
    table: Table, op: str, rows: pd.DataFrame, copied: bool = False
) -> list[Callable[[], Told]]:
    """Whole rows, brought (insert) or taken away (delete), in pieces. copied: PostgreSQL gets the
    new rows as text, which is made in the process that makes the records."""

    def told(piece: pd.DataFrame) -> Told:
        columns = _columns(piece)
        named = _named(table, columns)
        if op == "delete":
            return Told(table.name, op, *named, history.all_said(columns), None)
        columns = _filled(columns)
        fresh = _stored(table, columns) if copied else None
        return Told(table.name, op, *named, None, history.all_said(columns), fresh)

    return [partial(told, piece) for piece in _in_pieces(rows)]


def _named(table: Table, columns: dict[str, list[Any]]) -> tuple[list[str], list[int | None]]:
    """Row keys and patches."""
    keys = [map(str, columns[name]) for name in history.key_columns(table)]
    of_patch = "id" if table.name == "patch" else "patch_id"
    patches = columns.get(of_patch) or [None] * len(columns[history.identity(table)])
    return ["/".join(parts) for parts in zip(*keys, strict=True)], patches


def _delete(conn: Connection, table: Table, frame: pd.DataFrame) -> Iterator[int]:
    column = table.c[history.identity(table)]
    ids = frame[column.name].tolist()
    for start in range(0, len(ids), _CHUNK):
        conn.execute(delete(table).where(column.in_(ids[start : start + _CHUNK])))
    if "geom" in frame:
        _archive(conn, [g for g in frame["geom"] if g is not None])
    yield len(frame)


class _Differences:
    """What differs between two pieces of frames: groups are the rows (by place) that differ in the
    same columns; rows in which nothing differs are in none."""

    def __init__(self, table: Table, before: pd.DataFrame, after: pd.DataFrame) -> None:
        self.before, self.after = _columns(before), _columns(after)
        keys = {"id", "batch_id", "patch_id", *history.key_columns(table)}
        names = [n for n in self.after if n not in keys]
        differs = np.zeros((len(after), len(names)), dtype=bool)
        for at, name in enumerate(names):
            differs[:, at] = list(map(ne, self.before[name], self.after[name]))
        sets, kinds = np.unique(differs, axis=0, return_inverse=True)
        self.groups = [
            ([n for n, d in zip(names, of_set, strict=True) if d], np.flatnonzero(kinds == i))
            for i, of_set in enumerate(sets)
            if of_set.any()
        ]


def _update(
    conn: Connection, table: Table, batch_id: int, before: pd.DataFrame, after: pd.DataFrame
) -> Iterator[int]:
    """Write what differs and nothing else, a statement per set of differing columns."""
    identity = history.identity(table)
    has_batch = "batch_id" in table.c
    for was, now in zip(_in_pieces(before), _in_pieces(after), strict=True):
        piece = _Differences(table, was, now)
        for names, rows in piece.groups:
            if history.BOOKKEEPING.issuperset(names):
                continue  # nothing is known anew
            columns = [_as_text(table, n, _at(piece.after[n], rows)) for n in names]
            columns += [[batch_id] * len(rows)] if has_batch else []
            columns.append(_at(piece.after[identity], rows))
            told = (*names, "batch_id") if has_batch else tuple(names)
            bulk_update(conn, table, told, list(zip(*columns, strict=True)), identity)
            if "geom" in names:
                _archive(conn, [g for g in _at(piece.before["geom"], rows) if g is not None])
        yield len(piece.after[identity])


def _at(values: list[Any], rows: Any) -> list[Any]:
    return [values[i] for i in rows.tolist()]


def _told_updates(
    table: Table, before: pd.DataFrame, after: pd.DataFrame
) -> list[Callable[[], Told]]:
    """What differs, but for bookkeeping; in pieces, in the order of the rows."""

    def told(before: pd.DataFrame, after: pd.DataFrame) -> Told:
        piece = _Differences(table, before, after)
        texts: dict[int, tuple[bytes, bytes]] = {}
        for names, rows in piece.groups:
            if history.BOOKKEEPING.issuperset(names):
                continue
            was, now = (
                history.all_said({n: _at(side[n], rows) for n in names})
                for side in (piece.before, piece.after)
            )
            texts.update(zip(rows.tolist(), zip(was, now, strict=True), strict=True))
        places = sorted(texts)
        row_keys, patches = _named(table, piece.after)
        return Told(
            table.name,
            "update",
            [row_keys[i] for i in places],
            [patches[i] for i in places],
            [texts[i][0] for i in places],
            [texts[i][1] for i in places],
        )

    pieces = zip(_in_pieces(before), _in_pieces(after), strict=True)
    return [partial(told, was, now) for was, now in pieces]


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
