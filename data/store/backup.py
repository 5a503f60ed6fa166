"""Backup while running, and restore: SQLite's own backup, pg_dump for PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import uuid
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL

from data.errors import StoreRefused
from data.settings import Settings
from data.store import history
from data.store.engine import Store
from data.store.migrate import HEAD
from data.store.opening import open_store

_COMMAND_SECONDS = 3_600


def backup(store: Store, target: Path) -> None:
    """Write one consistent file of the store as it is now; readers and writers go on.

    Raises StoreRefused where the file cannot be written; an existing file is replaced only by a
    complete one.
    """
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if store.dialect == "sqlite":
            with (
                store.engine.connect() as conn,
                closing(sqlite3.connect(partial)) as copy,
            ):
                source: sqlite3.Connection = conn.connection.dbapi_connection  # type: ignore[assignment]
                source.backup(copy)
        else:
            _run("pg_dump", store.engine.url, "--format=custom", f"--file={partial}")
        partial.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise StoreRefused(f"备份没有完成（{error}）。请检查磁盘空间和文件夹权限。") from error
    finally:
        partial.unlink(missing_ok=True)


def restore(settings: Settings, source: Path) -> None:
    """Replace the store's content by a backup, and verify its history.

    Raises StoreRefused for a file that is no backup of this program, or whose history does not
    verify; then the store stays as it was (SQLite), or says that it must be restored again.
    """
    if not source.is_file():
        raise StoreRefused(f"找不到备份文件“{source}”，请检查路径。")
    store = Store(settings)
    if store.dialect == "sqlite":
        _check_sqlite(settings, source)
        with (
            closing(sqlite3.connect(source)) as copy,
            store.engine.connect() as conn,
        ):
            live: sqlite3.Connection = conn.connection.dbapi_connection  # type: ignore[assignment]
            copy.backup(live)
    else:
        _run(
            "pg_restore",
            store.engine.url,
            "--clean",
            "--if-exists",
            "--no-owner",
            "--single-transaction",
            "--exit-on-error",
            f"--dbname={store.engine.url.database}",
            str(source),
        )
    store.engine.dispose()
    with open_store(settings).read() as conn:
        if not history.verify(conn).ok:
            raise StoreRefused("备份已恢复，但其历史校验不通过，请换用另一份备份。")


def _check_sqlite(settings: Settings, source: Path) -> None:
    """Before anything is replaced: version, pages, and the history end to end."""
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as conn:
            found = conn.execute("SELECT version_num FROM alembic_version").fetchone()
            sound = conn.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        raise StoreRefused(f"“{source}”不是本系统的备份文件，未恢复。") from error
    if found is None or found[0] > HEAD:
        raise StoreRefused("备份来自更新的程序版本，未恢复。请先升级程序。")
    if sound is None or sound[0] != "ok":
        raise StoreRefused("备份文件已损坏，未恢复。请换用另一份备份。")
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.sqlite"
        shutil.copyfile(source, copy)
        tried = open_store(replace(settings, database_url=f"sqlite:///{copy}"))
        with tried.read() as conn:
            verified = history.verify(conn).ok
        tried.engine.dispose()
    if not verified:
        raise StoreRefused("备份中的历史已被改动，未恢复。请换用另一份备份。")


def _run(command: str, url: URL, *arguments: str) -> None:
    """Run a PostgreSQL client with the store's address in its environment, off the command line."""
    if shutil.which(command) is None:
        raise StoreRefused(f"没有找到 {command}，请安装 PostgreSQL 客户端后再试。")
    names = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    environment = os.environ | {k: str(v) for k, v in names.items() if v}
    done = subprocess.run(
        [command, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
        check=False,
    )
    if done.returncode:
        raise StoreRefused(f"{command} 没有完成：{done.stderr.strip()[:300]}")
