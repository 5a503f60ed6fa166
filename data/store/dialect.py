"""Where SQLite and PostgreSQL differ: locks, bulk rows, the bounding-box index, error sentences."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Any

import numpy as np
import psycopg
from sqlalchemy import ColumnElement, Connection, Table, and_, func, literal, text

from data.errors import StoreRefused
from data.store import box_tree
from data.store.box_tree import Boxes
from data.store.models import Patch

#: One writer at a time, whatever the process (PostgreSQL advisory lock).
WRITER_LOCK = 0x7765_6970
#: WAL with several connections can lose commits before these (design.md).
_WAL_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
_COPIED_AT_ONCE = 20_000
#: So many changed rows come to PostgreSQL by COPY; below, a statement a row is quicker.
_COPIED_FROM = 500
_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_TO_ESCAPE = re.compile(r"[\\\t\n\r]")
#: From so many boxes on, packing a new tree is cheaper than adding to it.
_PACKED_FROM = 2_000
BUSY_TIMEOUT_MS = 60_000
DRIVER_ERRORS = (sqlite3.Error, psycopg.Error)


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite has the fix: 3.51.3, or the backports to 3.44 and 3.50."""
    if version >= _WAL_FIXED[-1]:
        return True
    return any(version[:2] == fixed[:2] and version >= fixed for fixed in _WAL_FIXED)


