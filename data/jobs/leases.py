"""What a worker does with jobs: it takes one for a while, says that it lives, tells the end.

A job that is taken has a lease, judged by the database's clock and renewed while the work goes on.
When it ends unrenewed the job is taken by the next worker that asks, with a higher attempt. The
older one cannot commit any more (its fence) nor tell anything: all it would change asks for its own
attempt. Whether its work is in the store is read from job_batch, after its attempt has been passed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum
from typing import Any

from sqlalchemy import Connection, and_, case, insert, or_, select, update

from data.jobs.database import JOBS, begin_writing
from data.jobs.table import COLUMNS, QUEUED_AT, JobTable, JobView
from data.store.dialect import moment
from data.store.engine import Store
from data.store.fence import GivenUp
from data.store.models import JobBatch
from data.upload.sandbox import UploadCancelled

CANCELLED = "已按要求取消，库中没有写入任何数据。"


class Word(Enum):
    """What a worker hears of its job."""

    GO_ON = 0
    CANCEL = 1
    GIVEN_UP = 2


class Leases:
    """Of one worker. Each method is one short transaction, and raises StoreRefused where the
    database is away."""

    def __init__(self, table: JobTable, worker: str | None = None) -> None:
        self.table = table
        self.worker = (worker or f"{socket.gethostname()}:{os.getpid()}")[:128]
        self.seconds = table.settings.lease_seconds

    def take(self) -> JobView | None:
        """The oldest job that is queued or has lost its worker, now this one's; None for none."""
        with self.table.transaction() as conn:
            free = or_(
                JOBS.c.state == "queued",
                and_(
                    JOBS.c.state == "running",
                    or_(JOBS.c.lease_until.is_(None), JOBS.c.lease_until < moment(conn)),
                ),
            )
            oldest = select(JOBS.c.id).where(free).order_by(QUEUED_AT, JOBS.c.id).limit(1)
            if conn.scalar(oldest) is None:  # nearly always, and without a lock
                return None
            lost = JOBS.c.lost + case((JOBS.c.state == "running", 1), else_=0)
            taken = (
                update(JOBS)
                .where(JOBS.c.id == oldest.with_for_update(skip_locked=True).scalar_subquery())
                .values(**self._mine(conn), state="running", lost=lost, phase="", done=0, total=0)
            )
            row = conn.execute(taken.returning(*COLUMNS)).mappings().first()
            return JobView(**row) if row else None

    def renew(self, job: JobView, phase: str, done: int, total: int) -> Word:
        """Note how far the job is, and that its worker lives."""
        with self.table.transaction() as conn:
            told = {"phase": phase[:64], "done": done, "total": total}
            until = moment(conn, self.seconds)
            noted = _own(job).values(**told, lease_until=until, changed_at=moment(conn))
            return _word(conn.scalar(noted.returning(JOBS.c.cancel_asked)))

    def hear(self, job: JobView) -> Word:
        with self.table.transaction() as conn:
            return _word(conn.scalar(select(JOBS.c.cancel_asked).where(*_is_own(job))))

    def finish(self, job: JobView, state: str, result: dict[str, Any]) -> bool:
        """state: done, or waiting where a user is asked for a word. False where it was given up."""
        return self._end(job, state=state, result=result)

    def fail(self, job: JobView, message: str, state: str = "failed") -> bool:
        return self._end(job, state=state, message=message)

    def stop_commits(self, job: JobView) -> JobView | None:
        """The same job under a new attempt: what was begun under the old one has been committed by
        now or never will be. None where another worker has it."""
        with self.table.transaction() as conn:
            changed = conn.scalar(_own(job).values(**self._mine(conn)).returning(JOBS.c.attempt))
        return None if changed is None else replace(job, attempt=changed)

    def batch_of(self, store: Store, job: JobView) -> int | None:
        """The batch that the job has made."""
        with store.read_now() as conn:
            return conn.scalar(select(JobBatch.batch_id).where(JobBatch.job_id == job.id))

    def fence(self, job: JobView) -> JobFence:
        return JobFence(self.table, job)

    def _mine(self, conn: Connection) -> dict[str, Any]:
        return {
            "attempt": JOBS.c.attempt + 1,
            "worker": self.worker,
            "lease_until": moment(conn, self.seconds),
            "changed_at": moment(conn),
        }

    def _end(self, job: JobView, **values: Any) -> bool:
        with self.table.transaction() as conn:
            ended = _own(job).values(
                **values, worker=None, lease_until=None, changed_at=moment(conn)
            )
            return conn.execute(ended).rowcount == 1


class JobFence:
    """Of one attempt at a job; see data/store/fence.py.

    PostgreSQL keeps the job's row locked in the very transaction that commits. On SQLite the file
    of jobs is locked from the question until the store's commit has come back.
    """

    def __init__(self, table: JobTable, job: JobView) -> None:
        self._table, self._job = table, job

    @contextmanager
    def passing(self, conn: Connection, batch: int | None) -> Iterator[None]:
        """Raises GivenUp; UploadCancelled where that was asked for before there was a batch."""
        if conn.dialect.name == "postgresql":
            self._ask(conn, conn, batch)
            yield
            return
        with self._table.transaction() as jobs:
            begin_writing(jobs)
            self._ask(jobs, conn, batch)
            yield

    def _ask(self, jobs: Connection, conn: Connection, batch: int | None) -> None:
        asked = select(JOBS.c.cancel_asked).where(*_is_own(self._job)).with_for_update()
        word = _word(jobs.scalar(asked))
        if word is Word.GIVEN_UP:
            raise GivenUp(self._job.id)
        if batch is not None:
            if word is Word.CANCEL:
                raise UploadCancelled(CANCELLED)
            conn.execute(insert(JobBatch).values(job_id=self._job.id, batch_id=batch))


def _is_own(job: JobView) -> tuple[Any, ...]:
    return JOBS.c.id == job.id, JOBS.c.state == "running", JOBS.c.attempt == job.attempt


def _own(job: JobView) -> Any:
    return update(JOBS).where(*_is_own(job))


def _word(cancel_asked: Any) -> Word:
    if cancel_asked is None:
        return Word.GIVEN_UP
    return Word.CANCEL if cancel_asked else Word.GO_ON
