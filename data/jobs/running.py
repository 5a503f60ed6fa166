"""Running one job: its progress noted beside the work, its end told in a sentence.

The work itself never writes to the job table. A second thread renews the lease and notes the
progress up to four times a second, and hears whether the job was cancelled or given to another
worker; the next report of progress then stops the work from inside, before the commit, so that the
transaction is rolled back. Should none come, the fence at the commit does (leases.py).

That nothing was written is said only after nothing can be written any more.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any

from data.acting import acting_as
from data.errors import NotFound, RolledBack, SupervisionError
from data.faults import number_of
from data.jobs.leases import CANCELLED, Leases, Word
from data.jobs.table import UPLOADS, JobView
from data.maps.cube import map_cube
from data.rights import COMMAND_LINE, Account
from data.store.engine import Store
from data.store.fence import GivenUp, behind
from data.store.queries.accounts import account_named
from data.store.queries.stamp import work_years
from data.upload.request import Progress
from data.upload.sandbox import UploadCancelled

log = logging.getLogger(__name__)

#: A task takes the store and the job, reports progress, and gives the state the job ends in
#: (done, or waiting for a user's word) with its result.
Task = Callable[[Store, JobView, Progress], tuple[str, dict[str, Any]]]

NOTE_SECONDS = 0.25
#: A job that cost so many workers is not tried again.
MOST_LOST = 2
INTERRUPTED = (
    "处理这个文件的后台程序接连意外中断，库中没有写入任何数据。"
    "请重新开始；若再次中断，请联系管理员。"
)


class Watcher:
    """The second thread. `progress` is what the work calls."""

    def __init__(self, leases: Leases, job: JobView) -> None:
        self._leases, self._job = leases, job
        self._now = ("", 0, 0)
        self._word = Word.GO_ON
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
        if self._word is Word.GIVEN_UP:
            raise GivenUp(self._job.id)
        if self._word is Word.CANCEL:
            raise UploadCancelled(CANCELLED)

    def _note(self) -> None:
        noted: tuple[str, int, int] | None = None
        due = time.monotonic() + self._leases.seconds / 4
        while not self._over.wait(min(NOTE_SECONDS, self._leases.seconds / 4)):
            now = self._now
            try:
                if now != noted or time.monotonic() >= due:
                    self._word = self._leases.renew(self._job, *now)
                    noted, due = now, time.monotonic() + self._leases.seconds / 4
                else:
                    self._word = self._leases.hear(self._job)
            except Exception:  # a page without progress is better than no upload
                log.warning("progress of job %s was not noted", self._job.id, exc_info=True)


def run_job(leases: Leases, store: Store, job: JobView, task: Task) -> None:
    """Run a job that was taken to its end, whatever that is."""
    try:
        if job.lost and not _is_to_do(leases, store, job):
            return
        account = account_of(store, job)
        with (
            acting_as(account),
            Watcher(leases, job) as watcher,
            behind(leases.fence(job)),
        ):
            try:
                state, result = task(store, job, watcher.progress)
            except RolledBack:  # for the sake of another transaction, and as a whole
                state, result = task(store, job, watcher.progress)
    except GivenUp:
        log.warning("job %s was given to another worker, nothing of it is kept here", job.id)
    except UploadCancelled:
        _end(leases, store, job, CANCELLED, "cancelled")
    except SupervisionError as error:
        _end(leases, store, job, error.message)
    except Exception as error:
        number = number_of(error, f"in job {job.id} ({job.task})")
        _end(
            leases,
            store,
            job,
            f"系统出错，库中没有写入任何数据。请重试；仍不行请把编号 {number} 告诉管理员。",
        )
    else:
        if leases.finish(job, state, result) and state == "done" and job.task in UPLOADS:
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
            for year in work_years(conn)[:1]:
                map_cube(store, year, conn)
    except Exception:  # the reader who asks first makes them then
        log.warning("maps were not made ready", exc_info=True)


def _is_to_do(leases: Leases, store: Store, job: JobView) -> bool:
    """Of a job that lost its worker: whether its work is still to be done. The lost worker may have
    committed and not told it, and can commit no more."""
    batch = leases.batch_of(store, job)
    if batch is not None:
        leases.finish(job, "done", _told_late(job, batch))
    elif job.cancel_asked:
        leases.fail(job, CANCELLED, "cancelled")
    elif job.lost >= MOST_LOST:
        leases.fail(job, INTERRUPTED)
    else:
        return True
    return False


def _end(leases: Leases, store: Store, job: JobView, message: str, state: str = "failed") -> None:
    """message: true where nothing was written. What fails after the commit has been done."""
    mine = leases.stop_commits(job)
    if mine is None:
        return
    batch = leases.batch_of(store, mine)
    if batch is None:
        leases.fail(mine, message, state)
    else:
        leases.finish(mine, "done", _told_late(job, batch))


def _told_late(job: JobView, batch: int) -> dict[str, Any]:
    """The result of a job of which only its batch is known."""
    if job.task == "undo":
        return {"undone": int(job.payload["batch"]), "batch": batch}
    return {**(job.result or {}), "outcome": {"batch": batch}}
