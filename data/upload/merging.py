"""A file's rows beside the store's: keys, hashes, and what an upsert leaves.

An empty cell leaves the stored value, 清空 clears it, defaults apply on insert only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from operator import ne
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Integer, Select, String, Table, select

from data.store import meta
from data.store.history import HEAD_KEY
from data.store.models import Patch
from data.store.writing import DATA_VERSION_KEY
from data.upload.parsing import CLEARED
from data.upload.prepare import Prepared
from data.upload.schemas import KindSchema
from data.upload.stored import Key, Stored

Mask = np.ndarray[Any, np.dtype[np.bool_]]
_CHUNK = 900


def key_names(schema: KindSchema) -> list[str]:
    """Columns of the key as the table holds them: patch_id instead of a child's 图斑编号."""
    names = [c.field for c in schema.keys]
    if schema.child_of_patch:
        return ["patch_id", *(n for n in names if n != "patch_no")]
    if schema.table is Patch:
        return ["year", "patch_no"]
    return names


def keys_of(frame: pd.DataFrame, names: Sequence[str]) -> list[Key]:
    return list(zip(*(frame[name].tolist() for name in names), strict=True))


def fetch_keys(conn: Connection, schema: KindSchema, years: Iterable[int]) -> Stored:
    """Keys of the years concerned (all rows for kinds without a year)."""
    table: Table = schema.table.__table__  # type: ignore[attr-defined]
    names = key_names(schema)
    columns = [table.c[n] for n in names]
    extra = [table.c.ended] if "ended" in table.c else []
    query: Select[Any] = select(table.c.id, table.c.source_hash, *columns, *extra)
    wanted = sorted(set(years))
    if schema.child_of_patch:
        query = query.join(Patch, Patch.id == table.c.patch_id).where(Patch.year.in_(wanted))
    elif "year" in table.c:
        query = query.where(table.c.year.in_(wanted))
    result: Any = conn.execute(query)
    # keys without days are the driver's own values: no need to make rows of them
    is_plain = all(isinstance(column.type, Integer | String) for column in columns)
    rows = result.cursor.fetchall() if is_plain else result.all()
    if not rows:
        return Stored({}, {}, set())
    ids, hashes, *parts = zip(*rows, strict=True)
    keys: list[Key] = list(zip(*parts[: len(names)], strict=True))
    ended = {key for key, gone in zip(keys, parts[-1], strict=True) if gone} if extra else set()
    return Stored(dict(zip(keys, ids, strict=True)), dict(zip(keys, hashes, strict=True)), ended)


def state_of(conn: Connection) -> tuple[str | None, ...]:
    """Changes with every write to the store."""
    return tuple(meta.get(conn, key) for key in (DATA_VERSION_KEY, HEAD_KEY))


def fetch_rows(conn: Connection, table: Table, ids: Sequence[int]) -> pd.DataFrame:
    """Full rows by id, as objects with None for no value, indexed by id."""
    names = [c.name for c in table.columns]
    rows: list[Any] = []
    for start in range(0, len(ids), _CHUNK):
        rows += conn.execute(select(table).where(table.c.id.in_(ids[start : start + _CHUNK]))).all()
    frame = pd.DataFrame([tuple(r) for r in rows], columns=names, dtype=object)
    return frame.set_index("id", drop=False)


def source_hashes(prepared: Prepared, context: str = "") -> np.ndarray[Any, np.dtype[np.int64]]:
    """A hash of each row's filled cells and geometry, whatever the order of the columns.

    context: what else decides what becomes of the row (version of the boundaries).
    """
    total = np.zeros(len(prepared.rows), dtype=np.uint64)
    for name in prepared.rows.columns:
        if not str(name).startswith("_"):
            total += _salted(prepared.rows[name].to_numpy(dtype=object), str(name), context)
    if prepared.geometry is not None:
        digests = [
            b"\0" * 8 if wkb is None else hashlib.blake2b(wkb, digest_size=8).digest()
            for wkb in prepared.geometry.wkb
        ]
        total += np.frombuffer(b"".join(digests), dtype=np.uint64)
    return total.view(np.int64)


