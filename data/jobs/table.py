"""The job table as pages see it: what was asked for, how far it is, what came of it.

What workers do with jobs is in leases.py, where the table lies in database.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from data.errors import NotFound, SupervisionError
from data.jobs.database import JOBS, engine_of
from data.permission import require_permission
from data.settings import Settings
from data.store.dialect import moment, now
from data.store.engine import refusals

ACTIVE = ("queued", "running")
OPEN = ("queued", "running", "waiting")
#: Tasks that bring a file in or take one back: what /upload shows.
UPLOADS = ("upload", "undo")
_DAY = 86_400.0
#: As long as incoming.py keeps the file.
_WAITING_SECONDS = 7 * _DAY
_KEPT_SECONDS = 90 * _DAY
#: A job before which nothing is left, and which nobody took for so long, has no worker to wait for.
PATIENCE_SECONDS = 15.0
_EXPIRED = "超过 7 天没有确认，文件已清理，库中没有写入任何数据。需要时请重新上传。"


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it stands. ahead: jobs before it in the queue or at work. attempt, lost: see the
    model. is_stalled: nobody is at work on it, though somebody should be. Moments in UTC."""

    id: str
    task: str
    state: str
    phase: str
    done: int
    total: int
    payload: dict[str, Any]
    result: dict[str, Any] | None
    message: str | None
    cancel_asked: bool
    attempt: int
    lost: int
    created_at: datetime
    changed_at: datetime
    created_by: str
    ahead: int = 0
    is_stalled: bool = False

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class Queue:
    """counts: state → jobs. waits_seconds: how long the one at the head of the queue has waited."""

    counts: dict[str, int]
    waits_seconds: float


#: Columns of a JobView.
COLUMNS = [c for c in JOBS.c if c.name not in ("worker", "lease_until", "queued_at")]
_BRIEF = [c for c in COLUMNS if c.name != "result"]
#: The order of the queue. Earlier versions did not say when a job was queued.
QUEUED_AT = func.coalesce(JOBS.c.queued_at, JOBS.c.changed_at)


