"""A backup is taken while the store runs, and brings it back."""

from __future__ import annotations

import io
import sqlite3
import tarfile
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, inspect, select, text

from data.errors import StoreRefused
from data.jobs.table import JobTable
from data.scope import Scope
from data.store import history
from data.store.anchors import make_anchor
from data.store.backup import backup
from data.store.backup_folder import keep_backup, kept
from data.store.engine import Store
from data.store.models import Patch
from data.store.opening import open_store
from data.store.queries.figures import figures
from data.store.queries.stamp import data_version
from data.store.restore import restore
from data.vocabulary import UploadKind
from data.workflow.measure_files import keep, received
from data.workflow.proof import verify
from tests.data.documents.test_confined import pdf
from tests.data.workflow.filled import fill
from tests.sending import PATCH, send


def test_what_came_after_the_backup_is_gone_after_the_restore(store: Store, tmp_path: Path) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    file = tmp_path / "backup"
    backup(store, file)
    send(store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-2"})
    store.engine.dispose()
    restore(store.settings, file)
    restored = open_store(store.settings)
    with restored.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 1
        assert history.verify(conn).ok
    assert send(restored, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-3"}).inserted == 1
    restored.engine.dispose()


def test_a_file_that_is_no_backup_is_refused_and_the_store_stays(
    sqlite_store: Store, tmp_path: Path
) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    file = tmp_path / "notes.txt"
    file.write_text("不是备份")
    with pytest.raises(StoreRefused, match="不是本系统的备份"):
        restore(sqlite_store.settings, file)
    with pytest.raises(StoreRefused, match="找不到"):
        restore(sqlite_store.settings, tmp_path / "missing")
    with sqlite_store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 1


def test_a_tampered_backup_leaves_the_store(sqlite_store: Store, tmp_path: Path) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    plain = _plain_copy(sqlite_store, tmp_path / "plain")
    send(sqlite_store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-2"})
    with closing(sqlite3.connect(plain)) as conn:
        conn.execute("UPDATE patch SET farmland_mu = 1")
        conn.commit()
    with pytest.raises(StoreRefused, match="已被改动"):
        restore(sqlite_store.settings, plain)
    with sqlite_store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 2


def _plain_copy(store: Store, path: Path) -> Path:
    """As an earlier version backed up: the database alone."""
    with (
        closing(sqlite3.connect(str(store.engine.url.database))) as source,
        closing(sqlite3.connect(path)) as copy,
    ):
        source.backup(copy)
    return path


def test_a_backup_of_an_earlier_version_brings_the_database_back(
    sqlite_store: Store, tmp_path: Path
) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    plain = _plain_copy(sqlite_store, tmp_path / "plain")
    send(sqlite_store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-2"})
    assert restore(sqlite_store.settings, plain) is None
    with sqlite_store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 1


# ---- the files -----------------------------------------------------------------------------------


def _everything(folder: Path) -> dict[str, bytes]:
    """Files below a local folder but the store, caches and locks."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and "maps" not in path.parts
        and path.suffix not in (".lock", ".log", ".sqlite", ".1", ".key")
    }


def _figures(conn: Connection) -> Any:
    return figures(conn, Scope.all(), 2023, date(2024, 3, 1))


def test_everything_comes_back_in_an_empty_place(
    store: Store, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    local = store.settings.local_dir
    fill(store)  # something in every table
    bad = {**PATCH, "图斑编号": "B", "监测面积": -1}
    assert send(store, UploadKind.PATCHES, PATCH, bad).report is not None
    attached = keep(store.settings, received("送达回证.pdf", pdf()))
    make_anchor(store)  # and with it the key
    with store.read() as conn:
        version, before = data_version(conn), _figures(conn)
    JobTable(store.settings).submit("undo", {"batch": 1}, "王工")
    for name in ("photos/a.jpg", "workdays.toml", "maps/cube.npy", "worker.log", "worker.log.1"):
        path = local / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 10)
    (local / "workdays.toml").write_bytes(b"")
    file = tmp_path / "backup.tar"
    said = backup(store, file)
    assert said.data_version == version
    assert said.folders.keys() >= {"uploads", "outputs", "photos", ""}
    assert "上传的文件" in said.sentence()
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    if store.dialect == "postgresql":
        url = request.getfixturevalue("postgres_cluster").new_database()
    elsewhere = replace(store.settings, database_url=url, local_dir=tmp_path / "elsewhere")
    restore(elsewhere, file)
    assert _everything(elsewhere.local_dir) == _everything(local)
    assert (elsewhere.uploads_dir / attached.path).read_bytes() == pdf()
    assert not (elsewhere.local_dir / "maps").exists()
    assert store.settings.anchor_key.is_file()  # who has a backup must not be able to sign
    assert not elsewhere.anchor_key.exists()
    restored = open_store(elsewhere)
    with restored.read() as conn:
        assert _figures(conn) == before
    assert verify(restored).bad == []
    assert [job.task for job in JobTable(elsewhere).unfinished()] == ["undo"]
    restored.engine.dispose()


def test_files_that_the_backup_does_not_have_stay(store: Store, tmp_path: Path) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    backup(store, tmp_path / "b")
    other = store.settings.uploads_dir / "later.bin"
    other.write_bytes(b"1")
    store.engine.dispose()
    restore(store.settings, tmp_path / "b")
    assert other.is_file()


def test_no_folder_is_made_for_a_backup(sqlite_store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match=r"没有文件夹“[^”]*nowhere”"):
        backup(sqlite_store, tmp_path / "nowhere" / "first.tar")
    assert not (tmp_path / "nowhere").exists()


def test_a_backup_inside_the_folder_is_not_backed_up_again(
    sqlite_store: Store, tmp_path: Path
) -> None:
    folder = sqlite_store.settings.local_dir / "backups"
    folder.mkdir(parents=True)
    backup(sqlite_store, folder / "first.tar")
    backup(sqlite_store, folder / "second.tar")
    backup(sqlite_store, tmp_path / "third")
    with tarfile.open(tmp_path / "third") as tar:
        assert not [name for name in tar.getnames() if "backups" in name]


@pytest.mark.parametrize("how", ["cut", "flip", "lacks", "more", "path", "link"])
def test_a_damaged_backup_changes_nothing(sqlite_store: Store, tmp_path: Path, how: str) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    file = tmp_path / "backup.tar"
    backup(sqlite_store, file)
    send(sqlite_store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-2"})
    data = file.read_bytes()
    if how == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif how == "flip":
        at = data.index("图斑编号,".encode())  # inside the uploaded file
        file.write_bytes(data[:at] + b"\0" + data[at + 1 :])
    else:
        _rewritten(file, how)
    before = _everything(sqlite_store.settings.local_dir)
    with pytest.raises(StoreRefused):
        restore(sqlite_store.settings, file)
    assert _everything(sqlite_store.settings.local_dir) == before
    with sqlite_store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 2


def _rewritten(file: Path, how: str) -> None:
    with tarfile.open(file) as old:
        members = [(info, old.extractfile(info).read()) for info in old]  # type: ignore[union-attr]
    with tarfile.open(file, "w") as new:
        for info, content in members:
            if how == "lacks" and info.name.startswith("files/uploads"):
                continue
            new.addfile(info, io.BytesIO(content))
        if how in ("more", "path"):
            info = tarfile.TarInfo("files/x" if how == "more" else "files/../../x")
            info.size = 1
            new.addfile(info, io.BytesIO(b"x"))
        elif how == "link":
            info = tarfile.TarInfo("files/link")
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            new.addfile(info)


# ---- the store's own file, and locks -------------------------------------------------------------


@pytest.mark.parametrize("end", ["", "-journal", "-wal"])
def test_the_stores_own_file_is_neither_restored_nor_overwritten(
    sqlite_store: Store, tmp_path: Path, end: str
) -> None:
    own = Path(str(sqlite_store.engine.url.database) + end)
    own.touch()
    with pytest.raises(StoreRefused, match="正在使用的数据库本身"):
        restore(sqlite_store.settings, own)
    with pytest.raises(StoreRefused, match="不能写到正在使用的数据库上"):
        backup(sqlite_store, own)
    link = tmp_path / "link"
    link.symlink_to(own)
    with pytest.raises(StoreRefused, match="正在使用的数据库本身"):
        restore(sqlite_store.settings, link)


def test_a_hard_link_to_the_store_is_the_store(sqlite_store: Store, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.hardlink_to(Path(str(sqlite_store.engine.url.database)))
    with pytest.raises(StoreRefused, match="正在使用的数据库本身"):
        restore(sqlite_store.settings, link)


def test_a_store_in_use_is_said_within_seconds(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.store.restore.RESTORE_WAITS_SECONDS", 1.0)
    send(store, UploadKind.PATCHES, PATCH)
    backup(store, tmp_path / "b")
    began = time.monotonic()
    with store.write() as conn:
        conn.execute(text("UPDATE patch SET location = '甲'"))
        with pytest.raises(StoreRefused, match="正被占用"):
            restore(store.settings, tmp_path / "b")
    assert time.monotonic() - began < 15
    with store.read() as conn:
        assert conn.scalar(select(Patch.location)) == "甲"


def test_tables_of_a_newer_program_go_with_a_restore(store: Store, tmp_path: Path) -> None:
    """What was backed up before an upgrade comes back after it, and can be upgraded again."""
    backup(store, tmp_path / "b")
    with store.write() as conn:
        conn.execute(text("CREATE TABLE of_tomorrow (id INTEGER REFERENCES upload (id))"))
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.engine.dispose()
    restore(store.settings, tmp_path / "b")
    restored = open_store(store.settings)
    with restored.read() as conn:
        assert "of_tomorrow" not in inspect(conn).get_table_names()
    assert send(restored, UploadKind.PATCHES, PATCH).inserted == 1
    restored.engine.dispose()


# ---- rotation ------------------------------------------------------------------------------------


def test_of_many_backups_the_newest_stay_then_one_a_day_then_one_a_month() -> None:
    now = datetime(2023, 11, 23, 9, 40, tzinfo=UTC)
    moments = [now - timedelta(hours=hours) for hours in range(0, 24 * 500, 6)]
    stay = kept(moments)
    assert stay >= set(moments[:8])
    assert len({m.date() for m in stay if m > now - timedelta(days=14)}) == 14
    assert datetime(2022, 12, 31, 21, 40, tzinfo=UTC) in stay  # the last of its month
    assert min(stay) > datetime(2022, 12, 1, tzinfo=UTC)
    assert len(stay) <= 8 + 14 + 12
    assert kept(stay) == stay


def test_a_folder_of_backups_takes_new_ones_and_loses_only_old_ones(
    sqlite_store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    own = replace(sqlite_store.settings, backup_dir=folder)
    sqlite_store.settings = own
    folder.mkdir()
    for day in range(1, 29):
        (folder / f"weipian-202301{day:02}T010000Z.tar").touch()
    (folder / "weipian-别的.tar").touch()
    made = keep_backup(sqlite_store)
    assert made.removed == 15
    assert made.path.stat().st_size == max(p.stat().st_size for p in folder.iterdir())
    assert (folder / "weipian-别的.tar").is_file()
    restore(replace(own, local_dir=tmp_path / "n", database_url=""), made.path)
    sqlite_store.settings = replace(own, backup_dir=None)
    with pytest.raises(StoreRefused, match="WEIPIAN_BACKUP_DIR"):
        keep_backup(sqlite_store)
