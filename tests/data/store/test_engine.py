"""One writer at a time, readers in peace, and refusals that say what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select, text

from data.errors import StoreRefused
from data.settings import Settings
from data.store.dialect import refusal, wal_is_safe
from data.store.engine import Store
from data.store.migrate import HEAD, MIGRATIONS_DIR
from data.store.models import Base, District, Patch, Upload
from data.store.opening import open_store
from data.vocabulary import UploadKind
from tests.sending import PATCH, send, write_csv


def test_a_new_store_has_the_eight_units_and_the_towns(
    settings: Settings, empty_store_url: str
) -> None:
    store = open_store(replace(settings, database_url=empty_store_url))
    with store.read() as conn:
        names = conn.scalars(select(District.short_name).order_by(District.position)).all()
        towns = conn.scalar(text("SELECT count(*) FROM town"))
    store.engine.dispose()
    assert names == ["环翠区", "文登区", "荣成市", "乳山市", "高区", "经区", "临港区", "南海新区"]
    assert towns == 73


def test_migrations_and_models_agree(store: Store) -> None:
    with store.engine.connect() as conn:
        differences = compare_metadata(MigrationContext.configure(conn), Base.metadata)
    assert differences == []


def test_the_head_known_to_the_program_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS_DIR)).get_current_head() == HEAD


def test_a_store_of_a_newer_version_is_refused_untouched(store: Store) -> None:
    with store.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreRefused, match="比程序新"):
        open_store(store.settings)


def test_a_database_of_somebody_else_is_refused(settings: Settings, empty_store_url: str) -> None:
    store = Store(replace(settings, database_url=empty_store_url))
    with store.write() as conn:
        conn.execute(text("CREATE TABLE patch (id integer)"))
    store.engine.dispose()
    with pytest.raises(StoreRefused, match="不是本系统"):
        open_store(replace(settings, database_url=empty_store_url))


def test_a_failed_write_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as conn:
        assert conn.execute(text("DELETE FROM town")).rowcount / 0
    with store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM town")) == 73


def test_a_reader_sees_one_state_until_it_is_done(pg_store: Store) -> None:
    with pg_store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 0
        send(pg_store, UploadKind.PATCHES, PATCH)
        assert conn.scalar(select(func.count()).select_from(Patch)) == 0
    with pg_store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 1


def test_a_locked_store_is_refused_with_a_sentence(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.store.dialect.BUSY_TIMEOUT_MS", 50)
    other = Store(sqlite_store.settings)
    with sqlite_store.write(), pytest.raises(StoreRefused, match="稍后再试"), other.write():
        pass


def test_a_full_disk_refuses_the_upload_whole(sqlite_store: Store) -> None:
    with sqlite_store.engine.connect() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
    many = [{**PATCH, "图斑编号": f"HC-{n}", "坐落": "村" * 500} for n in range(400)]

    from sqlalchemy import event

    @event.listens_for(sqlite_store.engine, "begin")
    def limit(conn: object) -> None:
        conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    with pytest.raises(StoreRefused, match="磁盘已满"):
        send(sqlite_store, UploadKind.PATCHES, *many)
    with sqlite_store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 0
        assert conn.scalar(select(func.count()).select_from(Upload)) == 0


def test_ten_uploads_at_once_are_as_if_one_after_the_other(store: Store) -> None:
    faults: list[Exception] = []

    def upload(number: int) -> None:
        from data.upload.request import UploadRequest
        from data.upload.service import upload_file

        folder = store.settings.local_dir / f"thread{number}"
        folder.mkdir(parents=True)
        rows = [{**PATCH, "图斑编号": f"HC-{n}"} for n in (0, number + 1)]
        path = write_csv(folder / "patches.csv", rows)
        try:
            upload_file(store, UploadRequest(path, path.name, UploadKind.PATCHES, 2023))
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=upload, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    from data.store import history

    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 11
        assert conn.scalar(select(func.sum(Upload.inserted))) == 11
        assert history.verify(conn).ok


_KILLED = """
import os, sys, signal
from pathlib import Path
from data.settings import Settings
from data.store.opening import open_store
from data.store import summary
from data.upload.request import UploadRequest
from data.upload.service import upload_file
from data.vocabulary import UploadKind
settings = Settings(local_dir=Path(sys.argv[1]), database_url=sys.argv[2])
store = open_store(settings)
kept = summary.add
def add(conn, ids):
    kept(conn, ids)
    os.kill(os.getpid(), signal.SIGKILL)
summary.add = add
upload_file(store, UploadRequest(Path(sys.argv[3]), "p.csv", UploadKind.PATCHES, 2023))
"""


def test_killing_the_process_in_the_middle_of_an_upload_leaves_the_store_as_before(
    store: Store, tmp_path: Path
) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    store.engine.dispose()
    rows = [{**PATCH, "图斑编号": f"N-{n}"} for n in range(500)]
    path = write_csv(tmp_path / "p.csv", rows)
    url = store.settings.database_url
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(store.settings.local_dir), url, str(path)], check=False
    )
    assert done.returncode == -9
    from data.store import history

    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 1
        assert conn.scalar(select(func.count()).select_from(Upload)) == 1
        assert history.verify(conn).ok
    assert send(store, UploadKind.PATCHES, *rows).inserted == 500


def test_wal_is_used_only_where_it_is_safe() -> None:
    assert not wal_is_safe((3, 40, 1))
    assert not wal_is_safe((3, 51, 2))
    assert wal_is_safe((3, 51, 3))
    assert wal_is_safe((3, 44, 6))
    assert not wal_is_safe((3, 45, 0))


def test_a_full_disk_is_known_by_its_code_in_any_language() -> None:
    said = refusal(psycopg.errors.DiskFull("无法扩展文件：设备上没有空间"))
    assert said is not None
    assert "磁盘已满" in said.message
    assert refusal(psycopg.errors.UndefinedTable("没有这个表")) is None


def test_a_forked_child_does_not_use_its_parents_connection(pg_store: Store) -> None:
    own = text("SELECT pg_backend_pid()")
    with pg_store.read() as conn:
        mine = conn.scalar(own)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        with pg_store.read() as conn:
            os.write(write_end, str(conn.scalar(own)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(read_end, 20)) != mine