def _salted(values: Any, name: str, context: str) -> Any:
    """A hash a value; 0 for an empty cell. The type counts: 1, 1.0 and "1" are three values."""
    empty = _is_none(values)
    filled = values[~empty]
    hashes = np.zeros(len(values), dtype=np.uint64)
    kinds = set(map(type, filled.tolist()))
    kind = kinds.pop() if len(kinds) == 1 else None
    label = kind.__name__ if kind in (str, float) else ""
    key = hashlib.blake2b(f"{name}|{label}|{context}".encode(), digest_size=8).hexdigest()
    if kind is float:
        hashes[~empty] = pd.util.hash_array(filled.astype(np.float64)) ^ np.uint64(int(key, 16))
        return hashes
    if kind is str:
        hashes[~empty] = pd.util.hash_array(filled, hash_key=key, categorize=False)
        return hashes
    codes, distinct = pd.factorize(filled)
    texts = np.array([repr(v) for v in distinct], dtype=object)
    if len(texts):
        hashes[~empty] = pd.util.hash_array(texts, hash_key=key, categorize=False)[codes]
    return hashes


def merged(
    prepared: Prepared,
    schema: KindSchema,
    at: Sequence[int] | np.ndarray[Any, Any],
    before: pd.DataFrame,
) -> pd.DataFrame:
    """The rows `at` as they will be: file over store over defaults.

    before: stored rows aligned with `at` (all None for new ones). Columns: those of the table but
    id and batch_id. Keys and derived columns are the caller's to fill.
    """
    table: Table = schema.table.__table__  # type: ignore[attr-defined]
    names = [c.name for c in table.columns if c.name not in ("id", "batch_id")]
    rows = prepared.rows.iloc[list(at)]
    fresh = before["id"].isna().to_numpy() if len(before) else np.ones(len(rows), dtype=bool)
    result: dict[str, Any] = {}
    by_field = {c.field: c for c in schema.columns}
    for name in names:
        kept = before[name].to_numpy(dtype=object)
        column = by_field.get(name)
        if column is None or not column.stored or name not in rows:
            values = kept if column is None or column.default is None else kept.copy()
        else:
            given = rows[name].to_numpy(dtype=object)
            empty = _is_none(given)
            values = np.where(empty, kept, given)
            cleared = np.array([v is CLEARED for v in given], dtype=bool)
            values[cleared] = column.default
        if column is not None and column.default is not None:
            values[fresh & _is_none(values)] = column.default
        result[name] = values
    places = pd.Index(np.asarray(at, dtype=np.int64))  # in the file, also where there are none
    return pd.DataFrame(result, index=places, dtype=object, copy=False)


def _is_none(values: Any) -> Mask:
    return np.asarray(pd.isna(values), dtype=bool)


def aligned(stored_rows: pd.DataFrame, ids: Sequence[int | None]) -> pd.DataFrame:
    """Stored rows in the order of ids; a row of None for an id of None."""
    if stored_rows.empty:  # a first file: nothing to put in order
        nothing = np.full(len(ids), None, dtype=object)  # one for all columns
        return pd.DataFrame(dict.fromkeys(stored_rows.columns, nothing), copy=False)
    lookup = stored_rows.reindex([-1 if i is None else i for i in ids])
    result = lookup.astype(object).where(lookup.notna(), None).reset_index(drop=True)
    return result


def differing(before: pd.DataFrame, after: pd.DataFrame, names: Sequence[str], where: Mask) -> Mask:
    """Of the rows `where`, those of which a column differs (both frames aligned by position)."""
    result = np.zeros(len(after), dtype=bool)
    rows = np.flatnonzero(where)
    for name in names if len(rows) else ():
        old = before[name].to_numpy(dtype=object)[rows].tolist()
        new = after[name].to_numpy(dtype=object)[rows].tolist()
        result[rows] |= np.fromiter(map(ne, old, new), dtype=bool, count=len(rows))
    return result
