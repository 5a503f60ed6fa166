"""What is looked at in a GeoPackage before GDAL opens it: views and computed columns run SQL.

A layer must be a plain table. Views, virtual tables (but the R-trees of the format), generated
columns and shadowed system tables are refused; triggers cannot fire in a read-only database.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from data.errors import UploadRefused

_BROKEN = "GeoPackage 已损坏或不是 GeoPackage，请从原软件重新导出。"
_SECONDS = 10
_MAX_OBJECTS = 5_000
_RTREE = re.compile(
    r"""\s*CREATE\s+VIRTUAL\s+TABLE\s+(?:"[^"]+"|\w+)\s+USING\s+rtree\s*\([^()]*\)\s*$""",
    re.IGNORECASE,
)
_NUMERIC = {
    *("INT", "INTEGER", "MEDIUMINT", "SMALLINT", "TINYINT", "BOOLEAN"),
    *("REAL", "DOUBLE", "FLOAT"),
}
_FUNCTIONS = ("lower", "count", "max", "typeof", "substr", "date")
_ALLOWED_PRAGMAS = {"trusted_schema", "cell_size_check", "table_xinfo", "query_only"}


def without_views(path: Path, folder: Path) -> Path:
    """The file itself, or where it has views besides its layers a copy in `folder` without them:
    GDAL lists them as layers and asks each for its extent.

    Raises UploadRefused unless every layer is a plain table.
    """
    try:
        with closing(_opened(path)) as db:
            _check(db)
            views = [
                str(n) for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type='view'")
            ]
        if not views:
            return path
        copy = folder / "plain.gpkg"
        shutil.copyfile(path, copy)
        with closing(sqlite3.connect(copy)) as db:
            db.execute("PRAGMA trusted_schema=OFF")
            for view in views:  # dropping a view does not run it
                db.execute(f"DROP VIEW {_quoted(view)}")
            db.commit()
    except (sqlite3.Error, UnicodeError) as error:  # sqlite3 decodes its own complaints strictly
        raise UploadRefused(_BROKEN) from error
    return copy


def with_odd_cells(path: Path, layer: str, columns: pa.Table) -> pa.Table:
    """The columns, as text where SQLite holds what their type does not say: a text in a numeric
    column, which GDAL reads as 0, or 31 February, of which it makes 3 March."""
    try:
        with closing(_opened(path)) as db:
            for name in _odd_columns(db, layer, columns.column_names):
                query = f"SELECT {_quoted(name)} FROM {_quoted(layer)} ORDER BY rowid"
                cells = [_as_text(value) for (value,) in db.execute(query)]
                if len(cells) == columns.num_rows:
                    at = columns.column_names.index(name)
                    columns = columns.set_column(at, name, pa.array(cells, pa.string()))
    except sqlite3.Error:  # a table without row numbers, or too large for the time there is
        return columns
    return columns


def _odd_columns(db: sqlite3.Connection, layer: str, names: list[str]) -> list[str]:
    tests: dict[str, str] = {}
    for _, name, kind, *_ in db.execute(f"PRAGMA table_xinfo({_quoted(layer)})"):
        cell, declared = _quoted(str(name)), str(kind).upper().partition("(")[0].strip()
        if name not in names:
            continue
        if declared in _NUMERIC:
            tests[str(name)] = f"typeof({cell}) IN ('text', 'blob')"
        elif declared in ("DATE", "DATETIME"):
            day = f"substr({cell}, 1, 10)"
            tests[str(name)] = f"{cell} IS NOT NULL AND date({day}, '+0 days') IS NOT {day}"
    if not tests:
        return []
    asked = ", ".join(f"max({test})" for test in tests.values())
    found = db.execute(f"SELECT {asked} FROM {_quoted(layer)}").fetchone()
    return [name for name, is_odd in zip(tests, found, strict=True) if is_odd]


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return repr(value) if isinstance(value, float) else str(value)


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    db.text_factory = lambda raw: raw.decode("utf-8", "replace")
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 10_000_000)
    db.execute("PRAGMA trusted_schema=OFF")
    db.execute("PRAGMA cell_size_check=ON")
    end = time.monotonic() + _SECONDS
    db.set_progress_handler(lambda: time.monotonic() > end, 100_000)
    db.set_authorizer(_only_reading)
    return db


def _only_reading(
    action: int, first: str | None, second: str | None, database: str | None, by: str | None
) -> int:
    if by is not None:  # from inside a view or trigger
        return sqlite3.SQLITE_DENY
    if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ):
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and first in _ALLOWED_PRAGMAS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _check(db: sqlite3.Connection) -> None:
    (count,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if count > _MAX_OBJECTS:
        raise UploadRefused("GeoPackage 中的表过多，请只导出需要的图层。")
    objects = {
        str(name).lower(): (str(kind), str(sql or ""))
        for kind, name, sql in db.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view')"
        )
    }
    if "gpkg_contents" not in objects:
        raise UploadRefused("文件是 SQLite 数据库，但不是 GeoPackage，请从原软件重新导出。")
    for name, (kind, sql) in objects.items():
        if name.startswith(("gpkg_", "rtree_")) and kind != "table":
            raise UploadRefused("GeoPackage 的系统表被视图顶替，未读取。请从原软件重新导出。")
        virtual = sql.lstrip().upper().startswith("CREATE VIRTUAL")
        if virtual and not _is_rtree(name, sql):
            raise UploadRefused("GeoPackage 中有虚拟表，未读取。请只导出图层本身。")
    layers = {str(n).lower() for (n,) in db.execute("SELECT table_name FROM gpkg_contents")}
    if "gpkg_geometry_columns" in objects:
        rows = db.execute("SELECT table_name FROM gpkg_geometry_columns")
        layers |= {str(n).lower() for (n,) in rows}
    for layer in layers:
        if layer not in objects:
            raise UploadRefused("GeoPackage 登记的图层并不存在，文件不完整，请重新导出。")
        kind, sql = objects[layer]
        if kind != "table" or sql.lstrip().upper().startswith("CREATE VIRTUAL"):
            raise UploadRefused("GeoPackage 的图层是视图而不是表，未读取。请导出为普通图层。")
        hidden = [r for r in db.execute(f"PRAGMA table_xinfo({_quoted(layer)})") if r[6]]
        if hidden:
            raise UploadRefused("GeoPackage 的图层中有计算列，未读取。请导出为普通图层。")


def _is_rtree(name: str, sql: str) -> bool:
    return name.startswith("rtree_") and _RTREE.match(sql) is not None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
