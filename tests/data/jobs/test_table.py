from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from data.errors import NotFound, SupervisionError
from data.jobs.database import JOBS
from data.jobs.leases import Leases
from data.jobs.table import JobTable
from data.store.engine import Store
from tests.jobs import taken


@pytest.fixture
def table(store: Store) -> JobTable:
    return JobTable(store.settings)


def grow_older(table: JobTable, **ago: timedelta) -> None:
    """Put moments of all jobs back."""
    with table.engine.begin() as conn:
        for row in conn.execute(JOBS.select()).mappings().all():
            earlier = {name: row[name] - by for name, by in ago.items() if row[name]}
            if earlier:
                conn.execute(update(JOBS).where(JOBS.c.id == row["id"]).values(earlier))


def test_a_job_waits_for_those_before_it_also_while_they_are_at_work(table: JobTable) -> None:
    first, second = table.submit("upload", {}, "甲"), table.submit("upload", {}, "乙")
    assert (table.get(first).ahead, table.get(second).ahead) == (0, 1)
    leases = Leases(table)
    job = taken(leases)
    leases.renew(job, "写入", 1, 2)
    assert table.get(second).ahead == 1


def test_progress_is_seen_and_a_cancel_is_noted(table: JobTable) -> None:
    job_id = table.submit("upload", {}, "甲")
    leases = Leases(table)
    leases.renew(taken(leases), "核对", 10, 100)
    seen = table.get(job_id)
    assert (seen.phase, seen.done, seen.total) == ("核对", 10, 100)
    table.cancel(job_id)
    assert (table.get(job_id).state, table.get(job_id).cancel_asked) == ("running", True)


def test_progress_is_noted_while_an_upload_holds_the_store(store: Store, table: JobTable) -> None:
    job_id = table.submit("upload", {}, "甲")
    leases = Leases(table)
    job = taken(leases)
    with store.write():
        leases.renew(job, "写入", 1, 2)
        assert table.get(job_id).phase == "写入"
        assert table.submit("upload", {}, "乙")


def test_a_queued_job_is_cancelled_at_once(table: JobTable) -> None:
    job_id = table.submit("upload", {}, "甲")
    table.cancel(job_id)
    assert table.get(job_id).state == "cancelled"
    assert Leases(table).take() is None


def test_a_waiting_job_goes_on_once(table: JobTable) -> None:
    job_id = table.submit("upload", {"step": "preview"}, "甲")
    leases = Leases(table)
    leases.finish(taken(leases), "waiting", {"counts": {}})
    table.again(job_id, ("waiting",), step="apply")
    assert table.get(job_id).payload["step"] == "apply"
    with pytest.raises(SupervisionError, match="刷新"):
        table.again(job_id, ("waiting",), step="apply")


def test_an_ended_job_does_not_change_any_more(table: JobTable) -> None:
    job_id = table.submit("upload", {}, "甲")
    leases = Leases(table)
    job = taken(leases)
    leases.fail(job, "文件损坏。")
    leases.renew(job, "写入", 1, 1)
    leases.finish(job, "done", {})
    table.cancel(job_id)
    ended = table.get(job_id)
    assert (ended.state, ended.message) == ("failed", "文件损坏。")


def test_the_last_job_of_a_task_is_its_owners_and_no_upload(table: JobTable) -> None:
    assert table.last_of("papers", "甲") is None
    table.submit("papers", {"month": "2023-10"}, "甲")
    last = table.submit("papers", {"month": "2023-11"}, "甲")
    table.submit("papers", {"month": "2023-12"}, "乙")
    found = table.last_of("papers", "甲")
    assert found is not None
    assert found.id == last
    assert table.unfinished() == []


def test_unfinished_jobs_are_listed_without_their_results(table: JobTable) -> None:
    table.submit("upload", {}, "甲")
    waiting = table.submit("upload", {}, "乙")
    leases = Leases(table)
    leases.finish(taken(leases), "done", {"x": 1})
    leases.finish(taken(leases), "waiting", {"x": 1})
    (job,) = table.unfinished()
    assert (job.id, job.result) == (waiting, None)


def test_an_unknown_job_is_said_to_be_unknown(table: JobTable) -> None:
    with pytest.raises(NotFound):
        table.get("nothing")


def test_another_process_sees_the_same_jobs(store: Store, table: JobTable) -> None:
    job_id = table.submit("upload", {}, "甲")
    again = JobTable(replace(store.settings))
    assert again.get(job_id).state == "queued"


def test_a_preview_that_nobody_confirms_ends_after_a_week(table: JobTable) -> None:
    waiting = table.submit("upload", {}, "甲")
    leases = Leases(table)
    leases.finish(taken(leases), "waiting", {})
    table.expire()
    assert table.get(waiting).state == "waiting"
    grow_older(table, changed_at=timedelta(days=8))
    table.expire()
    assert table.get(waiting).state == "cancelled"
    grow_older(table, changed_at=timedelta(days=100))
    table.expire()
    with pytest.raises(NotFound):
        table.get(waiting)


def test_a_job_that_nobody_takes_or_whose_worker_is_silent_is_seen_to_stand_still(
    table: JobTable,
) -> None:
    first, second = table.submit("upload", {}, "甲"), table.submit("upload", {}, "乙")
    assert not table.get(first).is_stalled
    grow_older(table, queued_at=timedelta(seconds=16))
    assert table.get(first).is_stalled
    assert not table.get(second).is_stalled  # it waits for the first
    leases = Leases(table)
    job = taken(leases)
    assert not table.get(job.id).is_stalled
    grow_older(table, lease_until=timedelta(seconds=leases.seconds + 1))
    assert table.get(job.id).is_stalled
    assert [one.is_stalled for one in table.unfinished() if one.id == job.id] == [True]
