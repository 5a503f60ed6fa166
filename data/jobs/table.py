"""The job table: what was asked for, how far it is, what came of it.

On SQLite the jobs lie in a file of their own, `jobs.sqlite` in the local folder, not in the store:
an upload holds the store's one write lock for as long as it writes, and its progress, a cancel or
the next job in the queue must not wait for that lock. The file can be lost without loss: uploads
and their history are in the store. On PostgreSQL the table is the store's `job`, over connections
of its own, so that what is written here is seen at once whatever an upload's transaction does.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    create_engine,
    delete,
    event,
    func,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from data.errors import NotFound, StoreRefused, SupervisionError
from data.permission import require_permission
from data.settings import Settings
from data.store.models import Job

ACTIVE = ("queued", "running")
OPEN = ("queued", "running", "waiting")
#: As long as incoming.py keeps the file.
WAITING_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=90)
_EXPIRED = "超过 7 天没有确认，文件已清理，库中没有写入任何数据。需要时请重新上传。"
_BUSY_MS = 10_000
_table: Table = Job.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it stands. ahead: jobs before it in the queue. Moments in UTC."""

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
    created_at: datetime
    changed_at: datetime
    created_by: str
    ahead: int = 0

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


_COLUMNS = [c for c in _table.c if c.name != "pid"]
_BRIEF = [c for c in _COLUMNS if c.name != "result"]


def _now() -> datetime:
    """UTC without saying so: both databases give it back as it went in."""
    return datetime.now(UTC).replace(tzinfo=None)


