"""The embedded worker: one process that runs the jobs of this machine, one after another.

`python -m data.jobs.worker` ends when its standard input closes: the web server that started it
holds the other end, so it cannot outlive it. `python -m data worker` runs the same loop in the
foreground, or a Celery worker where a broker is set.

A lock file says who the worker is. Whoever holds it knows that every job still marked running on
this machine has lost its worker.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import SupervisionError
from data.jobs.cleaning import Cleaner
from data.jobs.running import run_job, settle_left_running
from data.jobs.table import JobTable
from data.jobs.warming import Warmer
from data.logs import log_to
from data.settings import Settings

POLL_SECONDS = 0.2
log = logging.getLogger(__name__)


def main() -> None:
    """`python -m data worker`: until interrupted."""
    settings = Settings.from_environment()
    if settings.celery_broker_url:
        from data.jobs.celery_app import run_worker

        run_worker(settings)
        return
    try:
        work(settings, threading.Event())
    except KeyboardInterrupt:
        return


def work(settings: Settings, stop: threading.Event, until_empty: bool = False) -> None:
    """Take jobs from the queue until `stop` is set, or the queue is empty."""
    from data.jobs.tasks import TASKS  # heavy: reads pandas and the upload module
    from data.upload.sandbox import drop_spare, keep_spare, say_gaps
    from data.workflow.opening import open_store

    table = JobTable(settings)
    store = open_store(settings)
    with the_only_one(settings.local_dir, stop) as first:
        if not first:
            return
        settle_left_running(table, store)
        cleaner, warmer = Cleaner(store, table), Warmer(settings, store)
        say_gaps()
        keep_spare()
        try:
            while not stop.is_set():
                cleaner.when_due()
                job = table.claim(os.getpid())
                if job is not None:
                    run_job(table, store, job, TASKS[job.task])
                    warmer.after_job()
                elif until_empty:
                    return
                else:
                    stop.wait(POLL_SECONDS)
        finally:
            drop_spare()


@contextmanager
def the_only_one(local_dir: Path, stop: threading.Event) -> Iterator[bool]:
    """Wait to be the worker of this folder; False where `stop` was set meanwhile."""
    with lock_file(local_dir, "worker.lock").open("w") as file:
        while not stop.is_set():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                stop.wait(POLL_SECONDS)
            else:
                yield True
                return
        yield False


def lock_file(local_dir: Path, name: str) -> Path:
    local_dir.mkdir(parents=True, exist_ok=True)
    return local_dir / name


def _end_with_parent() -> None:
    """The process that started this one has ended, or closed the pipe: so does this one. A running
    upload's transaction is rolled back by the database."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    log_to(sys.stderr)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            work(Settings.from_environment(), threading.Event())
        except SupervisionError as error:  # the store is locked or away: it may come back
            log.warning("%s", error.message)
            time.sleep(2)
