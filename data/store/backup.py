"""Backup while running: the store with everything that belongs to it (data/store/restore.py).

SQLite is copied by its own backup, PostgreSQL by pg_dump. All files below the local folder come
along but what can be made again (map caches), locks and logs, and the key that signs anchors: who
has a backup must not be able to sign.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from data.errors import StoreRefused
from data.faults import os_reason
from data.settings import Settings
from data.store import dialect, history, meta
from data.store.backup_file import FILES, BackupWriter, Member, is_backup
from data.store.engine import Store
from data.store.migrate import HEAD
from data.store.pg_client import run_client

#: How long a backup waits for a writer.
_BACKUP_WAITS_SECONDS = 60.0
STORE_NAME = {"sqlite": "store.sqlite", "postgresql": "store.dump"}
#: Below the local folder: made again when needed, or of the moment.
_ASIDE_FOLDERS = {"maps", "__pycache__"}
_ASIDE = re.compile(r"\.log(\.\d+)?$|\.lock$|-journal$|-wal$|-shm$")
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
    refuse_own(store.settings, target, "备份不能写到正在使用的数据库上，没有备份。请换一个文件名。")
    if not target.parent.is_dir():
        raise StoreRefused(f"没有文件夹“{target.parent}”，没有备份。请先建好，或换一个位置。")
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with TemporaryDirectory(dir=target.parent, prefix=".weipian-backup-") as folder:
            copy = Path(folder) / STORE_NAME[store.dialect]
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
    return contents_of(head, writer.members)


def contents_of(head: dict[str, object], members: list[Member]) -> Contents:
    inside = [m.path.split("/") for m in members if m.path.startswith(f"{FILES}/")]
    folders = Counter(parts[1] if len(parts) > 2 else "" for parts in inside)
    size = sum(m.size for m in members)
    version, records = int(str(head["data_version"])), int(str(head["records"]))
    return Contents(str(head["made_at"]), version, records, dict(folders), size)


def refuse_own(settings: Settings, path: Path, sentence: str) -> None:
    """Raises StoreRefused where the path is the store's own file, or one beside it of SQLite's."""
    own = store_path(settings)
    if own is None:
        return
    beside = {own.with_name(own.name + end) for end in ("", "-journal", "-wal", "-shm")}
    if path.resolve() in {p.resolve() for p in beside}:
        raise StoreRefused(sentence)
    if path.exists() and own.exists() and path.samefile(own):  # a hard link
        raise StoreRefused(sentence)


def store_path(settings: Settings) -> Path | None:
    url = make_url(settings.database_url)
    is_file = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(str(url.database)) if is_file else None


def _copy_store(store: Store, target: Path) -> None:
    if store.dialect == "sqlite":
        own = store_path(store.settings)
        assert own is not None
        with closing(sqlite3.connect(own)) as source:
            copy_sqlite(
                source, target, _BACKUP_WAITS_SECONDS, "数据库正被占用，没有备份。请稍后再试。"
            )
    else:
        waits = f"--lock-wait-timeout={int(_BACKUP_WAITS_SECONDS)}s"
        run_client("pg_dump", store.engine.url, "--format=custom", waits, f"--file={target}")


def copy_sqlite(source: sqlite3.Connection, target: Path, seconds: float, sentence: str) -> None:
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
    own = store_path(settings)
    if not settings.local_dir.is_dir():
        return
    for folder, names, files in os.walk(settings.local_dir):
        names[:] = sorted(n for n in names if n not in _ASIDE_FOLDERS and not n.startswith("."))
        for name in sorted(files):
            path = Path(folder) / name
            if name.startswith(".") or _ASIDE.search(name) or path == partial:
                continue
            if path == settings.anchor_key:
                continue
            if path.is_symlink() or is_backup(path) or (own is not None and _is_same(path, own)):
                continue
            yield path


def _is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _add(writer: BackupWriter, path: Path, local_dir: Path, folder: Path) -> None:
    name = f"{FILES}/{path.relative_to(local_dir).as_posix()}"
    try:
        if is_sqlite(path):  # the jobs: somebody may be writing to them
            copy = folder / "copy.sqlite"
            copy.unlink(missing_ok=True)
            with closing(sqlite3.connect(path)) as source:
                copy_sqlite(
                    source, copy, _BACKUP_WAITS_SECONDS, f"“{path.name}”正被占用，没有备份。"
                )
            path = copy
        writer.add(path, name)
    except FileNotFoundError:  # cleared away since
        return


def is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC
