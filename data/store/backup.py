"""Backup while running, and restore: the store with everything that belongs to it.

SQLite is copied by its own backup, PostgreSQL by pg_dump. All files below the local folder come
along but what can be made again (map caches), locks and logs. What a restore finds that the backup
does not have stays.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL, inspect, make_url
from sqlalchemy.exc import DBAPIError

from data.errors import StoreRefused
from data.faults import os_reason
from data.settings import Settings
from data.store import dialect, history, meta
from data.store.backup_file import FILES, BackupWriter, Member, is_backup, unpack
from data.store.engine import Store
from data.store.migrate import HEAD
from data.store.opening import open_store

_COMMAND_SECONDS = 3_600
#: How long a restore waits for whoever uses the store, and a backup for a writer.
RESTORE_WAITS_SECONDS, _BACKUP_WAITS_SECONDS = 5.0, 60.0
_STORE = {"sqlite": "store.sqlite", "postgresql": "store.dump"}
#: Below the local folder: made again when needed, or of the moment.
_ASIDE_FOLDERS = {"maps", "__pycache__"}
_ASIDE_SUFFIXES = (".log", ".lock", "-journal", "-wal", "-shm")
_LOCKED = (
    "数据库正被占用，没有恢复，库和文件保持原样。请先停止网页服务和后台任务（或等它们写完）再恢复。"
)
_SQLITE_MAGIC = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds. folders: name below the local folder ("" for files in it) → files."""

    made_at: str
    data_version: int
    records: int
    folders: dict[str, int]
    size: int

    def sentence(self) -> str:
        names = {"uploads": "上传的文件", "outputs": "退回表等产出", "": "任务等其他文件"}
        files = "，".join(f"{names.get(k, k)}{n}个" for k, n in sorted(self.folders.items()))
        return (
            f"数据库（数据版本{self.data_version}，历史记录{self.records:,}条）"
            f"{'，' + files if files else '，没有文件'}，共{self.size / (1 << 20):.1f} MB"
        )


def backup(store: Store, target: Path) -> Contents:
    """Write one file of the store and its files as they are now; readers and writers go on.

    Raises StoreRefused where the file cannot be written, or is the store's own; an existing file is
    replaced only by a complete one.
    """
    _refuse_own(
        store.settings, target, "备份不能写到正在使用的数据库上，没有备份。请换一个文件名。"
    )
    if not target.parent.is_dir():
        raise StoreRefused(f"没有文件夹“{target.parent}”，没有备份。请先建好，或换一个位置。")
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with TemporaryDirectory(dir=target.parent, prefix=".weipian-backup-") as folder:
            copy = Path(folder) / _STORE[store.dialect]
            with store.read() as conn:
                version = int(meta.get(conn, "data_version") or 0)
                records = history.head(conn)[0]
            _copy_store(store, copy)
            made_at = datetime.now(UTC).isoformat(timespec="seconds")
            head = {
                "made_at": made_at,
                "database": store.dialect,
                "revision": HEAD,
                "data_version": version,
                "records": records,
            }
            writer = BackupWriter(partial, head)
            writer.add(copy, copy.name)
            for path in _files(store.settings, partial):
                _add(writer, path, store.settings.local_dir, Path(folder))
            writer.close()
        partial.replace(target)
    except (OSError, sqlite3.Error) as error:
        refused = None if isinstance(error, OSError) else dialect.refusal(error)
        why = os_reason(error) if isinstance(error, OSError) else "数据库无法复制"
        why = refused.message.rstrip("。") if refused is not None else why
        raise StoreRefused(f"备份没有完成：{why}。请检查磁盘空间、文件名和文件夹权限。") from error
    finally:
        partial.unlink(missing_ok=True)
    return _contents(head, writer.members)


def _contents(head: dict[str, object], members: list[Member]) -> Contents:
    inside = [m.path.split("/") for m in members if m.path.startswith(f"{FILES}/")]
    folders = Counter(parts[1] if len(parts) > 2 else "" for parts in inside)
    size = sum(m.size for m in members)
    version, records = int(str(head["data_version"])), int(str(head["records"]))
    return Contents(str(head["made_at"]), version, records, dict(folders), size)


def _refuse_own(settings: Settings, path: Path, sentence: str) -> None:
    """Raises StoreRefused where the path is the store's own file, or one beside it of SQLite's."""
    own = _store_path(settings)
    if own is None:
        return
    beside = {own.with_name(own.name + end) for end in ("", "-journal", "-wal", "-shm")}
    if path.resolve() in {p.resolve() for p in beside}:
        raise StoreRefused(sentence)
    if path.exists() and own.exists() and path.samefile(own):  # a hard link
        raise StoreRefused(sentence)


def _store_path(settings: Settings) -> Path | None:
    url = make_url(settings.database_url)
    is_file = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(str(url.database)) if is_file else None