class JobTable:
    """Each method is one short transaction.

    What a user asks for (submit, again, cancel) raises Unproven in a request that has not shown
    where it comes from; what the machinery notes of itself does not ask.
    """

    def __init__(self, settings: Settings) -> None:
        self.engine = _engine(settings)

    def submit(self, task: str, payload: dict[str, Any], created_by: str) -> str:
        """Put a job at the end of the queue and return its id."""
        require_permission()
        job_id = uuid.uuid4().hex
        now = _now()
        with self.engine.begin() as conn:
            _clean(conn, now)
            conn.execute(
                insert(_table).values(
                    id=job_id,
                    task=task,
                    state="queued",
                    phase="",
                    done=0,
                    total=0,
                    payload=payload,
                    cancel_asked=False,
                    created_at=now,
                    changed_at=now,
                    created_by=created_by,
                )
            )
        return job_id

    def get(self, job_id: str) -> JobView:
        """Raises NotFound."""
        with self.engine.begin() as conn:
            row = conn.execute(select(*_COLUMNS).where(_table.c.id == job_id)).mappings().first()
            if row is None:
                raise NotFound("没有这项上传任务，可能已被清理。请在下方上传历史中查看结果。")
            ahead: int | None = 0
            if row["state"] == "queued":
                ahead = conn.scalar(
                    select(func.count())
                    .select_from(_table)
                    .where(_table.c.state.in_(ACTIVE), _table.c.changed_at < row["changed_at"])
                )
        return JobView(**row, ahead=ahead or 0)

    def unfinished(self, limit: int = 20) -> list[JobView]:
        """Jobs in the queue, at work or waiting for a word, oldest first, without results."""
        query = (
            select(*_BRIEF)
            .where(_table.c.state.in_(OPEN))
            .order_by(_table.c.changed_at)
            .limit(limit)
        )
        with self.engine.begin() as conn:
            return [JobView(**row, result=None) for row in conn.execute(query).mappings()]

    def digests(self) -> set[str]:
        """Hashes of the files of jobs that are not finished: their copies are still wanted."""
        query = select(_table.c.payload, _table.c.result).where(_table.c.state.in_(OPEN))
        with self.engine.begin() as conn:
            rows = conn.execute(query).all()
        told = [part for row in rows for part in (row.payload, row.result) if part]
        return {part["sha256"] for part in told if part.get("sha256")}

    def reports(self) -> set[str]:
        """Returned workbooks that jobs name, below outputs_dir."""
        path = _table.c.result["report"].as_string()
        with self.engine.begin() as conn:
            return set(conn.scalars(select(path).where(path.is_not(None))))

    def expire(self) -> None:
        """End previews that nobody confirmed, forget jobs that ended long ago."""
        with self.engine.begin() as conn:
            _clean(conn, _now())

    def again(self, job_id: str, from_states: Sequence[str], **payload: Any) -> None:
        """Queue a job once more with changes to its payload.

        Raises SupervisionError where it is no longer in one of `from_states` (two windows).
        """
        require_permission()
        job = self.get(job_id)
        changed = self._move(
            job_id,
            from_states,
            state="queued",
            payload={**job.payload, **payload},
            phase="",
            done=0,
            total=0,
            message=None,
            cancel_asked=False,
        )
        if not changed:
            raise SupervisionError("这项上传已在别处处理，页面显示的是旧状态。请刷新页面。")

    def claim(self, pid: int) -> JobView | None:
        """The oldest queued job, now running in this process; None for an empty queue."""
        oldest = select(_table.c.id).where(_table.c.state == "queued").order_by(_table.c.changed_at)
        while True:
            with self.engine.begin() as conn:
                job_id = conn.scalar(oldest.limit(1))
            if job_id is None:
                return None
            if self.start(job_id, pid):
                return self.get(job_id)

    def start(self, job_id: str, pid: int) -> bool:
        """Take a queued job; False where another worker was faster or it was cancelled."""
        return self._move(job_id, ("queued",), state="running", pid=pid)

    def progress(self, job_id: str, phase: str, done: int, total: int) -> bool:
        """Note how far a running job is, and that it lives; True where its cancel was asked."""
        self._move(job_id, ("running",), phase=phase[:64], done=done, total=total)
        with self.engine.begin() as conn:
            return bool(conn.scalar(select(_table.c.cancel_asked).where(_table.c.id == job_id)))

    def finish(self, job_id: str, state: str, result: dict[str, Any]) -> None:
        """state: done, or waiting where a user is asked for a word."""
        self._move(job_id, ("running",), state=state, result=result, pid=None)

    def fail(self, job_id: str, message: str, state: str = "failed") -> None:
        self._move(job_id, ACTIVE, state=state, message=message, pid=None)

    def cancel(self, job_id: str) -> None:
        """A queued or waiting job ends at once; a running one before it commits."""
        require_permission()
        if not self._move(job_id, ("queued", "waiting"), state="cancelled", message=None):
            with self.engine.begin() as conn:
                conn.execute(
                    update(_table)
                    .where(_table.c.id == job_id, _table.c.state == "running")
                    .values(cancel_asked=True)
                )

    def left_running(self, silent_seconds: float = 0.0) -> list[JobView]:
        """Jobs said to be running that have not been heard of for so long."""
        before = _now() - timedelta(seconds=silent_seconds)
        query = select(*_COLUMNS).where(_table.c.state == "running", _table.c.changed_at <= before)
        with self.engine.begin() as conn:
            return [JobView(**row) for row in conn.execute(query).mappings()]

    def _move(self, job_id: str, from_states: Sequence[str], **values: Any) -> bool:
        with self.engine.begin() as conn:
            changed = conn.execute(
                update(_table)
                .where(_table.c.id == job_id, _table.c.state.in_(tuple(from_states)))
                .values(changed_at=_now(), **values)
            )
        return changed.rowcount == 1


def _clean(conn: Connection, now: datetime) -> None:
    """A preview that nobody confirms ends with its file; ended jobs are not kept for ever."""
    conn.execute(
        update(_table)
        .where(_table.c.state == "waiting", _table.c.changed_at < now - WAITING_FOR)
        .values(state="cancelled", message=_EXPIRED)
    )
    ended = _table.c.state.notin_(OPEN)
    conn.execute(delete(_table).where(ended, _table.c.changed_at < now - KEPT_FOR))


def _engine(settings: Settings) -> Engine:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "postgresql":
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=2,
            hide_parameters=True,
        )
    try:
        settings.local_dir.mkdir(parents=True, exist_ok=True)
        address = f"sqlite:///{settings.local_dir / 'jobs.sqlite'}"
        engine = create_engine(address, hide_parameters=True)

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, record: Any) -> None:
            connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            connection.execute("PRAGMA synchronous=NORMAL")

        with engine.begin() as conn:
            conn.exec_driver_sql("BEGIN IMMEDIATE")  # two processes may come here at once
            _table.create(conn, checkfirst=True)
    except (OSError, DBAPIError) as error:
        raise StoreRefused(
            f"任务文件 jobs.sqlite 无法打开，请检查文件夹“{settings.local_dir}”的权限和磁盘空间。"
        ) from error
    return engine
