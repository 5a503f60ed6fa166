"""The open store: consistent reads, one writer at a time, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakSet

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from data.errors import StoreNewer, StoreRefused, SupervisionError, Unsure
from data.known import Known, known
from data.permission import require_permission
from data.settings import Settings
from data.store import dialect, fence
from data.store.connecting import WRITES, postgresql_engine

_BATCH = "weipian_batch"
_CITY = "weipian_city"
Follower = Callable[["Store"], None]


#: Stores of this process: a child that was forked must not use its parent's connections.
_open_stores: WeakSet[Store] = WeakSet()


def _leave_connections_to_the_parent() -> None:
    for store in list(_open_stores):
        store.engine.dispose(close=False)


os.register_at_fork(after_in_child=_leave_connections_to_the_parent)


class Past(Protocol):
    """Connections that see what was known at a moment (data/workflow/replay.py)."""

    def reading(
        self, known: Known, copies: Collection[Any] = ()
    ) -> AbstractContextManager[Connection | None]: ...


class Store:
    """One open store. Give out connections only through read() and write().

    replays: what reads go through while an earlier moment is asked for (data/known.py).
    revision: that this program works with (data/store/migrate.py); None before it was looked at.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = _create_engine(settings)
        self.bear_name(settings.city_name)
        self._followers: list[Follower] = []
        self._held_back = 0
        self.replays: Past | None = None
        self.revision: str | None = None
        _open_stores.add(self)

    def bear_name(self, city: str) -> None:
        """The city whose store this is, for who reads it (`city_of`) and for the settings."""
        self.settings = replace(self.settings, city_name=city)
        self.engine.update_execution_options(**{_CITY: city})

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state until it is given back: the present one, or
        what was known at the moment that is asked for."""
        with self.read_past() as past:
            if past is not None:
                yield past
                return
        with self.read_now() as conn:
            yield conn

    @contextmanager
    def read_past(self, copies: Collection[Any] = ()) -> Iterator[Connection | None]:
        """As it was known; None where that is as it is now. Temporary tables may be written to.
        copies: models of which copies are wanted too."""
        asked = known()
        if asked is None or self.replays is None:
            yield None
            return
        with refusals(), self.replays.reading(asked, copies) as conn:
            yield conn

    @contextmanager
    def read_now(self) -> Iterator[Connection]:
        """As it is now, whatever is asked for."""
        with refusals(), self.engine.connect() as conn:
            if self.dialect == "postgresql":
                conn = conn.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with conn.begin():
                self._refuse_newer(conn)
                yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The exclusive writer. Commits at the end; any exception leaves the store as it was.

        Raises StoreRefused where the store is locked, full or read-only, Unproven in a request
        that has not shown where it comes from, or that looks at what was known earlier, Unsure
        where the connection was lost over the commit, GivenUp in a job that another worker has.
        """
        require_permission()
        if known() is not None:
            raise SupervisionError("正在查看“当时所知”，不能改动。请先点“回到现在”，再做这一步。")
        with refusals(), self.engine.connect() as conn:
            conn = conn.execution_options(**{WRITES: True})
            conn.info.pop(_BATCH, None)  # of a transaction that failed
            with conn.begin() as transaction:
                if self.dialect == "postgresql":
                    conn.execute(select(func.pg_advisory_xact_lock(dialect.WRITER_LOCK)))
                self._refuse_newer(conn)
                yield conn
                batch = conn.info.pop(_BATCH, None)
                with fence.passing(conn, batch), _told_if_unsure():
                    transaction.commit()
        if batch is not None:
            self._follow()

    def _refuse_newer(self, conn: Connection) -> None:
        """An old process that goes on while a new one migrates reads and writes nothing any more;
        asked within the transaction, so that there is no moment in between. Raises StoreNewer."""
        if self.revision is None:
            return
        found = conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if found is not None and str(found) > self.revision:
            raise StoreNewer

    def after_each_version(self, follower: Follower) -> None:
        """Call it with the store after every commit that made a new data version."""
        self._followers.append(follower)

    @contextmanager
    def as_one_version(self) -> Iterator[None]:
        """Within the block several commits are followed only once, at its end."""
        self._held_back += 1
        try:
            yield
        finally:
            self._held_back -= 1
        self._follow()

    def _follow(self) -> None:
        if not self._held_back:
            for follower in self._followers:
                follower(self)


def note_batch(conn: Connection, batch: int) -> None:
    """The transaction makes a batch, and with it a new data version."""
    conn.info[_BATCH] = batch


@contextmanager
def _told_if_unsure() -> Iterator[None]:
    """A connection that is lost while it commits leaves open whether it has."""
    try:
        yield
    except DBAPIError as error:
        if error.orig is not None and dialect.is_lost(error.orig):
            raise Unsure from error
        raise


@contextmanager
def refusals() -> Iterator[None]:
    """The database's faults as StoreRefused, where there is a sentence for them."""
    try:
        yield
    except DBAPIError as error:
        fault = error.orig
        refusal = dialect.refusal(fault) if fault is not None else None
        if refusal is None:
            raise
        raise refusal from error
    except dialect.DRIVER_ERRORS as error:  # bulk rows go through the driver's own cursor
        refusal = dialect.refusal(error)
        if refusal is None:
            raise
        raise refusal from error
    except PoolTimeout as error:
        raise StoreRefused("同时使用的人太多，数据库连接都在用。请稍后再试。") from error


def city_of(conn: Connection) -> str:
    """The name of the city whose store this is, as settings have it: 威海市."""
    return str(conn.get_execution_options().get(_CITY, ""))


def _create_engine(settings: Settings) -> Engine:
    try:
        url = make_url(settings.database_url)
    except ArgumentError as error:
        raise StoreRefused("DATABASE_URL 写法不对，应如 sqlite:////路径/文件.sqlite。") from error
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            _make_folder(Path(url.database).parent)
        engine = create_engine(url, hide_parameters=True)
        _begin_ourselves(engine)
        return engine
    if url.get_backend_name() == "postgresql":
        return postgresql_engine(url, settings)
    raise StoreRefused(f"不支持的数据库“{url.get_backend_name()}”，请用 SQLite 或 PostgreSQL。")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreRefused(f"无法创建数据库文件夹“{folder}”，请检查权限。") from error


def _begin_ourselves(engine: Engine) -> None:
    """Python's sqlite3 begins transactions late; begin them where SQLAlchemy says."""

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        dialect.prepare_sqlite_connection(connection)

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        writes = conn.get_execution_options().get(WRITES)
        conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
