"""What was known when: a chain of SHA-256 over every insert, change and deletion.

Each record's hash covers its content and the hash before it, and is written in the transaction that
changes the row. `verify` finds any edit, insertion, deletion or swap inside the chain, a cut at its
end (the head is kept beside it) and a row changed behind the history's back. Somebody who re-hashes
everything is found by an anchor (the head) kept off the machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice, repeat
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, Table, UniqueConstraint, select

from data.store import dialect, meta, seeding
from data.store.beside import blocks_beside
from data.store.models import Base

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
#: Bookkeeping that is no knowledge about the world.
NOT_RECORDED = frozenset({"source_hash", "batch_id"})


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


#: (entity, row key) → seq of its last record and what that leaves of the row, as JSON: a dict a row
#: would be some kilobytes each. None for a deleted row.
State = dict[tuple[str, str], tuple[int, bytes | None]]


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
    at = datetime.now(UTC).isoformat(timespec="microseconds")
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
    yield from conn.execution_options(yield_per=10_000).execute(query)


def verify(conn: Connection, kept_anchor: dict[str, Any] | None = None) -> VerifyResult:
    """Walk the chain end to end; then compare every live row with what the history last said."""
    prev_hash, expected, last = GENESIS, 1, GENESIS
    records = 0
    state = _shipped_state()
    for row in _stream(conn):
        records += 1
        digest = record_hash(prev_hash, row[:9])
        if row.seq != expected or row.prev_hash != prev_hash or row.hash != digest:
            return VerifyResult(records, False, expected)
        if kept_anchor and row.seq == kept_anchor["records"] and digest != kept_anchor["head"]:
            return VerifyResult(records, False, row.seq)
        _replay(state, row)
        prev_hash = last = digest
        expected += 1
    if head(conn) != (records, last if records else GENESIS):
        return VerifyResult(records, False, expected)
    if kept_anchor and kept_anchor["records"] > records:
        return VerifyResult(records, False, expected)
    first_bad = _first_difference(conn, state, expected)
    return VerifyResult(records, first_bad is None, first_bad)


def _shipped_state() -> State:
    """What a store has before its first record."""
    return {
        (table.name, row_key(table, row)): (0, said(recorded(row)))
        for table, row in seeding.shipped_rows()
    }


def _replay(state: State, row: Row[Any]) -> None:
    key = (row.entity, row.row_key)
    if row.op == "delete":
        state[key] = (row.seq, None)
        return
    after = row.after.encode()
    before = state[key][1] if row.op == "update" and key in state else None
    if before is not None:
        after = said({**orjson.loads(before), **orjson.loads(after)})
    state[key] = (row.seq, after)


def _first_difference(conn: Connection, state: State, end: int) -> int | None:
    """The seq of the first record whose row is not as it says; `end` for a row without record."""
    bad: list[int] = []
    for table in recorded_tables():
        expected = {
            key: values for key, values in state.items() if key[0] == table.name and values[1]
        }
        names = [c.name for c in table.columns]
        for row in conn.execution_options(yield_per=10_000).execute(select(table)):
            values = dict(zip(names, row, strict=True))
            known = expected.pop((table.name, row_key(table, values)), None)
            if known is None:
                bad.append(end)
            elif _filled(orjson.loads(said(recorded(values)))) != _filled(_told(known[1])):
                bad.append(known[0])
        bad += [seq for seq, _ in expected.values()]
    return min(bad, default=None)


def _told(text: bytes | None) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(text or b"{}")
    return told


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def recorded_tables() -> list[Table]:
    """The tables whose rows the history tells of."""
    names = (
        "district",
        "town",
        "patch",
        "parcel",
        "audit_decision",
        "enforcement_case",
        "transfer",
        "problem",
        "ledger_item",
        "field_check",
        "recheck",
        "quota",
        "submission",
        "reference_feature",
        "staff_record",
        "rule_change",
    )
    return [Base.metadata.tables[name] for name in names]


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
