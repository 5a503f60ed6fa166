"""What was known when: a chain of SHA-256 over every insert, change and deletion.

Each record's hash covers its content and the hash before it, and is written in the transaction that
changes the row. `verify` finds any edit, insertion, deletion or swap inside the chain, a cut at its
end (the head is kept beside it) and a row changed behind the history's back. Somebody who re-hashes
everything is found by an anchor (the head) kept off the machine.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache, partial
from itertools import islice, repeat
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, Table, UniqueConstraint, select

from data.faults import number_of
from data.store import dialect, meta, seeding
from data.store.beside import blocks_beside
from data.store.models import Base
from data.store.proofs import Proof

GENESIS = "0" * 64
HEAD_KEY = "history_head"
#: From so many records on a second process makes them while this one writes the rows.
BESIDE_FROM = 5_000
#: After so many pieces a new copy of this process takes over: what a copy looks at becomes its own
#: memory, page by page.
_PIECES_A_COPY = 20
_COLUMNS = (
    "seq",
    "batch_id",
    "at",
    "entity",
    "row_key",
    "patch_id",
    "op",
    "before",
    "after",
    "prev_hash",
    "hash",
)
#: What every record says in a column of its own.
NOT_RECORDED = frozenset({"batch_id"})
#: What is no knowledge about the world: where nothing else differs, a row is left alone.
BOOKKEEPING = frozenset({"source_hash", "batch_id"})


class Told(NamedTuple):
    """Changes of one table and one kind (op), a column each. before and after: what `said` makes of
    columns → values; None where there is none. A value that is missing and one that is null are
    the same. rows: of new rows their columns, where they are to be written together with the
    records (PostgreSQL)."""

    entity: str
    op: str
    row_keys: Sequence[str]
    patch_ids: Sequence[int | None]
    before: Sequence[bytes] | None
    after: Sequence[bytes] | None
    rows: dialect.Columns | None = None


#: (entity, row key) → seq and batch of its last record and what that leaves of the row, as JSON: a
#: dict a row would be some kilobytes each. None for a deleted row; no batch: shipped.
State = dict[tuple[str, str], tuple[int, int | None, bytes | None]]


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """first_bad: seq of the first record that does not fit, None where all is well."""

    records: int
    ok: bool
    first_bad: int | None


def geometry_digest(wkb: bytes | None) -> str | None:
    """How geometry appears in a record: `sha256:…`."""
    return None if wkb is None else f"sha256:{hashlib.sha256(wkb).hexdigest()}"


def said(values: dict[str, Any]) -> bytes:
    """Columns → values as JSON with sorted keys. A copy: what orjson returns is cut from a buffer
    of some kilobytes, and a hundred thousand of those are most of a gigabyte."""
    return memoryview(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).tobytes()


def all_said(columns: Mapping[str, Sequence[Any]]) -> list[bytes]:
    """What `said(recorded(…))` makes of each row, in the same bytes. columns: names → plain values
    (no nan, no -0.0) of some rows."""
    names = sorted(n for n in columns if n not in NOT_RECORDED)
    told = [[geometry_digest(g) for g in columns[n]] if n == "geom" else columns[n] for n in names]
    return [orjson.dumps(dict(zip(names, row, strict=True))) for row in zip(*told, strict=True)]


def plain_number(value: Any) -> Any:
    """-0.0 and 0.0 are one number to a database; a record says it one way."""
    return value + 0.0 if isinstance(value, float) else value


def record_hash(prev_hash: str, content: Sequence[Any]) -> str:
    """SHA-256 over the previous hash and seq, batch_id, at, entity, row_key, patch_id, op, before,
    after (text as stored, or its bytes)."""
    *about, before, after = content
    return _digest(prev_hash, about, _bytes(before), _bytes(after))


def _digest(prev_hash: str, about: Sequence[Any], before: bytes | None, after: bytes | None) -> str:
    """The parts on lines of their own: JSON has no line breaks, and no text is only a dash."""
    parts = (prev_hash.encode(), orjson.dumps(about), before or b"-", after or b"-")
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _bytes(text: Any) -> bytes | None:
    return text.encode() if isinstance(text, str) else text


def head(conn: Connection) -> tuple[int, str]:
    """(number of records, hash of the last) as kept beside the chain."""
    kept = meta.get(conn, HEAD_KEY)
    if kept is None:
        return 0, GENESIS
    records, digest = kept.split(":")
    return int(records), digest


def append(
    conn: Connection,
    batch_id: int,
    told: Sequence[Callable[[], Told]],
    count: int = 0,
    meanwhile: Iterable[object] = (),
) -> None:
    """Chain the records of a batch, in order, and move the head.

    They are made and written piece by piece, so that a large batch is never in memory as a whole.
    told: makes each piece; must not touch the database where there are many. count: how many
    records there will be at most. meanwhile: what else is to be done here, step by step while the
    records are being made; run to its end.
    """
    first, prev_hash = head(conn)
    seq = first
    at = dialect.now(conn).replace(tzinfo=UTC).isoformat(timespec="microseconds")
    pack, write = (
        (_copied, _write_copied) if conn.dialect.name == "postgresql" else (_lines, _write_lines)
    )
    steps = iter(meanwhile)
    for start in range(0, len(told), _PIECES_A_COPY):
        some = told[start : start + _PIECES_A_COPY]
        work = partial(_chained, some, pack, seq, prev_hash, batch_id, at)
        with _made_beside(work, count) as blocks:
            for _ in islice(steps, len(some)):
                for block in islice(blocks, 1):
                    seq, prev_hash = write(conn, block)
            for block in blocks:
                seq, prev_hash = write(conn, block)
    for _ in steps:
        pass
    if seq > first:
        meta.put(conn, HEAD_KEY, f"{seq}:{prev_hash}")


@contextmanager
def _made_beside(work: Callable[[], Iterator[bytes]], count: int) -> Iterator[Iterator[bytes]]:
    if count < BESIDE_FROM:
        yield work()
        return
    with blocks_beside(work) as blocks:
        yield blocks


def _chained(
    told: Iterable[Callable[[], Told]],
    pack: Callable[[Told, Sequence[Any], str, list[str]], bytes],
    seq: int,
    prev_hash: str,
    batch_id: int,
    at: str,
) -> Iterator[bytes]:
    """A block for each of `told` that has any record."""
    for make in told:
        piece = make()
        if not piece.row_keys:
            continue
        entity = str(piece.entity)  # a table's name is a text of another type
        same = (seq + 1, batch_id, at, entity, piece.op)
        first_prev = prev_hash
        hashes: list[str] = []
        nothing = repeat(None, len(piece.row_keys))
        for row_key, patch_id, before, after in zip(
            piece.row_keys,
            piece.patch_ids,
            piece.before or nothing,
            piece.after or nothing,
            strict=True,
        ):
            seq += 1
            about = (seq, batch_id, at, entity, row_key, patch_id, piece.op)
            prev_hash = _digest(prev_hash, about, before, after)
            hashes.append(prev_hash)
        yield pack(piece, same, first_prev, hashes)


def _columns(
    same: Sequence[Any],
    row_keys: Sequence[str],
    patch_ids: Sequence[int | None],
    before: Sequence[str | bytes] | None,
    after: Sequence[str | bytes] | None,
    prev_hash: str,
    hashes: list[str],
) -> dict[str, Sequence[Any]]:
    """Of the table. same: first seq, and what all rows have: batch_id, at, entity, op."""
    seq, batch_id, at, entity, op = same
    count = len(hashes)
    nothing = [None] * count
    values = (
        *(range(seq, seq + count), [batch_id] * count, [at] * count, [entity] * count),
        *(row_keys, patch_ids, [op] * count, before or nothing, after or nothing),
        *([prev_hash, *hashes[:-1]], hashes),
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _lines(piece: Told, same: Sequence[Any], prev_hash: str, hashes: list[str]) -> bytes:
    """A head and a line for each `before` and `after`: JSON inside JSON would be read twice."""
    has = (piece.before is not None, piece.after is not None)
    about = orjson.dumps((same, piece.row_keys, piece.patch_ids, has, prev_hash, hashes))
    return b"\n".join((about, *(piece.before or ()), *(piece.after or ())))


def _write_lines(conn: Connection, block: bytes) -> tuple[int, str]:
    """Returns seq and hash of the last record."""
    about, *texts = block.split(b"\n")
    same, row_keys, patch_ids, (has_before, has_after), prev_hash, hashes = orjson.loads(about)
    count = len(hashes)
    before = texts[:count] if has_before else None
    after = texts[-count:] if has_after else None
    columns = _columns(same, row_keys, patch_ids, before, after, prev_hash, hashes)
    table = Base.metadata.tables["history"]
    dialect.bulk_insert(conn, table, columns, encoded=("before", "after"))
    return same[0] + count - 1, hashes[-1]


def _copied(piece: Told, same: Sequence[Any], prev_hash: str, hashes: list[str]) -> bytes:
    """A head, the new rows and the records as COPY takes them: nothing is read here again."""
    told = (_decoded(piece.before), _decoded(piece.after))
    columns = _columns(same, piece.row_keys, piece.patch_ids, *told, prev_hash, hashes)
    rows = dialect.copy_text(piece.rows.values()) if piece.rows else b""
    last = (same[0] + len(hashes) - 1, hashes[-1])
    about = orjson.dumps((last, same[3], list(piece.rows or ()), len(rows)))
    return b"\n".join((about, rows + dialect.copy_text(columns.values())))


def _decoded(texts: Sequence[bytes] | None) -> list[str] | None:
    return None if texts is None else [text.decode() for text in texts]


def _write_copied(conn: Connection, block: bytes) -> tuple[int, str]:
    """Returns seq and hash of the last record."""
    end = block.index(b"\n")
    (seq, digest), entity, names, size = orjson.loads(block[:end])
    copied = memoryview(block)[end + 1 :]
    if names:
        dialect.insert_copied(conn, Base.metadata.tables[entity], names, copied[:size])
    dialect.insert_copied(conn, Base.metadata.tables["history"], _COLUMNS, copied[size:])
    return seq, digest


def anchor(conn: Connection) -> dict[str, Any]:
    """{records, head}: to be kept off the machine and given to `verify` later."""
    records, digest = head(conn)
    return {"records": records, "head": digest}


def _stream(conn: Connection) -> Iterator[Row[Any]]:
    table = Base.metadata.tables["history"]
    query = select(*(table.c[name] for name in _COLUMNS)).order_by(table.c.seq)
    yield from conn.execute(query, execution_options={"yield_per": 10_000})


@dataclass
class Walk:
    """The chain from end to end. first_bad: seq of the first record that does not fit; then `state`
    is not to be trusted. state: what the records leave of each row. digests: of the geometry that
    they replaced. last_ids: table → the highest number ever given. brought_by: features of layers →
    the batch that brought each, None for shipped ones. placed_by: the last batch that changed
    units, towns or layers."""

    records: int = 0
    first_bad: int | None = None
    state: State = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)
    last_ids: dict[str, int] = field(default_factory=dict)
    brought_by: dict[str, int | None] = field(default_factory=dict)
    placed_by: int = 0


def walk(conn: Connection, kept_anchor: Mapping[str, Any] | None = None) -> Walk:
    """Check the chain, record by record, and replay it."""
    prev_hash, found = GENESIS, Walk(state=_first_state(conn))
    found.brought_by = {key: None for table, key in found.state if table == "reference_feature"}
    for row in _stream(conn):
        digest = record_hash(prev_hash, row[:9])
        expected = found.records + 1
        found.records += 1
        anchored = kept_anchor is not None and row.seq == kept_anchor["records"]
        if (row.seq, row.prev_hash, row.hash) != (expected, prev_hash, digest) or (
            anchored and kept_anchor is not None and digest != kept_anchor["head"]
        ):
            found.first_bad = expected
            return found
        _replay(found, row)
        prev_hash = digest
    end = found.records + 1
    said_head = f"{found.records}:{prev_hash}" if found.records else None
    if meta.get(conn, HEAD_KEY) != said_head:
        found.first_bad = end
    if kept_anchor is not None and kept_anchor["records"] > found.records:
        found.first_bad = end
    return found


def verify(conn: Connection, kept_anchor: dict[str, Any] | None = None) -> VerifyResult:
    """Walk the chain end to end; then compare every live row with what the history last said."""
    walked = walk(conn, kept_anchor)
    if walked.first_bad is not None:
        return VerifyResult(walked.records, False, walked.first_bad)
    bad = [difference.seq for difference in differences(conn, walked)]
    first_bad = min(bad, default=None)
    return VerifyResult(walked.records, first_bad is None, first_bad)


def _first_state(conn: Connection) -> State:
    """What a store has before its first record."""
    return {
        (table.name, row_key(table, row)): (0, None, said(recorded(row)))
        for table, row in seeding.first_rows(conn)
    }


_GEOMETRY = re.compile(r'"geom":"sha256:([0-9a-f]{64})"')
_ID = re.compile(r'"id":(\d+)')
_PLACES = ("district", "town", "reference_feature")


def _replay(found: Walk, row: Row[Any]) -> None:
    key = (row.entity, row.row_key)
    if row.before is not None:
        found.digests.update(_GEOMETRY.findall(row.before))
    if row.entity in _PLACES:
        found.placed_by = max(found.placed_by, row.batch_id)
    if row.op == "delete":
        found.state[key] = (row.seq, row.batch_id, None)
        return
    if row.op == "insert":
        number = _ID.search(row.after)
        if number is not None:
            last = found.last_ids.get(row.entity, 0)
            found.last_ids[row.entity] = max(last, int(number.group(1)))
        if row.entity == "reference_feature":  # an undo brings it back as its upload's
            found.brought_by.setdefault(row.row_key, row.batch_id)
    after = row.after.encode()
    known = found.state.get(key)
    if row.op == "update" and known is not None and known[2] is not None:
        after = said({**orjson.loads(known[2]), **orjson.loads(after)})
    found.state[key] = (row.seq, row.batch_id, after)


class Difference(NamedTuple):
    """seq: of the record that the row is not like; one past the last for a row without any."""

    seq: int
    table: str
    row_key: str
    what: str


def differences(conn: Connection, walked: Walk) -> Iterator[Difference]:
    """Rows that are not as the history says."""
    for table in recorded_tables():
        yield from _differences(conn, walked, table)


def _differences(conn: Connection, walked: Walk, table: Table) -> Iterator[Difference]:
    end, name = walked.records + 1, table.name
    expected = {key[1]: known for key, known in walked.state.items() if key[0] == name and known[2]}
    names = [c.name for c in table.columns]
    rows = conn.execute(select(table), execution_options={"yield_per": 10_000})
    while True:
        try:
            row = next(rows, None)
        except (ValueError, TypeError) as error:  # a value that is none of its column's
            number = number_of(error, f"in {name}")
            fault = f"有一行的值无法读取（编号 {number}，经过见日志）"
            yield Difference(end, name, "", fault)
            return
        if row is None:
            break
        values = dict(zip(names, row, strict=True))
        key = row_key(table, values)
        known = expected.pop(key, None)
        if known is None:
            yield Difference(end, name, key, "历史中没有这一行")
            continue
        live, told = orjson.loads(said(recorded(values))), _told(known[2])
        if "source_hash" not in told:
            live.pop("source_hash", None)  # records did not tell of it before
        wrong = {n for n in live.keys() | told.keys() if live.get(n) != told.get(n)}
        if not wrong and "batch_id" in values and not _is_of_batch(walked, name, key, values):
            wrong = {"batch_id"}
        if wrong:
            yield Difference(known[0], name, key, f"与历史不符：{'、'.join(sorted(wrong))}")
    for key, (seq, _, _) in expected.items():
        yield Difference(seq, name, key, "历史中有这一行，库中没有")


def _is_of_batch(walked: Walk, table: str, key: str, values: dict[str, Any]) -> bool:
    """Whether a row says the batch that wrote it."""
    if table == "reference_feature":
        return bool(values["batch_id"] == walked.brought_by.get(key))
    _, batch, after = walked.state[table, key]
    return bool(values["batch_id"] == batch) or "source_hash" not in _told(after)


def _told(text: bytes | None) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(text or b"{}")
    return told


@cache
def recorded_tables() -> list[Table]:
    """The tables whose rows the history tells of, each after those that it refers to."""
    proved = {
        mapper.local_table
        for mapper in Base.registry.mappers
        if mapper.class_.proof is Proof.RECORDED
    }
    return [table for table in Base.metadata.sorted_tables if table in proved]


def identity(table: Table) -> str:
    """The column that tells rows apart: id, or the code of a unit or town."""
    return "id" if "id" in table.c else next(iter(table.primary_key)).name


def key_columns(table: Table) -> list[str]:
    """The natural key: the table's unique constraint; id where there is none, code where there is
    no id."""
    if "id" not in table.c:
        return [identity(table)]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            return [column.name for column in constraint.columns]
    return ["id"]


def row_key(table: Table, values: dict[str, Any]) -> str:
    return "/".join(str(values[name]) for name in key_columns(table))


def recorded(values: dict[str, Any]) -> dict[str, Any]:
    """What a record says of columns: all but bookkeeping, geometry by its digest."""
    told = {k: plain_number(v) for k, v in values.items() if k not in NOT_RECORDED}
    if "geom" in told:
        told["geom"] = geometry_digest(told["geom"])
    return told