class JobTable:
    """Each method is one short transaction.

    What a user asks for (submit, again, cancel) raises Unproven in a request that has not shown
    where it comes from. All raise StoreRefused where the database is away.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = engine_of(settings)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with refusals(), self.engine.begin() as conn:
            yield conn

    def submit(self, task: str, payload: dict[str, Any], created_by: str) -> str:
        """Put a job at the end of the queue and return its id."""
        require_permission()
        job_id = uuid.uuid4().hex
        with self.transaction() as conn:
            _clean(conn)
            now = moment(conn)
            conn.execute(
                insert(JOBS).values(
                    id=job_id,
                    task=task,
                    state="queued",
                    phase="",
                    done=0,
                    total=0,
                    payload=payload,
                    cancel_asked=False,
                    queued_at=now,
                    created_at=now,
                    changed_at=now,
                    created_by=created_by,
                )
            )
        return job_id

    def get(self, job_id: str) -> JobView:
        """Raises NotFound."""
        with self.transaction() as conn:
            query = select(*COLUMNS, _is_stalled(conn), QUEUED_AT.label("queued_at"))
            row = conn.execute(query.where(JOBS.c.id == job_id)).mappings().first()
            if row is None:
                raise NotFound("没有这项上传任务，可能已被清理。请在下方上传历史中查看结果。")
            told = dict(row)
            queued_at = told.pop("queued_at")
            ahead: int | None = 0
            if row["state"] == "queued":
                before = or_(
                    JOBS.c.state == "running",
                    and_(JOBS.c.state == "queued", queued_at > QUEUED_AT),
                )
                ahead = conn.scalar(select(func.count()).select_from(JOBS).where(before))
        told["is_stalled"] = bool(told["is_stalled"]) and not ahead
        return JobView(**told, ahead=ahead or 0)

    def last_of(self, task: str, created_by: str) -> JobView | None:
        """The latest job of a task that somebody asked for."""
        own = select(JOBS.c.id).where(JOBS.c.task == task, JOBS.c.created_by == created_by)
        with self.transaction() as conn:
            found = conn.scalar(own.order_by(JOBS.c.created_at.desc(), JOBS.c.id).limit(1))
        return self.get(found) if found is not None else None

    def unfinished(self, limit: int = 20) -> list[JobView]:
        """Uploads in the queue, at work or waiting for a word, oldest first, without results."""
        with self.transaction() as conn:
            query = select(*_BRIEF, _is_stalled(conn))
            query = query.where(JOBS.c.state.in_(OPEN), JOBS.c.task.in_(UPLOADS))
            rows = conn.execute(query.order_by(QUEUED_AT).limit(limit)).mappings()
            return [JobView(**row, result=None) for row in rows]

    def queue(self) -> Queue:
        by_state = select(JOBS.c.state, func.count().label("jobs")).group_by(JOBS.c.state)
        oldest = select(func.min(QUEUED_AT)).where(JOBS.c.state == "queued")
        with self.transaction() as conn:
            counts = {row.state: row.jobs for row in conn.execute(by_state)}
            since = conn.scalar(oldest)
            waits = 0.0 if since is None else (now(conn) - since).total_seconds()
        return Queue(counts, waits)

    def digests(self) -> set[str]:
        """Hashes of the files of jobs that are not finished: their copies are still wanted."""
        query = select(JOBS.c.payload, JOBS.c.result).where(JOBS.c.state.in_(OPEN))
        with self.transaction() as conn:
            rows = conn.execute(query).all()
        told = [part for row in rows for part in (row.payload, row.result) if part]
        return {part["sha256"] for part in told if part.get("sha256")}

    def reports(self) -> set[str]:
        """Returned workbooks that jobs name, below outputs_dir."""
        path = JOBS.c.result["report"].as_string()
        with self.transaction() as conn:
            return set(conn.scalars(select(path).where(path.is_not(None))))

    def expire(self) -> None:
        """End previews that nobody confirmed, forget jobs that ended long ago."""
        with self.transaction() as conn:
            _clean(conn)

    def again(self, job_id: str, from_states: Sequence[str], **payload: Any) -> None:
        """Queue a job once more with changes to its payload.

        Raises SupervisionError where it is no longer in one of `from_states` (two windows).
        """
        require_permission()
        job = self.get(job_id)
        with self.transaction() as conn:
            changed = conn.execute(
                update(JOBS)
                .where(JOBS.c.id == job_id, JOBS.c.state.in_(tuple(from_states)))
                .values(
                    state="queued",
                    payload={**job.payload, **payload},
                    phase="",
                    done=0,
                    total=0,
                    message=None,
                    cancel_asked=False,
                    lost=0,
                    queued_at=moment(conn),
                    changed_at=moment(conn),
                )
            )
        if changed.rowcount != 1:
            raise SupervisionError("这项上传已在别处处理，页面显示的是旧状态。请刷新页面。")

    def cancel(self, job_id: str) -> None:
        """A queued or waiting job ends at once; a running one before it commits, or not at all."""
        require_permission()
        with self.transaction() as conn:
            ended = conn.execute(
                update(JOBS)
                .where(JOBS.c.id == job_id, JOBS.c.state.in_(("queued", "waiting")))
                .values(state="cancelled", message=None, changed_at=moment(conn))
            )
            if ended.rowcount == 0:
                conn.execute(
                    update(JOBS)
                    .where(JOBS.c.id == job_id, JOBS.c.state == "running")
                    .values(cancel_asked=True)
                )


def _is_stalled(conn: Connection) -> Any:
    """Of a queued job this is so only where none is ahead of it."""
    lost = and_(JOBS.c.state == "running", JOBS.c.lease_until < moment(conn))
    passed = and_(JOBS.c.state == "queued", moment(conn, -PATIENCE_SECONDS) > QUEUED_AT)
    return func.coalesce(or_(lost, passed), False).label("is_stalled")


def _clean(conn: Connection) -> None:
    """A preview that nobody confirms ends with its file; ended jobs are not kept for ever."""
    conn.execute(
        update(JOBS)
        .where(JOBS.c.state == "waiting", JOBS.c.changed_at < moment(conn, -_WAITING_SECONDS))
        .values(state="cancelled", message=_EXPIRED)
    )
    ended = JOBS.c.state.notin_(OPEN)
    conn.execute(delete(JOBS).where(ended, JOBS.c.changed_at < moment(conn, -_KEPT_SECONDS)))
