"""Bringing a backup back: compared, replaced, verified (data/store/backup.py makes it).

What a restore finds among the files that the backup does not have stays.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from data.errors import StoreRefused
from data.settings import Settings
from data.store import dialect, history
from data.store.backup import (
    STORE_NAME,
    Contents,
    contents_of,
    copy_sqlite,
    is_sqlite,
    refuse_own,
    store_path,
)
from data.store.backup_file import FILES, Member, is_backup, unpack
from data.store.engine import Store
from data.store.migrate import HEAD
from data.store.opening import open_store
from data.store.pg_client import run_client

#: How long a restore waits for whoever uses the store.
RESTORE_WAITS_SECONDS = 5.0
_LOCKED = (
    "数据库正被占用，没有恢复，库和文件保持原样。请先停止网页服务和后台任务（或等它们写完）再恢复。"
)


def restore(settings: Settings, source: Path) -> Contents | None:
    """Replace the store's content by a backup, bring its files back and verify both. Returns what
    came back; None for a backup of an earlier version, which holds the database alone.

    Raises StoreRefused for a file that is no backup of this program, that is the store itself, or
    whose history does not verify; and where the store is in use. Then everything stays as it was
    (on PostgreSQL a history that does not verify says that another backup must be restored).
    """
    if not source.is_file():
        raise StoreRefused(f"找不到备份文件“{source}”，请检查路径。")
    own = "这就是正在使用的数据库本身，不是备份，没有恢复。请指定用 backup 命令生成的文件。"
    refuse_own(settings, source, own)
    store = Store(settings)
    _refuse_locked(settings, store)
    if not is_backup(source):
        _replace_store(settings, store, source)
        return None
    settings.local_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.local_dir, prefix=".restore-") as folder:
        head, members = unpack(source, Path(folder))
        copy = Path(folder) / STORE_NAME[store.dialect]
        if not copy.is_file():
            raise StoreRefused(
                f"备份来自另一种数据库（{head.get('database')}），没有恢复。"
                "请把 DATABASE_URL 改为同一种数据库后再恢复。"
            )
        _replace_store(settings, store, copy)
        _bring_back(Path(folder), members, settings.local_dir)
    return contents_of(head, members)


def _refuse_locked(settings: Settings, store: Store) -> None:
    """At once, before anything is read. pg_restore waits for ever: an archive says so itself."""
    own = store_path(settings)
    if store.dialect == "postgresql":
        _try_locks(store)
    elif own is not None and own.is_file():
        try:
            with closing(sqlite3.connect(own, timeout=RESTORE_WAITS_SECONDS)) as conn:
                conn.execute("BEGIN EXCLUSIVE")
                conn.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise StoreRefused(_LOCKED) from error
        except sqlite3.DatabaseError:
            return  # broken: all the more reason to restore


def _try_locks(store: Store) -> None:
    try:
        with store.engine.connect() as conn, conn.begin() as transaction:
            wait = int(RESTORE_WAITS_SECONDS * 1000)
            conn.exec_driver_sql(f"SET LOCAL lock_timeout = {wait}")
            names = ", ".join(f'"{name}"' for name in inspect(conn).get_table_names())
            if names:
                conn.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
            transaction.rollback()
    except DBAPIError as error:
        refusal = dialect.refusal(error.orig) if error.orig is not None else None
        if refusal is None:
            raise
        raise StoreRefused(_LOCKED) from error


def _replace_store(settings: Settings, store: Store, source: Path) -> None:
    if store.dialect == "sqlite":
        own = store_path(settings)
        assert own is not None
        _check_sqlite(settings, source)
        with closing(sqlite3.connect(source)) as copy:
            copy_sqlite(copy, own, RESTORE_WAITS_SECONDS, _LOCKED)
    else:
        _replace_postgresql(store, source)
    store.engine.dispose()
    restored = open_store(settings)
    with restored.read() as conn:
        sound = history.verify(conn).ok
    restored.engine.dispose()
    if not sound:
        raise StoreRefused("备份已恢复，但其历史校验不通过，请换用另一份备份。")


def _replace_postgresql(store: Store, source: Path) -> None:
    """In one transaction: what is there now goes whole, because a newer program may have made
    tables that the backup does not know; then comes what the backup has."""
    with store.engine.connect() as conn:
        names = ", ".join(f'"{name}"' for name in inspect(conn).get_table_names())
    wait = int(RESTORE_WAITS_SECONDS * 1000)
    drop = f"SET LOCAL lock_timeout = {wait}; DROP TABLE IF EXISTS {names} CASCADE" if names else ""
    script = source.with_suffix(".sql")
    run_client(
        "pg_restore", store.engine.url, "--no-owner", "--exit-on-error", f"--file={script}",
        str(source),
    )  # fmt: skip
    run_client(
        "psql", store.engine.url, "--no-psqlrc", "--quiet", "--output=/dev/null",
        "--set=ON_ERROR_STOP=1", "--single-transaction", f"--command={drop}", f"--file={script}",
    )  # fmt: skip


def _bring_back(folder: Path, members: list[Member], local_dir: Path) -> None:
    for member in members:
        if not member.path.startswith(f"{FILES}/"):
            continue
        target = local_dir / member.path.removeprefix(f"{FILES}/")
        unpacked = folder / member.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if is_sqlite(unpacked) and target.exists():  # a process may have it open
            with closing(sqlite3.connect(unpacked)) as copy:
                copy_sqlite(copy, target, RESTORE_WAITS_SECONDS, _LOCKED)
            continue
        unpacked.replace(target)
        if hashlib.sha256(target.read_bytes()).hexdigest() != member.sha256:
            raise StoreRefused(f"文件“{target.name}”写入后与备份不符，请检查磁盘后重新恢复。")


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