def _copy_store(store: Store, target: Path) -> None:
    if store.dialect == "sqlite":
        own = _store_path(store.settings)
        assert own is not None
        with closing(sqlite3.connect(own)) as source:
            _copy_sqlite(
                source, target, _BACKUP_WAITS_SECONDS, "数据库正被占用，没有备份。请稍后再试。"
            )
    else:
        waits = f"--lock-wait-timeout={int(_BACKUP_WAITS_SECONDS)}s"
        _run("pg_dump", store.engine.url, "--format=custom", waits, f"--file={target}")


def _copy_sqlite(source: sqlite3.Connection, target: Path, seconds: float, sentence: str) -> None:
    """SQLite's backup waits for ever where one side is locked; this one says so after a while."""
    with closing(sqlite3.connect(target, timeout=0.2)) as copy:
        source.backup(copy, progress=_impatient(seconds, sentence), sleep=0.1)


def _impatient(seconds: float, sentence: str) -> Callable[[int, int, int], None]:
    left = [-1]
    since = [time.monotonic()]

    def progress(status: int, remaining: int, total: int) -> None:
        now = time.monotonic()
        if status in (sqlite3.SQLITE_OK, sqlite3.SQLITE_DONE) and remaining != left[0]:
            left[0], since[0] = remaining, now
        elif now - since[0] > seconds:
            raise StoreRefused(sentence)

    return progress


def _files(settings: Settings, partial: Path) -> Iterator[Path]:
    """Files below the local folder that belong to the store."""
    own = _store_path(settings)
    if not settings.local_dir.is_dir():
        return
    for folder, names, files in os.walk(settings.local_dir):
        names[:] = sorted(n for n in names if n not in _ASIDE_FOLDERS and not n.startswith("."))
        for name in sorted(files):
            path = Path(folder) / name
            if name.startswith(".") or name.endswith(_ASIDE_SUFFIXES) or path == partial:
                continue
            if path.is_symlink() or is_backup(path) or (own is not None and _is_same(path, own)):
                continue
            yield path


def _is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _add(writer: BackupWriter, path: Path, local_dir: Path, folder: Path) -> None:
    name = f"{FILES}/{path.relative_to(local_dir).as_posix()}"
    try:
        if _is_sqlite(path):  # the jobs: somebody may be writing to them
            copy = folder / "copy.sqlite"
            copy.unlink(missing_ok=True)
            with closing(sqlite3.connect(path)) as source:
                _copy_sqlite(
                    source, copy, _BACKUP_WAITS_SECONDS, f"“{path.name}”正被占用，没有备份。"
                )
            path = copy
        writer.add(path, name)
    except FileNotFoundError:  # cleared away since
        return


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC


# ---- restore -------------------------------------------------------------------------------------


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
    _refuse_own(settings, source, own)
    store = Store(settings)
    _refuse_locked(settings, store)
    if not is_backup(source):
        _replace_store(settings, store, source)
        return None
    settings.local_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.local_dir, prefix=".restore-") as folder:
        head, members = unpack(source, Path(folder))
        copy = Path(folder) / _STORE[store.dialect]
        if not copy.is_file():
            raise StoreRefused(
                f"备份来自另一种数据库（{head.get('database')}），没有恢复。"
                "请把 DATABASE_URL 改为同一种数据库后再恢复。"
            )
        _replace_store(settings, store, copy)
        _bring_back(Path(folder), members, settings.local_dir)
    return _contents(head, members)


def _refuse_locked(settings: Settings, store: Store) -> None:
    """At once, before anything is read. pg_restore waits for ever: an archive says so itself."""
    own = _store_path(settings)
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
        own = _store_path(settings)
        assert own is not None
        _check_sqlite(settings, source)
        with closing(sqlite3.connect(source)) as copy:
            _copy_sqlite(copy, own, RESTORE_WAITS_SECONDS, _LOCKED)
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
    restored = open_store(settings)
    with restored.read() as conn:
        sound = history.verify(conn).ok
    restored.engine.dispose()
    if not sound:
        raise StoreRefused("备份已恢复，但其历史校验不通过，请换用另一份备份。")


def _bring_back(folder: Path, members: list[Member], local_dir: Path) -> None:
    for member in members:
        if not member.path.startswith(f"{FILES}/"):
            continue
        target = local_dir / member.path.removeprefix(f"{FILES}/")
        unpacked = folder / member.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if _is_sqlite(unpacked) and target.exists():  # a process may have it open
            with closing(sqlite3.connect(unpacked)) as copy:
                _copy_sqlite(copy, target, RESTORE_WAITS_SECONDS, _LOCKED)
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
    try:
        done = subprocess.run(
            [command, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise StoreRefused(f"{command} 一小时没有完成，已停止。请检查数据库是否被占用。") from error
    if done.returncode:
        raise StoreRefused(f"{command} 没有完成：{done.stderr.strip()[:300]}")
