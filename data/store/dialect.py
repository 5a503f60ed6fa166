"""Where SQLite and PostgreSQL differ: locks, bulk rows, error sentences."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from typing import Any

import orjson
import psycopg
from sqlalchemy import Connection, DateTime, Table, func, literal, select

from data.errors import RolledBack, StoreRefused

#: Names → values of some rows.
Columns = Mapping[str, Sequence[Any]]
#: One writer at a time, whatever the process (PostgreSQL advisory lock).
WRITER_LOCK = 0x7765_6970
#: WAL with several connections can lose commits before these (design.md).
_WAL_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
#: So many changed rows come to PostgreSQL by COPY; below, a statement a row is quicker.
_COPIED_FROM = 500
_NULL = "\\N"
_TO_ESCAPE = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPES = str.maketrans(_TO_ESCAPE)
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


def moment(conn: Connection, seconds: float = 0.0) -> Any:
    """So many seconds from now by the database's clock (UTC, without a zone), to be used in a
    statement: hosts whose clocks differ agree on it. SQLite's clock is that of its one machine."""
    ahead = timedelta(seconds=seconds)
    if conn.dialect.name == "postgresql":
        return func.timezone("UTC", func.clock_timestamp(), type_=DateTime()) + ahead
    return literal(datetime.now(UTC).replace(tzinfo=None) + ahead, DateTime())


def now(conn: Connection) -> datetime:
    """By the database's clock, UTC without a zone."""
    found: datetime = conn.execute(select(moment(conn))).scalar_one()
    return found


def bulk_insert(
    conn: Connection, table: Table, columns: Columns, encoded: Collection[str] = ()
) -> None:
    """Insert rows that are given a column each, days as ISO text: COPY on PostgreSQL, executemany
    on SQLite. encoded: names of texts that are given in UTF-8, as SQLite keeps them."""
    if conn.dialect.name == "postgresql":
        insert_copied(conn, table, list(columns), copy_text(columns.values()))
        return
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("CAST(? AS TEXT)" if name in encoded else "?" for name in columns)
    cursor: Any = conn.connection.cursor()
    rows = zip(*columns.values(), strict=True)
    cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)


def insert_copied(
    conn: Connection, table: Table, names: Sequence[str], copied: bytes | memoryview
) -> None:
    """Rows as `copy_text` makes them, into PostgreSQL."""
    columns = ", ".join(f'"{name}"' for name in names)
    cursor: Any = conn.connection.cursor()
    with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
        copy.write(copied)


def copy_text(columns: Iterable[Sequence[Any]]) -> bytes:
    """Rows in PostgreSQL's text format of COPY; a column at a time, in a quarter of the time that
    the driver takes a value at a time."""
    lines = list(map("\t".join, zip(*map(_column_text, columns), strict=True)))
    lines.append("")
    return "\n".join(lines).encode()


def _column_text(column: Sequence[Any]) -> Sequence[str]:
    kinds = set(map(type, column)) - {type(None)}
    write: Callable[[Any], str] = _escaped
    if kinds == {float} and all(map(isfinite, filter(None, column))):
        texts = orjson.dumps(column).decode()[1:-1].split(",")  # in a tenth of the time of repr
        return [_NULL if said == "null" else said for said in texts]
    if kinds <= {int, float, bool}:
        write = repr
    elif kinds == {bytes}:
        write = _hex
    elif kinds == {str} and not _has_escapes("".join(filter(None, column))):
        if None not in column:
            return column
        write = str
    return [_NULL if value is None else write(value) for value in column]


def _has_escapes(text: str) -> bool:
    return any(map(text.__contains__, _TO_ESCAPE))


def _hex(value: bytes) -> str:
    return "\\\\x" + value.hex()


def _escaped(value: Any) -> str:
    if isinstance(value, bytes):
        return _hex(value)
    if isinstance(value, dict | list):
        value = json.dumps(value)
    return str(value).translate(_ESCAPES)


