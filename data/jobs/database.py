"""Where the queue lies.

On PostgreSQL it is the store's table `job`, over connections of its own, so that what is written is
seen at once whatever an upload's transaction does. On SQLite it is a file of its own, `jobs.sqlite`
in the local folder: an upload holds the store's one write lock for as long as it writes, and its
progress, its lease, a cancel or the next job must not wait for that lock. The file can be lost
without loss: uploads and their history are in the store.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, make_url, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateColumn

from data.errors import StoreRefused
from data.settings import Settings
from data.store import dialect
from data.store.connecting import postgresql_engine
from data.store.models import Job

JOBS: Table = Job.__table__  # type: ignore[assignment]
_BUSY_MS = 10_000
#: A worker of an earlier version, which knows no lease, is left alone for so long.
_LEFT_ALONE_SECONDS = 60.0


def engine_of(settings: Settings) -> Engine:
    """Raises StoreRefused."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "postgresql":
        return postgresql_engine(url, settings, pool_size=2)
    try:
        settings.local_dir.mkdir(parents=True, exist_ok=True)
        address = f"sqlite:///{settings.local_dir / 'jobs.sqlite'}"
        engine = create_engine(address, hide_parameters=True)

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, record: Any) -> None:
            connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            connection.execute("PRAGMA synchronous=NORMAL")

        with engine.begin() as conn:
            begin_writing(conn)  # two processes may come here at once
            JOBS.create(conn, checkfirst=True)
            _bring_up_to_date(conn)
    except (OSError, DBAPIError) as error:
        raise StoreRefused(
            f"任务文件 jobs.sqlite 无法打开，请检查文件夹“{settings.local_dir}”的权限和磁盘空间。"
        ) from error
    return engine


def begin_writing(conn: Connection) -> None:
    """On SQLite: take the file's one write lock now."""
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("BEGIN IMMEDIATE")


def _bring_up_to_date(conn: Connection) -> None:
    """The file of an earlier version, as migration 0016 does in the store."""
    known = {column["name"] for column in inspect(conn).get_columns(JOBS.name)}
    missing = [column for column in JOBS.c if column.name not in known]
    for column in missing:
        told = CreateColumn(column).compile(dialect=conn.dialect)
        conn.exec_driver_sql(f"ALTER TABLE {JOBS.name} ADD COLUMN {told}")
    if missing:
        later = dialect.moment(conn, _LEFT_ALONE_SECONDS)
        conn.execute(update(JOBS).values(queued_at=JOBS.c.changed_at))
        conn.execute(update(JOBS).where(JOBS.c.state == "running").values(lease_until=later))