def prepare_sqlite_connection(connection: Any) -> None:
    """Pragmas of every connection. Transactions are begun by the engine, not by the driver."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA page_size=8192")  # of a new file: rows with shapes are long
    if wal_is_safe():
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
    else:
        cursor.execute("PRAGMA journal_mode=DELETE")
        cursor.execute("PRAGMA synchronous=EXTRA")
    # a large write stays in memory until it commits, so that readers are not kept waiting
    cursor.execute("PRAGMA cache_size=-262144")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def bulk_insert(conn: Connection, table: Table, names: Sequence[str], rows: Iterable[Any]) -> None:
    """Insert tuples in the order of `names`, days as ISO text: COPY on PostgreSQL, executemany on
    SQLite."""
    columns = ", ".join(f'"{name}"' for name in names)
    cursor: Any = conn.connection.cursor()
    if conn.dialect.name == "postgresql":
        remaining = iter(rows)
        with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
            while some := list(islice(remaining, _COPIED_AT_ONCE)):
                copy.write(copy_text(some))
        return
    marks = ", ".join("?" * len(names))
    cursor.executemany(f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', rows)


def packed(database: str, rows: Sequence[Any]) -> Any:
    """Tuples (text, numbers) as `insert_packed` takes them, made where no connection is needed."""
    return copy_text(rows) if database == "postgresql" else rows


def insert_packed(conn: Connection, table: Table, names: Sequence[str], packed: Any) -> None:
    """As bulk_insert, of what `packed` made."""
    if conn.dialect.name != "postgresql":
        bulk_insert(conn, table, names, packed)
        return
    columns = ", ".join(f'"{name}"' for name in names)
    cursor: Any = conn.connection.cursor()
    with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
        copy.write(packed)


def copy_text(rows: Sequence[Sequence[Any]]) -> str:
    """Rows in PostgreSQL's text format of COPY; a column at a time, in a quarter of the time that
    the driver takes a value at a time."""
    columns = [_column_text(column) for column in zip(*rows, strict=True)]
    lines = map("\t".join, zip(*columns, strict=True))
    return "".join(f"{line}\n" for line in lines)


def _column_text(column: Sequence[Any]) -> Sequence[str]:
    kinds = set(map(type, column)) - {type(None)}
    write: Callable[[Any], str] = _escaped
    if kinds <= {int, float, bool}:
        write = repr
    elif kinds == {bytes}:
        write = _hex
    elif kinds == {str} and not _TO_ESCAPE.search("".join(filter(None, column))):
        write = str
    return [_NULL if value is None else write(value) for value in column]


def _hex(value: bytes) -> str:
    return "\\\\x" + value.hex()


def _escaped(value: Any) -> str:
    if isinstance(value, bytes):
        return _hex(value)
    if isinstance(value, dict | list):
        value = json.dumps(value)
    return str(value).translate(_ESCAPES)


def bulk_update(conn: Connection, table: Table, names: Sequence[str], rows: Sequence[Any]) -> None:
    """Set the columns `names` of rows by id. rows: the values in this order, then the id."""
    cursor: Any = conn.connection.cursor()
    if conn.dialect.name == "sqlite":
        settings = ", ".join(f'"{name}" = ?' for name in names)
        told = zip(*map(_days_told, zip(*rows, strict=True)), strict=True)
        cursor.executemany(f'UPDATE "{table.name}" SET {settings} WHERE "id" = ?', told)
    elif len(rows) < _COPIED_FROM:
        settings = ", ".join(f'"{name}" = %s' for name in names)
        cursor.executemany(f'UPDATE "{table.name}" SET {settings} WHERE "id" = %s', rows)
    else:
        columns = ", ".join(f'"{name}"' for name in (*names, "id"))
        settings = ", ".join(f'"{name}" = brought."{name}"' for name in names)
        cursor.execute(
            f'CREATE TEMP TABLE brought AS SELECT {columns} FROM "{table.name}" WITH NO DATA'
        )
        with cursor.copy(f"COPY brought ({columns}) FROM STDIN") as copy:
            copy.write(copy_text(rows))
        cursor.execute("ANALYZE brought")
        cursor.execute(
            f'UPDATE "{table.name}" SET {settings} FROM brought '
            f'WHERE "{table.name}"."id" = brought."id"'
        )
        cursor.execute("DROP TABLE brought")


def _days_told(values: Sequence[Any]) -> Sequence[Any]:
    """A column with its days as SQLite keeps them."""
    days = {v for v in set(map(type, values)) if issubclass(v, date)}
    if not days:
        return values
    return [v.isoformat() if type(v) in days else v for v in values]


def create_box_index(conn: Connection) -> None:
    """The bounding-box index over patches: R*Tree, or GiST over a box of the plain columns."""
    if conn.dialect.name == "sqlite":
        conn.execute(
            text(
                "CREATE VIRTUAL TABLE IF NOT EXISTS patch_bbox USING "
                "rtree(id, min_lon, max_lon, min_lat, max_lat)"
            )
        )
    else:
        conn.execute(
            text(
                "CREATE INDEX IF NOT EXISTS ix_patch_bbox ON patch USING gist "
                "(box(point(min_lon, min_lat), point(max_lon, max_lat)))"
            )
        )


def index_boxes(conn: Connection, boxes: Boxes) -> None:
    """Put boxes (id, min_lon, max_lon, min_lat, max_lat a row) into the R*Tree, where there is one.

    A batch that is large beside what is there packs the whole tree anew.
    """
    if conn.dialect.name != "sqlite" or not len(boxes):
        return
    cursor: Any = conn.connection.cursor()
    if len(boxes) >= _PACKED_FROM:
        ((indexed,),) = cursor.execute("SELECT count(*) FROM patch_bbox_rowid")
        if indexed <= len(boxes):
            box_tree.pack(cursor, _with_indexed(cursor, boxes))
            return
    rows = zip(boxes[:, 0].astype(int).tolist(), *boxes[:, 1:].T.tolist(), strict=True)
    cursor.executemany("INSERT OR REPLACE INTO patch_bbox VALUES (?, ?, ?, ?, ?)", rows)


def _with_indexed(cursor: Any, boxes: Boxes) -> Boxes:
    """The boxes and those of the tree that they do not replace."""
    indexed = np.array(cursor.execute("SELECT * FROM patch_bbox").fetchall(), dtype=float)
    if not len(indexed):
        return boxes
    return np.concatenate([boxes, indexed[~np.isin(indexed[:, 0], boxes[:, 0])]])


def unindex_boxes(conn: Connection, ids: Sequence[int]) -> None:
    if conn.dialect.name == "sqlite" and ids:
        cursor: Any = conn.connection.cursor()
        cursor.executemany("DELETE FROM patch_bbox WHERE id = ?", [(i,) for i in ids])


def touches_box(
    conn: Connection, west: float, south: float, east: float, north: float
) -> ColumnElement[bool]:
    """Condition on `patch`: its bounding box meets the box given, by the index."""
    if conn.dialect.name == "sqlite":
        ids = text(
            "SELECT id FROM patch_bbox WHERE max_lon >= :west AND min_lon <= :east "
            "AND max_lat >= :south AND min_lat <= :north"
        ).bindparams(west=west, south=south, east=east, north=north)
        return Patch.id.in_(ids.columns(Patch.id))
    own = func.box(
        func.point(Patch.min_lon, Patch.min_lat), func.point(Patch.max_lon, Patch.max_lat)
    )
    asked = func.box(
        func.point(literal(west), literal(south)), func.point(literal(east), literal(north))
    )
    return and_(own.op("&&")(asked))


_SENTENCES = (
    (("locked", "busy", "lock timeout"), "数据库正被占用，本次没有写入任何数据。请稍后再试。"),
    (
        ("disk is full", "no space left", "could not extend"),
        "磁盘已满，本次没有写入任何数据。请清理磁盘后再试。",
    ),
    (
        ("readonly", "read-only", "permission denied"),
        "数据库不可写，本次没有写入任何数据。请检查权限。",
    ),
    (("disk i/o error",), "磁盘读写出错，本次没有写入任何数据。请检查磁盘后再试。"),
    (
        ("unable to open", "connection refused", "could not connect", "connection failed"),
        "数据库打不开。请检查 DATABASE_URL 和文件夹权限。",
    ),
    (("not a database", "malformed"), "数据库文件已损坏或不是本系统的数据库。请从备份恢复。"),
)


#: PostgreSQL's own codes, whatever the language of its messages.
_SQLSTATES = {
    "53100": "disk is full",
    "55P03": "locked",
    "25006": "read-only",
    "42501": "permission denied",
    "57P03": "could not connect",
}


def refusal(error: BaseException) -> StoreRefused | None:
    """The sentence for a driver's fault that the user can mend; None for a fault of ours."""
    said = str(error).lower()
    said += f" {_SQLSTATES.get(getattr(error, 'sqlstate', None) or '', '')}"
    for signs, sentence in _SENTENCES:
        if any(sign in said for sign in signs):
            return StoreRefused(sentence)
    return None
