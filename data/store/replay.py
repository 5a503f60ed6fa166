"""The store as it was known at an earlier moment, in temporary tables in front of the stored ones.

What the history tells of the batches after that moment is put back in copies of the tables that
they touched; the summary of the touched patches is made anew, and of history, uploads and events
only what there was is seen. Nothing is written, nobody waits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import (
    Connection,
    Date,
    DateTime,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from data.store import history, meta, summary
from data.store.events import HEAD_KEY as EVENT_HEAD
from data.store.models import (
    Base,
    DaySummary,
    Deduction,
    Event,
    GeometryArchive,
    History,
    Meta,
    Patch,
    UnlawfulInterval,
    Upload,
)
from data.store.shadow import cover, home_of, only_the_copies, stand_in_front
from data.store.writing import DATA_VERSION_KEY, PLACES, PLACES_VERSION_KEY

_CHUNK = 1_000
#: An event that tells of an upload later than this is one of an older store, told when migrated.
_SAME_WRITE = timedelta(hours=1)
#: Tables from which the sums of patches are made.
_SUMMED = ("patch", "parcel", "audit_decision", "enforcement_case")
_ID = re.compile(r'"id":(\d+)')


@dataclass(frozen=True, slots=True)
class Past:
    """batch, seq: the last batch and the last record that were known, 0 for none."""

    batch: int
    seq: int


def committed(conn: Connection) -> list[tuple[int, datetime]]:
    """Batches in their order with the moment (UTC) at which each was committed, to the fraction of
    a second between its last event and the commit itself."""
    told: dict[int, datetime] = {}
    began = {
        b: at.replace(tzinfo=UTC) for b, at in conn.execute(select(Upload.id, Upload.uploaded_at))
    }
    query = select(Event.at, Event.told).where(Event.kind == "upload").order_by(Event.seq)
    for at, text in conn.execute(query):
        batch, moment = orjson.loads(text)["batch"], datetime.fromisoformat(at)
        if batch in began and moment - began[batch] <= _SAME_WRITE:
            told[batch] = moment
    return [(batch, told.get(batch, began[batch])) for batch in sorted(began)]


def past_at(conn: Connection, moment: datetime) -> Past | None:
    """What was known then; None where nothing has been written since."""
    batches = committed(conn)
    batch = max((b for b, at in batches if at <= moment), default=0)
    if not batches or batch == batches[-1][0]:
        return None
    h = History
    first = conn.scalar(select(func.min(h.seq)).where(h.batch_id > batch))
    last = first - 1 if first is not None else history.head(conn)[0]
    return Past(batch, last)


#: Makes what follows from parameters anew; may need sums of any patch.
Settle = Callable[[Connection], object]


def put_back(
    conn: Connection, past: Past, settle: Settle, sums_only: bool, copies: Collection[Any] = ()
) -> None:
    """Make the connection see what was known. conn: see shadow.shadowed; everything that this makes
    is temporary. copies: tables that stand in front in any case.

    sums_only: only the summary, places, and tables without patches will be read.
    """
    home = home_of(conn)
    records = _Records(conn, past)
    touched = records.patches
    moves_parameters = "rule_change" in records.changes
    is_much = 2 * len(touched) > (conn.scalar(select(func.count()).select_from(Patch)) or 0)
    is_lean = sums_only and not moves_parameters and not is_much
    for name in records.changes:
        table = Base.metadata.tables[name]
        own = table.c.get("id" if name == "patch" else "patch_id")
        stand_in_front(
            conn, table, home, (own.name, touched) if is_lean and own is not None else None
        )
    if touched or moves_parameters:
        for model in (DaySummary, UnlawfulInterval):
            stand_in_front(
                conn, Base.metadata.tables[model.__tablename__], None if is_much else home
            )
    if moves_parameters:
        stand_in_front(conn, _table(Deduction), home)
    stand_in_front(conn, _table(Meta), home)
    for model in copies:
        cover(conn, _table(model), is_empty=False)
    values = _hide_what_came_later(conn, past, home)
    summary.prepare(conn)
    only_the_copies(conn)
    for key, value in values.items():
        meta.drop(conn, [key])
        if value is not None:
            meta.put(conn, key, value)
    if touched and not is_much:
        summary.remove(conn, sorted(touched))
    for name, changes in records.changes.items():
        _apply(conn, Base.metadata.tables[name], changes, past)
    if is_much:
        summary.add(conn, None)
    elif touched:
        summary.add(conn, sorted(touched))
    if moves_parameters:
        settle(conn)


# ---- records -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Row:
    """What a row was. whole: all of it; None where it was not there or only some of its columns
    changed. columns: these. ids: under which it stood since."""

    patch_id: int | None
    was_there: bool = True
    whole: dict[str, Any] | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    ids: set[Any] = field(default_factory=set)


class _Records:
    """What has to be put back, from the records after the moment, latest first.

    changes: table → row key → row. patches: those whose sums the records moved."""

    def __init__(self, conn: Connection, past: Past) -> None:
        self.changes: dict[str, dict[str, _Row]] = {}
        self.patches: set[int] = set()
        h = History
        query = select(h.entity, h.row_key, h.patch_id, h.op, h.before, h.after)
        query = query.where(h.seq > past.seq).order_by(h.seq.desc())
        for record in conn.execute(query, execution_options={"yield_per": 10_000}):
            rows = self.changes.setdefault(record.entity, {})
            row = rows.setdefault(record.row_key, _Row(record.patch_id))
            if record.entity in _SUMMED and record.patch_id is not None:
                self.patches.add(record.patch_id)
            self._back(row, record)

    @staticmethod
    def _back(row: _Row, record: Any) -> None:
        if record.op == "insert":
            number = _ID.search(record.after)
            row.ids.add(int(number.group(1)) if number else record.row_key)
            row.was_there, row.whole, row.columns = False, None, {}
        elif record.op == "delete":
            row.was_there, row.whole = True, orjson.loads(record.before)
            row.columns = {}
        elif row.whole is not None:
            row.whole.update(orjson.loads(record.before))
        else:
            row.columns.update(orjson.loads(record.before))


def _apply(conn: Connection, table: Table, changes: Mapping[str, _Row], past: Past) -> None:
    identity = table.c[history.identity(table)]
    gone = {number for row in changes.values() for number in row.ids}
    gone |= {row.whole[identity.name] for row in changes.values() if row.whole is not None}
    for chunk in _chunks(gone):
        conn.execute(delete(table).where(identity.in_(chunk)))
    whole = {key: row for key, row in changes.items() if row.whole is not None}
    partly = {key: row for key, row in changes.items() if row.was_there and row.whole is None}
    batches = _batches(conn, table, {**whole, **partly}, past) if "batch_id" in table.c else {}
    shapes = _shapes(conn, [row.whole or row.columns for row in {**whole, **partly}.values()])
    if whole:
        empty: dict[str, Any] = {column.name: None for column in table.columns}
        empty |= {name: 0 for name in ("source_hash", "batch_id") if name in empty}
        if table.name == "reference_feature":
            empty["batch_id"] = None
        rows = [
            {**empty, **_held(table, row.whole or {}, shapes), **batches.get(key, {})}
            for key, row in whole.items()
        ]
        conn.execute(insert(table), rows)
    numbers = _identities(conn, table, partly)
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for key, row in partly.items():
        values = {**_held(table, row.columns, shapes), **batches.get(key, {})}
        if key in numbers and values:
            told = {f"to_{name}": value for name, value in values.items()}
            groups.setdefault(tuple(sorted(values)), []).append({**told, "of": numbers[key]})
    for names, rows in groups.items():
        statement = update(table).where(identity == bindparam("of"))
        conn.execute(statement.values({name: bindparam(f"to_{name}") for name in names}), rows)


def _identities(conn: Connection, table: Table, rows: Mapping[str, _Row]) -> dict[str, Any]:
    """Row key → id (or code) of rows that stand."""
    if not rows:
        return {}
    if "id" not in table.c:
        return {key: key for key in rows}
    if history.key_columns(table) == ["id"]:
        return {key: int(key) for key in rows}
    if table.name == "patch":
        return {key: row.patch_id for key, row in rows.items()}
    columns = [table.c[name] for name in history.key_columns(table)]
    query = select(table.c.id, *columns)
    queries = [query]
    if "patch_id" in table.c:
        patches = {row.patch_id for row in rows.values()}
        queries = [query.where(table.c.patch_id.in_(chunk)) for chunk in _chunks(patches)]
    return {
        key: found[0]
        for asked in queries
        for found in conn.execute(asked)
        if (key := "/".join(map(str, found[1:]))) in rows
    }


def _batches(
    conn: Connection, table: Table, rows: Mapping[str, _Row], past: Past
) -> dict[str, dict[str, Any]]:
    """Row key → the batch that had last written the row; of features of layers, that brought it."""
    h = History
    known = select(h.row_key, h.batch_id).where(h.entity == table.name, h.seq <= past.seq)
    if table.name == "reference_feature":
        known = known.where(h.op == "insert").order_by(h.seq.desc())
    else:
        known = known.order_by(h.seq)
    patches = {row.patch_id for row in rows.values()}
    queries = [known]
    if patches and None not in patches:
        queries = [known.where(h.patch_id.in_(chunk)) for chunk in _chunks(patches)]
    return {
        key: {"batch_id": batch}
        for query in queries
        for key, batch in conn.execute(query)
        if key in rows
    }


def _shapes(conn: Connection, told: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """Geometry that was replaced, by what the history calls it."""
    names = {str(row["geom"]) for row in told if row.get("geom") is not None}
    digests = {name.removeprefix("sha256:") for name in names}
    g = GeometryArchive
    found: dict[str, bytes] = {}
    for chunk in _chunks(digests):
        rows = conn.execute(select(g.digest, g.geom).where(g.digest.in_(chunk)))
        found |= {f"sha256:{digest}": geom for digest, geom in rows}
    return found


def _held(table: Table, told: Mapping[str, Any], shapes: Mapping[str, bytes]) -> dict[str, Any]:
    """Recorded values as the table holds them."""
    held: dict[str, Any] = {}
    for name, value in told.items():
        kind = table.c[name].type
        if value is not None and name == "geom":
            value = shapes.get(value)
        elif value is not None and isinstance(kind, DateTime):
            value = datetime.fromisoformat(value)
        elif value is not None and isinstance(kind, Date):
            value = date.fromisoformat(value)
        held[name] = value
    return held


def _chunks(values: Collection[Any]) -> Iterator[list[Any]]:
    listed = list(values)
    for start in range(0, len(listed), _CHUNK):
        yield listed[start : start + _CHUNK]


# ---- what there was ------------------------------------------------------------------------------


def _hide_what_came_later(conn: Connection, past: Past, home: str) -> dict[str, str | None]:
    """Let history, uploads and events end where they did; → the single values of that time."""
    moment = "9999"
    h, u, m = History, Upload, Meta
    if past.batch == 0:
        moment = ""
    else:
        later = dict(committed(conn)).get(past.batch)
        moment = later.isoformat(timespec="microseconds") if later else moment
    last_hash = conn.scalar(select(h.hash).where(h.seq == past.seq))
    version = conn.scalar(select(u.data_version).where(u.id == past.batch))
    names = {str(table.name) for table in map(_table, PLACES)}
    placed = conn.scalar(select(func.max(h.batch_id)).where(h.entity.in_(names), h.seq <= past.seq))
    events = conn.execute(
        select(Event.seq, Event.hash).where(Event.at <= moment).order_by(Event.seq.desc()).limit(1)
    ).first()
    looks = conn.scalars(select(m.key).where(m.key.startswith("triggers:")))
    columns = {
        # of the very type of the column: PostgreSQL minds where a statement was prepared before
        "state": f"CAST(CASE WHEN undone_by > {past.batch} THEN 'done' ELSE state END "
        "AS VARCHAR(16))",
        "undone_by": f"CASE WHEN undone_by > {past.batch} THEN NULL ELSE undone_by END",
    }
    told = ", ".join(
        f'{columns[c.name]} AS "{c.name}"' if c.name in columns else f'"{c.name}"'
        for c in _table(Upload).columns
    )
    values: dict[str, str | None] = {
        **{key: None for key in looks if int(key.partition(":")[2]) > (version or 0)},
        history.HEAD_KEY: f"{past.seq}:{last_hash}" if last_hash else None,
        EVENT_HEAD: f"{events.seq}:{events.hash}" if events else None,
        DATA_VERSION_KEY: str(version) if version is not None else None,
        PLACES_VERSION_KEY: str(placed) if placed else None,
    }
    for name, what, which in (
        ("history", "*", f"seq <= {past.seq}"),
        ("upload", told, f"id <= {past.batch}"),
        ("event", "*", f"seq <= {events.seq if events else 0}"),
    ):
        conn.exec_driver_sql(
            f'CREATE TEMPORARY VIEW "{name}" AS SELECT {what} FROM "{home}"."{name}" WHERE {which}'
        )
    return values


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table
