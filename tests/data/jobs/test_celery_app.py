"""The same jobs on Celery, with a Redis of the test's own on a unix socket."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import SupervisionError
from data.jobs.celery_app import celery_app
from data.jobs.embedded import submit, wake
from data.jobs.table import JobTable, JobView
from data.jobs.tasks import confirmation
from data.scope import Scope
from data.settings import PROJECT_DIR, Settings
from data.store.engine import Store
from data.store.queries.uploads import upload_list
from tests.private_redis import private_redis
from tests.uploading import PATCHES, csv, payload, put_in

PATIENCE = 60.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    with private_redis(tmp_path) as address:
        yield address


@pytest.fixture
def settings_with_broker(store: Store, broker: str) -> Settings:
    return replace(store.settings, celery_broker_url=broker)


@pytest.fixture
def worker(settings_with_broker: Settings, tmp_path: Path) -> Iterator[None]:
    """`python -m data worker`, as an administrator would start it."""
    log = tmp_path / "celery.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "data", "worker"],
            cwd=PROJECT_DIR,
            env={**os.environ, **settings_with_broker.environment()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    yield
    process.terminate()
    process.wait(PATIENCE)


def ended(table: JobTable, job_id: str) -> JobView:
    deadline = time.monotonic() + PATIENCE
    while table.get(job_id).is_active:
        assert time.monotonic() < deadline, table.get(job_id)
        time.sleep(0.05)
    return table.get(job_id)


@pytest.mark.usefixtures("worker")
def test_an_upload_is_previewed_and_written_by_celery(
    store: Store, settings_with_broker: Settings, tmp_path: Path
) -> None:
    settings = settings_with_broker
    table = JobTable(settings)
    asked = payload(put_in(store, csv(tmp_path / "五月.csv", *PATCHES)))
    job_id = submit(table, settings, "upload", asked, "王工")
    job = ended(table, job_id)
    assert job.state == "waiting", job.message
    assert job.result is not None
    table.again(job_id, ("waiting",), **confirmation(job.result))
    wake(table, settings, job_id)
    assert ended(table, job_id).state == "done"
    with store.read() as conn:
        assert [batch["inserted"] for batch in upload_list(conn, Scope.all())] == [3]


def test_without_its_broker_the_user_is_told_and_the_job_has_failed(
    sqlite_store: Store, tmp_path: Path
) -> None:
    gone = f"redis+socket://{tmp_path / 'nowhere.sock'}"
    settings = replace(sqlite_store.settings, celery_broker_url=gone)
    table = JobTable(settings)
    with pytest.raises(SupervisionError, match="Redis"):
        submit(table, settings, "upload", {}, "王工")
    assert table.unfinished() == []


def test_messages_are_json_only() -> None:
    conf = celery_app("redis+socket:///nowhere.sock").conf
    assert list(conf.accept_content) == ["json"]
    assert (conf.task_serializer, conf.result_serializer) == ("json", "json")
