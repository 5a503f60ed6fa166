"""The worker as it runs in earnest: a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.jobs import worker
from data.jobs.embedded import Supervisor
from data.jobs.table import JobTable, JobView
from data.jobs.tasks import confirmation
from data.scope import Scope
from data.settings import PROJECT_DIR
from data.store import history
from data.store.engine import Store
from data.store.queries.uploads import upload_list
from tests.uploading import PATCHES, csv, payload, put_in

PATIENCE = 60.0
MANY = tuple(f"M-{i:06d},新增非农建设类,2023-05-08,环翠区,12.5,3" for i in range(20_000))


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.02)


@pytest.fixture
def supervisor(store: Store) -> Iterator[Supervisor]:
    supervisor = Supervisor(replace(store.settings, lease_seconds=1))
    supervisor.ensure()
    yield supervisor
    supervisor.stop()


@pytest.fixture
def table(store: Store) -> JobTable:
    return JobTable(store.settings)


def ended(table: JobTable, job_id: str) -> JobView:
    wait_until(lambda: not table.get(job_id).is_active, "the end of the job")
    return table.get(job_id)


def pid_of(supervisor: Supervisor) -> int:
    wait_until(lambda: supervisor.worker is not None, "a worker")
    assert supervisor.worker is not None
    return supervisor.worker.pid


def test_several_uploads_queue_and_each_is_previewed_and_written(
    store: Store, supervisor: Supervisor, table: JobTable, tmp_path: Path
) -> None:
    jobs = [
        table.submit("upload", payload(put_in(store, csv(tmp_path / f"{i}.csv", row))), "王工")
        for i, row in enumerate(PATCHES)
    ]
    for job_id in jobs:
        job = ended(table, job_id)
        assert job.state == "waiting", job.message
        assert job.result is not None
        table.again(job_id, ("waiting",), **confirmation(job.result))
    assert [ended(table, job_id).state for job_id in jobs] == ["done"] * 3
    with store.read() as conn:
        assert len(upload_list(conn, Scope.all())) == 3


def test_a_job_whose_worker_is_killed_in_the_middle_of_its_write_is_taken_over_and_done_once(
    store: Store, supervisor: Supervisor, table: JobTable, tmp_path: Path
) -> None:
    job_id = table.submit("upload", payload(put_in(store, csv(tmp_path / "a.csv", *MANY))), "王工")
    job = ended(table, job_id)
    assert job.result is not None, job.message
    table.again(job_id, ("waiting",), **confirmation(job.result))
    wait_until(lambda: table.get(job_id).phase in ("核对", "写入", "汇总"), "the transaction")
    killed = pid_of(supervisor)
    os.kill(killed, signal.SIGKILL)
    done = ended(table, job_id)
    assert (done.state, done.lost) == ("done", 1), done.message
    with store.read() as conn:
        assert [batch["inserted"] for batch in upload_list(conn, Scope.all())] == [len(MANY)]
        assert history.verify(conn).ok
    assert pid_of(supervisor) != killed


def test_the_work_of_a_worker_that_is_stopped_is_done_once_by_another(
    store: Store, supervisor: Supervisor, table: JobTable, tmp_path: Path
) -> None:
    """It goes on where it was when it wakes up, and may not commit any more."""
    job_id = table.submit("upload", payload(put_in(store, csv(tmp_path / "a.csv", *MANY))), "王工")
    job = ended(table, job_id)
    assert job.result is not None, job.message
    wait_until(lambda: supervisor.worker is not None, "a worker")
    stopped = pid_of(supervisor)
    table.again(job_id, ("waiting",), **confirmation(job.result))
    wait_until(lambda: table.get(job_id).state == "running", "the job at work")
    os.kill(stopped, signal.SIGSTOP)
    other = threading.Event()
    work = threading.Thread(target=worker.work, args=(store.settings, other))
    work.start()
    wait_until(lambda: table.get(job_id).lost == 1, "another worker")
    os.kill(stopped, signal.SIGCONT)
    done = ended(table, job_id)
    other.set()
    work.join()
    assert done.state == "done", done.message
    with store.read() as conn:
        assert [batch["inserted"] for batch in upload_list(conn, Scope.all())] == [len(MANY)]


def test_an_upload_at_work_is_cancelled_before_its_commit(
    store: Store, supervisor: Supervisor, table: JobTable, tmp_path: Path
) -> None:
    job_id = table.submit("upload", payload(put_in(store, csv(tmp_path / "a.csv", *MANY))), "王工")
    job = ended(table, job_id)
    assert job.result is not None, job.message
    table.again(job_id, ("waiting",), **confirmation(job.result))
    wait_until(lambda: table.get(job_id).state == "running", "the job at work")
    table.cancel(job_id)
    cancelled = ended(table, job_id)
    assert cancelled.state == "cancelled", cancelled.message
    with store.read() as conn:
        assert upload_list(conn, Scope.all()) == []


def test_the_worker_ends_with_the_process_that_started_it(sqlite_store: Store) -> None:
    settings = sqlite_store.settings
    program = (
        "import time\n"
        "from data.settings import Settings\n"
        "from data.jobs.embedded import Supervisor\n"
        "supervisor = Supervisor(Settings.from_environment())\n"
        "supervisor.ensure()\n"
        "while supervisor.worker is None: time.sleep(0.02)\n"
        "print(supervisor.worker.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=PROJECT_DIR,
        env={**os.environ, **settings.environment()},
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not _runs(worker), "the end of the worker")


def test_two_servers_of_one_folder_have_one_worker(sqlite_store: Store) -> None:
    first, second = Supervisor(sqlite_store.settings), Supervisor(sqlite_store.settings)
    first.ensure()
    pid_of(first)
    second.ensure()
    time.sleep(1)
    assert second.worker is None
    first.stop()
    wait_until(lambda: second.worker is not None, "the second server to take over")
    second.stop()


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
