"""The bell in Redis wakes a worker earlier and is needed for nothing."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from data.jobs import bell, worker
from data.jobs.bell import Bell
from data.jobs.embedded import submit
from data.jobs.table import JobTable
from data.store.engine import Store
from tests.private_redis import private_redis


def test_a_ring_wakes_who_listens(tmp_path: Path) -> None:
    with private_redis(tmp_path) as address:
        listening, woken = Bell(address), threading.Event()

        def listen() -> None:
            listening.wait(threading.Event())
            woken.set()

        thread = threading.Thread(target=listen)
        thread.start()
        began = time.monotonic()
        Bell(address).ring()
        assert woken.wait(30)
        assert time.monotonic() - began < 1.9  # before it would have looked anyway
        thread.join()


def test_a_job_is_done_though_redis_is_away_and_its_message_lost(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "POLL_SECONDS", 0.01)
    gone = f"unix://{tmp_path / 'nowhere.sock'}"
    settings = replace(sqlite_store.settings, cache_url=gone, embedded_worker=False)
    table = JobTable(settings)
    job_id = submit(table, settings, "undo", {"batch": 7}, "王工")
    assert table.get(job_id).state == "queued"
    worker.work(settings, threading.Event(), until_empty=True)
    assert table.get(job_id).message == "没有批次7。请在上传历史中查看批次号。"


@pytest.mark.parametrize("address", [None, "redis://127.0.0.1:1/0", "nonsense"])
def test_without_a_bell_a_worker_looks_by_itself(
    address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "POLL_SECONDS", 0.01)
    silent = Bell(address)
    silent.ring()
    silent.wait(threading.Event())
