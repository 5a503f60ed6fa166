"""PostgreSQL behind a pooler that gives a session for a transaction only, and what its faults are
called."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from sqlalchemy import delete, event, func, select, text

from data.errors import RolledBack, StoreRefused, Unsure
from data.jobs.leases import Leases
from data.jobs.running import run_job
from data.jobs.table import JobTable
from data.jobs.tasks import TASKS
from data.known import Known, knowing
from data.scope import Scope
from data.settings import Settings
from data.store import dialect
from data.store.connecting import WRITES
from data.store.engine import Store
from data.store.models import DaySummary, Patch
from data.store.queries.uploads import upload_list
from data.store.shadow import shadowed
from data.workflow.opening import open_store
from tests.jobs import taken
from tests.postgres import SUPERUSER
from tests.uploading import PATCHES, confirmed, csv, previewed

_CONFIGURATION = """[databases]
* = host={host} user={user}
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
unix_socket_mode = 0777
auth_type = any
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 3
server_round_robin = 1
ignore_startup_parameters = extra_float_digits
"""


@pytest.fixture
def pooled_url(pg_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a store behind PgBouncer, which hands its sessions round."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")
    if program is None:
        pytest.skip("PGBOUNCER NOT TESTED: no pgbouncer (Debian package pgbouncer)")
    host = Path(parse_qs(urlsplit(pg_url).query)["host"][0])
    folder = host / "pooler"
    folder.mkdir()
    folder.chmod(0o777)
    configuration = folder / "pgbouncer.ini"
    told = _CONFIGURATION.format(host=host, folder=folder, user=SUPERUSER)
    configuration.write_text(told, "utf-8")
    (folder / "users").write_text(f'"{SUPERUSER}" ""\n', "utf-8")
    owner = host.owner()
    process = subprocess.Popen(
        [program, str(configuration)],
        user=owner if owner != "root" else None,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "log").open("wb"),
    )
    url = pg_url.replace(f"host={host}", f"host={folder}&port=6432")
    deadline = time.monotonic() + 30
    while not (folder / ".s.PGSQL.6432").exists():
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield url
    process.terminate()
    process.wait(30)
    shutil.rmtree(folder)


def test_uploads_pages_and_the_past_work_through_a_pooler(
    settings: Settings, pooled_url: str, tmp_path: Path
) -> None:
    """Each transaction gets another session than the one before."""
    settings = replace(settings, database_url=pooled_url)
    store, table = open_store(settings), JobTable(settings)
    with store.read(), store.read(), store.read():
        pass
    assert len({_session(store) for _ in range(6)}) == 3
    confirmed(table, store, previewed(table, store, csv(tmp_path / "一.csv", *PATCHES[:2])))
    with store.read() as conn:
        (first,) = upload_list(conn, Scope.all())
        moment = dialect.now(conn).replace(tzinfo=UTC)
    confirmed(table, store, previewed(table, store, csv(tmp_path / "二.csv", PATCHES[2])))
    assert [_patches(store) for _ in range(6)] == [3] * 6
    with knowing(Known(moment)):
        assert [_patches(store) for _ in range(6)] == [2] * 6
        with shadowed(store, DaySummary) as conn:
            assert conn.scalar(select(func.count()).select_from(DaySummary))
    assert [_patches(store) for _ in range(6)] == [3] * 6  # and nothing of it stands in a session
    with shadowed(store, DaySummary) as conn:
        conn.execute(delete(DaySummary))
    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(DaySummary))
    table.submit("undo", {"batch": first["id"]}, "王工")
    leases = Leases(table)
    run_job(leases, store, taken(leases), TASKS["undo"])
    assert _patches(store) == 1
    table.engine.dispose()
    store.engine.dispose()


def _session(store: Store) -> int:
    with store.read() as conn:
        return int(conn.scalar(text("SELECT pg_backend_pid()")) or 0)


def _patches(store: Store) -> int:
    with store.read() as conn:
        return conn.scalar(select(func.count()).select_from(Patch)) or 0


def test_a_transaction_brings_its_settings_and_leaves_none(settings: Settings, pg_url: str) -> None:
    settings = replace(
        settings, database_url=pg_url, lock_seconds=7, statement_seconds=9, keepalive_seconds=11
    )
    store = Store(settings)
    asked = text(
        "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),"
        " current_setting('idle_in_transaction_session_timeout'), current_setting('work_mem')"
    )
    with store.read() as conn:
        assert tuple(conn.execute(asked).one()) == ("7s", "9s", "10min", "32MB")
    with store.write() as conn:
        assert tuple(conn.execute(asked).one()) == ("7s", "0", "10min", "32MB")
    with closing(store.engine.raw_connection()) as connection:
        left = connection.cursor().execute(str(asked)).fetchone()
        driver: Any = connection.driver_connection
        parameters = driver.info.get_parameters()
    assert left[:3] == ("0", "0", "0")
    assert (parameters["keepalives_idle"], parameters["tcp_user_timeout"]) == ("11", "33000")
    store.engine.dispose()


def test_who_waits_too_long_asks_too_much_or_rests_too_long_is_told_so(
    settings: Settings, pg_url: str
) -> None:
    store = Store(
        replace(
            settings,
            database_url=pg_url,
            lock_seconds=1,
            statement_seconds=1,
            idle_transaction_seconds=1,
        )
    )
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with store.engine.connect().execution_options(**{WRITES: True}) as conn, conn.begin():
            conn.execute(select(func.pg_advisory_xact_lock(dialect.WRITER_LOCK)))
            entered.set()
            while not leave.wait(0.2):
                conn.execute(text("SELECT 1"))

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(30)
    with pytest.raises(StoreRefused, match="正被占用"), store.write():
        pass
    leave.set()
    holder.join()
    with pytest.raises(StoreRefused, match="超过了允许的时间"), store.read() as conn:
        conn.execute(text("SELECT pg_sleep(3)"))
    with pytest.raises(StoreRefused, match=r"停顿太久|连接中断"):
        _rest(store)
    store.engine.dispose()


def _rest(store: Store) -> None:
    with store.write() as conn:
        time.sleep(1.5)
        conn.execute(text("SELECT 1"))


def test_a_connection_lost_over_the_commit_is_not_called_nothing_written(pg_store: Store) -> None:
    with pytest.raises(Unsure, match="可能已经保存，也可能没有"):
        _cut_off(pg_store)


def _cut_off(store: Store) -> None:
    with store.write() as conn:
        pid = conn.scalar(text("SELECT pg_backend_pid()"))

        @event.listens_for(conn, "commit")
        def _cut(_conn: object) -> None:
            with closing(store.engine.raw_connection()) as other:
                other.cursor().execute(f"SELECT pg_terminate_backend({pid})")
            time.sleep(0.2)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (psycopg.errors.ConnectionException, "连接中断"),
        (psycopg.errors.SerializationFailure, "再试一次"),
        (psycopg.errors.DeadlockDetected, "再试一次"),
        (psycopg.errors.OutOfMemory, "内存不足"),
        (psycopg.errors.TooManyConnections, "连接数已满"),
        (psycopg.errors.DiskFull, "磁盘已满"),
        (psycopg.errors.QueryCanceled, "超过了允许的时间"),
        (psycopg.errors.AdminShutdown, "重启或维护"),
        (psycopg.errors.CannotConnectNow, "重启或维护"),
    ],
)
def test_what_the_database_refuses_is_said_in_words(fault: type[Exception], said: str) -> None:
    refusal = dialect.refusal(fault("words of the server"))
    assert refusal is not None
    assert said in refusal.message
    assert isinstance(refusal, RolledBack) == ("再试一次" in said)
