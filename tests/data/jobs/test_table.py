from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from data.errors import NotFound, SupervisionError
from data.jobs import table as jobs
from data.jobs.table import JobTable
from data.store.engine import Store


@pytest.fixture
def table(store: Store) -> JobTable:
    return JobTable(store.settings)


def test_jobs_are_taken_in_the_order_they_were_given(table: JobTable) -> None:
    first, second = table.submit("upload", {}, "甲"), table.submit("upload", {}, "乙")
    assert table.get(second).ahead == 1
    taken = [table.claim(1), table.claim(1)]
    assert [job.id for job in taken if job] == [first, second]
    assert table.claim(1) is None


def test_a_job_is_taken_once_by_many_workers(table: JobTable) -> None:
    ids = {table.submit("upload", {}, "甲") for _ in range(12)}
    taken: list[str] = []

    def work() -> None:
        while (job := table.claim(1)) is not None:
            taken.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(ids)


def test_progress_is_seen_and_a_cancel_is_heard(table: JobTable) -> None:
    job_id = table.submit("upload", {}, "甲")
    table.claim(1)
    assert table.progress(job_id, "核对", 10, 100) is False
    seen = table.get(job_id)
    assert (seen.phase, seen.done, seen.total) == ("核对", 10, 100)
    table.cancel(job_id)
    assert table.get(job_id).state == "running"
    assert table.progress(job_id, "核对", 20, 100) is True


def test_progress_is_noted_while_an_upload_holds_the_store(store: Store, table: JobTable) -> None:
    job_id = table.submit("upload", {}, "甲")
    table.claim(1)
    with store.write():
        table.progress(job_id, "写入", 1, 2)
        assert table.get(job_id).phase == "写入"
        assert table.submit("upload", {}, "乙")


def test_a_queued_job_is_cancelled_at_once(table: JobTable) -> None:
    job_id = table.submit("upload", {}, "甲")
    table.cancel(job_id)
    assert table.get(job_id).state == "cancelled"
    assert table.claim(1) is None


def test_a_waiting_job_goes_on_once(table: JobTable) -> None:
    job_id = table.submit("upload", {"step": "preview"}, "甲")
    table.claim(1)
    table.finish(job_id, "waiting", {"counts": {}})
    table.again(job_id, ("waiting",), step="apply")
    assert table.get(job_id).payload["step"] == "apply"
    with pytest.raises(SupervisionError, match="刷新"):
        table.again(job_id, ("waiting",), step="apply")


def test_an_ended_job_does_not_change_any_more(table: JobTable) -> None:
    job_id = table.submit("upload", {}, "甲")
    table.claim(1)
    table.fail(job_id, "文件损坏。")
    table.progress(job_id, "写入", 1, 1)
    table.finish(job_id, "done", {})
    table.cancel(job_id)
    ended = table.get(job_id)
    assert (ended.state, ended.message) == ("failed", "文件损坏。")


def test_unfinished_jobs_are_listed_without_their_results(table: JobTable) -> None:
    done, waiting = table.submit("upload", {}, "甲"), table.submit("upload", {}, "乙")
    table.claim(1)
    table.claim(1)
    table.finish(done, "done", {"x": 1})
    table.finish(waiting, "waiting", {"x": 1})
    (job,) = table.unfinished()
    assert (job.id, job.result) == (waiting, None)


def test_an_unknown_job_is_said_to_be_unknown(table: JobTable) -> None:
    with pytest.raises(NotFound):
        table.get("nothing")


def test_another_process_sees_the_same_jobs(store: Store, table: JobTable) -> None:
    job_id = table.submit("upload", {}, "甲")
    again = JobTable(replace(store.settings))
    assert again.get(job_id).state == "queued"


def test_a_preview_that_nobody_confirms_ends_after_a_week(
    table: JobTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = table.submit("upload", {}, "甲")
    table.claim(1)
    table.finish(waiting, "waiting", {})
    table.submit("upload", {}, "甲")
    assert table.get(waiting).state == "waiting"
    real = jobs._now
    monkeypatch.setattr(jobs, "_now", lambda: real() + timedelta(days=8))
    table.submit("upload", {}, "甲")
    assert table.get(waiting).state == "cancelled"
    monkeypatch.setattr(jobs, "_now", lambda: real() + timedelta(days=100))
    table.submit("upload", {}, "甲")
    with pytest.raises(NotFound):
        table.get(waiting)
