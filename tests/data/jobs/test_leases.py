"""Workers that are killed, that hang, that come back: a job is done once, and what is said of it
is true. Both databases; the worst moments are made, not waited for."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from data.jobs import running
from data.jobs.leases import CANCELLED, Leases, Word
from data.jobs.running import INTERRUPTED, run_job
from data.jobs.table import JobTable, JobView
from data.jobs.tasks import TASKS, confirmation
from data.scope import Scope
from data.store import dialect
from data.store.engine import Store
from data.store.fence import GivenUp, behind
from data.store.models import Patch
from data.store.queries.uploads import upload_list
from tests.jobs import let_leases_end, taken
from tests.uploading import PATCHES, csv, previewed


@pytest.fixture
def table(store: Store) -> JobTable:
    return JobTable(store.settings)


@pytest.fixture
def first(table: JobTable) -> Leases:
    return Leases(table, "甲机:1")


@pytest.fixture
def second(table: JobTable) -> Leases:
    return Leases(table, "乙机:2")


@pytest.fixture
def confirmed_job(store: Store, table: JobTable, tmp_path: Path) -> str:
    """An upload that waits to be written."""
    job = previewed(table, store, csv(tmp_path / "五月.csv", *PATCHES))
    assert job.result is not None, job.message
    table.again(job.id, ("waiting",), **confirmation(job.result))
    return job.id


def upload(store: Store, job: JobView, progress: Any) -> Any:
    return TASKS["upload"](store, job, progress)


def written(store: Store) -> tuple[int, int]:
    """Batches and patches."""
    with store.read() as conn:
        patches = conn.scalar(select(func.count()).select_from(Patch)) or 0
        return len(upload_list(conn, Scope.all())), patches


def test_jobs_are_taken_in_their_order_each_by_one_of_many_workers(table: JobTable) -> None:
    ids = [table.submit("upload", {}, "甲") for _ in range(8)]
    assert taken(Leases(table)).id == ids[0]
    got: list[str] = []

    def work() -> None:
        leases = Leases(table)
        while (job := leases.take()) is not None:
            got.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(ids[1:])


def test_a_lease_keeps_others_away_until_it_ends_and_its_holder_then_hears_of_it(
    table: JobTable, first: Leases, second: Leases
) -> None:
    job_id = table.submit("upload", {}, "甲")
    job = taken(first)
    assert second.take() is None
    assert first.renew(job, "写入", 1, 2) is Word.GO_ON
    let_leases_end(table)
    again = taken(second)
    assert (again.id, again.lost) == (job_id, 1)
    assert first.hear(job) is Word.GIVEN_UP
    assert first.renew(job, "写入", 2, 2) is Word.GIVEN_UP
    assert not first.finish(job, "done", {})
    assert not first.fail(job, "库中没有写入任何数据")
    assert first.stop_commits(job) is None
    assert table.get(job_id).state == "running"
    assert second.hear(again) is Word.GO_ON


@pytest.mark.usefixtures("confirmed_job")
def test_a_worker_given_up_in_the_middle_of_its_write_commits_nothing_and_says_nothing(
    store: Store, table: JobTable, first: Leases, second: Leases
) -> None:
    """It hung (a stopped machine, a long transaction) and comes back when another has its job."""
    job = taken(first)
    others: list[JobView] = []

    def hangs(store: Store, job: JobView, progress: Any) -> Any:
        def watched(phase: str, done: int, total: int) -> None:
            if phase == "汇总" and not others:
                let_leases_end(table)
                others.append(taken(second))

        return upload(store, job, watched)  # nobody tells it but the fence

    run_job(first, store, job, hangs)
    assert written(store) == (0, 0)
    assert table.get(job.id).state == "running"
    run_job(second, store, others[0], upload)
    ended = table.get(job.id)
    assert (ended.state, written(store)) == ("done", (1, 3))
    assert ended.result is not None
    assert ended.result["outcome"]["inserted"] == 3


@pytest.mark.usefixtures("confirmed_job")
def test_work_stops_at_its_next_word_when_the_job_was_given_to_another(
    store: Store, table: JobTable, first: Leases, second: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "NOTE_SECONDS", 0.01)
    job, stopped = taken(first), []

    def hangs(store: Store, job: JobView, progress: Any) -> Any:
        while second.take() is None:  # the first may have renewed its lease in between
            let_leases_end(table)
        try:
            while True:
                progress("核对", 0, 0)
        except GivenUp:
            stopped.append(True)
            raise

    run_job(first, store, job, hangs)
    assert stopped == [True]
    assert table.get(job.id).state == "running"


@pytest.mark.usefixtures("confirmed_job")
def test_what_was_committed_before_its_worker_died_is_not_written_again(
    store: Store, table: JobTable, first: Leases, second: Leases
) -> None:
    job = taken(first)
    with behind(first.fence(job)):
        upload(store, job, lambda *_: None)  # and is never heard of again
    let_leases_end(table)
    run_job(second, store, taken(second), upload)
    ended = table.get(job.id)
    assert (ended.state, written(store)) == ("done", (1, 3))
    assert ended.result is not None
    assert ended.result["outcome"] == {"batch": 1}


def test_a_batch_is_taken_back_once_though_the_word_of_it_got_lost(
    store: Store, table: JobTable, first: Leases, second: Leases, confirmed_job: str
) -> None:
    run_job(first, store, taken(first), upload)
    assert table.get(confirmed_job).state == "done"
    undo = table.submit("undo", {"batch": 1}, "王工")
    job = taken(first)
    with behind(first.fence(job)):
        TASKS["undo"](store, job, lambda *_: None)
    let_leases_end(table)
    run_job(second, store, taken(second), TASKS["undo"])
    ended = table.get(undo)
    assert (ended.state, ended.result) == ("done", {"undone": 1, "batch": 2})
    assert written(store) == (2, 0)


@pytest.mark.usefixtures("confirmed_job")
def test_a_clock_that_is_wrong_by_minutes_on_one_host_changes_nothing(
    store: Store, table: JobTable, first: Leases, second: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite, whose clock is the machine's, it jumps; on PostgreSQL the database's counts."""
    job = taken(first)
    with monkeypatch.context() as slow:

        class Slow(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.now(tz) - timedelta(minutes=5)

        slow.setattr(dialect, "datetime", Slow)
        with behind(first.fence(job)):
            upload(store, job, lambda *_: None)
    let_leases_end(table)
    run_job(second, store, taken(second), upload)
    assert (table.get(job.id).state, written(store)) == ("done", (1, 3))
    with store.read() as conn:
        (batch,) = upload_list(conn, Scope.all())
        age = dialect.now(conn) - batch["uploaded_at"]
    if store.dialect == "postgresql":
        assert age < timedelta(minutes=1)


@pytest.mark.usefixtures("confirmed_job")
def test_a_fault_after_the_commit_is_no_reason_to_say_that_nothing_was_written(
    store: Store, table: JobTable, first: Leases
) -> None:
    job = taken(first)

    def broken(store: Store, job: JobView, progress: Any) -> Any:
        upload(store, job, progress)
        raise OSError("disk full")

    run_job(first, store, job, broken)
    assert (table.get(job.id).state, written(store)) == ("done", (1, 3))


@pytest.mark.usefixtures("confirmed_job")
def test_a_cancel_that_comes_before_the_commit_is_kept(
    store: Store, table: JobTable, first: Leases
) -> None:
    job = taken(first)

    def late(store: Store, job: JobView, progress: Any) -> Any:
        def watched(phase: str, done: int, total: int) -> None:
            if phase == "汇总":
                table.cancel(job.id)

        return upload(store, job, watched)

    run_job(first, store, job, late)
    ended = table.get(job.id)
    assert (ended.state, ended.message, written(store)) == ("cancelled", CANCELLED, (0, 0))


def test_a_job_that_costs_one_worker_after_another_is_given_up_in_a_true_sentence(
    store: Store, table: JobTable, first: Leases, confirmed_job: str
) -> None:
    for _ in range(2):
        taken(first)
        let_leases_end(table)
    run_job(first, store, taken(first), upload)
    ended = table.get(confirmed_job)
    assert (ended.state, ended.message, written(store)) == ("failed", INTERRUPTED, (0, 0))


def test_a_cancel_of_a_job_whose_worker_died_is_kept_by_the_next(
    store: Store, table: JobTable, first: Leases, second: Leases, confirmed_job: str
) -> None:
    taken(first)
    table.cancel(confirmed_job)
    let_leases_end(table)
    run_job(second, store, taken(second), upload)
    ended = table.get(confirmed_job)
    assert (ended.state, ended.message, written(store)) == ("cancelled", CANCELLED, (0, 0))
