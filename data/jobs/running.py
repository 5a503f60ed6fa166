"""Running one job: its progress noted beside the work, its end told in a sentence.

The work itself never writes to the job table. A second thread notes the progress four times a
second, says that the job lives, and hears whether it was cancelled; the next report of progress
then stops the work from inside, before the commit, so that the transaction is rolled back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any

from data.acting import acting_as
from data.errors import NotFound, SupervisionError
from data.faults import number_of
from data.jobs.table import JobTable, JobView
from data.maps.cube import map_cube
from data.rights import COMMAND_LINE, Account
from data.store.engine import Store
from data.store.queries.accounts import account_named
from data.store.queries.stamp import work_years
from data.store.queries.uploads import batch_of_file
from data.upload.request import Progress
from data.upload.sandbox import UploadCancelled

log = logging.getLogger(__name__)

#: A task takes the store and the job, reports progress, and gives the state the job ends in
#: (done, or waiting for a user's word) with its result.
Task = Callable[[Store, JobView, Progress], tuple[str, dict[str, Any]]]

NOTE_SECONDS = 0.25
ALIVE_SECONDS = 5.0
#: A running job that was silent for so long has lost its worker.
SILENT_SECONDS = 60.0
CANCELLED = "已按要求取消，库中没有写入任何数据。"
INTERRUPTED = (
    "处理这个文件的后台程序意外中断，库中没有写入任何数据。请重新开始；若再次中断，请联系管理员。"
)


class Watcher:
    """The second thread. `progress` is what the work calls."""

    def __init__(self, table: JobTable, job_id: str) -> None:
        self._table, self._job_id = table, job_id
        self._now = ("", 0, 0)
        self._cancelled = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._note, daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def progress(self, phase: str, done: int, total: int) -> None:
        self._now = (phase, int(done), int(total))
        if self._cancelled.is_set():
            raise UploadCancelled(CANCELLED)

    def _note(self) -> None:
        noted: tuple[str, int, int] | None = None
        silent = 0.0
        while not self._over.wait(NOTE_SECONDS):
            silent += NOTE_SECONDS
            now = self._now
            try:
                if now != noted or silent >= ALIVE_SECONDS:
                    asked = self._table.progress(self._job_id, *now)
                    noted, silent = now, 0.0
                else:
                    asked = self._table.get(self._job_id).cancel_asked
            except Exception:  # a page without progress is better than no upload
                log.warning("progress of job %s was not noted", self._job_id, exc_info=True)
                continue
            if asked:
                self._cancelled.set()


def run_job(table: JobTable, store: Store, job: JobView, task: Task) -> None:
    """Run a claimed job to its end, whatever that is."""
    try:
        account = account_of(store, job)
        with acting_as(account), Watcher(table, job.id) as watcher:
            state, result = task(store, job, watcher.progress)
    except UploadCancelled:
        table.fail(job.id, CANCELLED, state="cancelled")
    except SupervisionError as error:
        _settle(table, store, job, error.message)
    except Exception as error:
        number = number_of(error, f"in job {job.id} ({job.task})")
        _settle(
            table,
            store,
            job,
            f"系统出错，库中没有写入任何数据。请重试；仍不行请把编号 {number} 告诉管理员。",
        )
    else:
        table.finish(job.id, state, result)
        if state == "done":
            _make_maps_ready(store)


def account_of(store: Store, job: JobView) -> Account:
    """Whose job it is: with the rights and in the scope that it has by now. Whoever has no account
    works at the machine itself (the command line, a folder that is watched). Raises Forbidden for
    an account that was disabled since."""
    with store.read_now() as conn:
        try:
            return account_named(conn, job.created_by)
        except NotFound:
            return replace(COMMAND_LINE, name=job.created_by)


def _make_maps_ready(store: Store) -> None:
    """So that the first reader after an upload does not wait for them."""
    try:
        with store.read() as conn:
            years = work_years(conn)
        for year in years[:1]:
            map_cube(store, year)
    except Exception:  # the reader who asks first makes them then
        log.warning("maps were not made ready", exc_info=True)


def settle_left_running(table: JobTable, store: Store, silent_seconds: float = 0.0) -> None:
    """Tell the end of jobs whose worker is gone.

    An upload is one transaction: either nothing of it is in the store, or all of it and only the
    word of it got lost. The store's own history tells which.
    """
    for job in table.left_running(silent_seconds):
        _settle(table, store, job, INTERRUPTED)


def _settle(table: JobTable, store: Store, job: JobView, message: str) -> None:
    batch = _batch_of(store, job)
    if batch is None:
        table.fail(job.id, message)
    else:
        table.finish(job.id, "done", {**(job.result or {}), "outcome": {"batch": batch}})


def _batch_of(store: Store, job: JobView) -> int | None:
    digest, confirmed = job.payload.get("sha256"), job.payload.get("confirmed_at")
    if not digest or not confirmed:
        return None
    with store.read() as conn:
        return batch_of_file(conn, digest, datetime.fromisoformat(confirmed))