def bulk_update(
    conn: Connection,
    table: Table,
    names: Sequence[str],
    rows: Sequence[Any],
    identity: str = "id",
) -> None:
    """Set the columns `names` of rows by their identity. rows: the values in this order, then the
    identity."""
    cursor: Any = conn.connection.cursor()
    if conn.dialect.name == "sqlite":
        settings = ", ".join(f'"{name}" = ?' for name in names)
        told = zip(*map(_days_told, zip(*rows, strict=True)), strict=True)
        cursor.executemany(f'UPDATE "{table.name}" SET {settings} WHERE "{identity}" = ?', told)
    elif len(rows) < _COPIED_FROM:
        settings = ", ".join(f'"{name}" = %s' for name in names)
        statement = f'UPDATE "{table.name}" SET {settings} WHERE "{identity}" = %s'
        cursor.executemany(statement, rows)
    else:
        columns = ", ".join(f'"{name}"' for name in (*names, identity))
        settings = ", ".join(f'"{name}" = brought."{name}"' for name in names)
        cursor.execute(
            f'CREATE TEMP TABLE brought AS SELECT {columns} FROM "{table.name}" WITH NO DATA'
        )
        with cursor.copy(f"COPY brought ({columns}) FROM STDIN") as copy:
            copy.write(copy_text(zip(*rows, strict=True)))
        cursor.execute("ANALYZE brought")
        cursor.execute(
            f'UPDATE "{table.name}" SET {settings} FROM brought '
            f'WHERE "{table.name}"."{identity}" = brought."{identity}"'
        )
        cursor.execute("DROP TABLE brought")


def _days_told(values: Sequence[Any]) -> Sequence[Any]:
    """A column with its days as SQLite keeps them."""
    days = {v for v in set(map(type, values)) if issubclass(v, date)}
    if not days:
        return values
    return [v.isoformat() if type(v) in days else v for v in values]


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
_LOST = "与数据库的连接中断，这一步没有做完。请稍后重试；仍不行请联系管理员检查数据库和网络。"
_STOPPED = "数据库正在重启或维护，这一步没有做完。请稍后再试。"
_UNDONE = "与同时进行的另一项改动冲突，数据库已撤销这一步，没有写入任何数据。请再试一次。"
#: PostgreSQL's own codes and classes of codes, whatever the language of its messages.
_SQLSTATES = {
    "08": _LOST,
    "25006": "数据库不可写，本次没有写入任何数据。请检查权限。",
    "25P03": "这一步停顿太久，数据库已断开连接，没有写入任何数据。请重试。",
    "25P04": "这一步超过了允许的时间，数据库已停止，没有写入任何数据。请重试。",
    "40": _UNDONE,
    "40003": _LOST,
    "42501": "数据库不可写，本次没有写入任何数据。请检查权限。",
    "53": "数据库资源不足，这一步没有做完。请稍后再试；仍不行请联系管理员。",
    "53100": "磁盘已满，本次没有写入任何数据。请清理磁盘后再试。",
    "53200": "数据库内存不足，这一步没有做完。请稍后再试；仍不行请联系管理员。",
    "53300": "数据库的连接数已满。请稍后再试；常出现时请联系管理员调整连接数。",
    "55P03": "数据库正被占用，本次没有写入任何数据。请稍后再试。",
    "57": _STOPPED,
    "57014": "这一步超过了允许的时间，数据库已停止，没有写入任何数据。请缩小范围或稍后重试。",
    "57P04": "数据库已被删除或改名。请检查 DATABASE_URL。",
}
#: Codes after which nobody knows what became of a commit.
_LOST_CODES = ("08", "57P01", "57P02", "57P05", "40003")


def refusal(error: BaseException) -> StoreRefused | None:
    """The sentence for a driver's fault that the user can mend; None for a fault of ours."""
    said = str(error).lower()
    code = getattr(error, "sqlstate", None)
    if code:
        known = _SQLSTATES.get(code) or _SQLSTATES.get(code[:2])
        if known is not None:
            return RolledBack(known) if known is _UNDONE else StoreRefused(known)
    elif isinstance(error, psycopg.OperationalError) and "connection failed" not in said:
        return StoreRefused(_LOST)  # libpq's own words, in the language of the machine
    for signs, sentence in _SENTENCES:
        if any(sign in said for sign in signs):
            return StoreRefused(sentence)
    return None


def is_lost(error: BaseException) -> bool:
    """Whether the connection went away, so that the answer to a commit did not come."""
    code = getattr(error, "sqlstate", None)
    if code is None:
        return isinstance(error, psycopg.OperationalError)
    return str(code).startswith(_LOST_CODES)
