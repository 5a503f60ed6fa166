"""当时所知: connections that see the store as it was known at a moment (data/store/replay.py).

Putting back what came since takes as long as there is of it, so that the connection is kept for the
next question of the same moment, until somebody writes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Lock, RLock
from typing import Any

from sqlalchemy import Connection, Transaction, event, text
from sqlalchemy.exc import DBAPIError

from data.known import Known
from data.store import history
from data.store.engine import Store
from data.store.replay import Past, past_at, put_back
from data.store.shadow import home_of
from data.workflow.deductions import settle

#: Connections that are kept, with their temporary tables, in each process.
KEPT = 2


@dataclass(frozen=True, slots=True)
class _Asked:
    past: Past
    head: tuple[int, str]
    sums_only: bool


@dataclass(slots=True)
class _View:
    conn: Connection
    busy: RLock = field(default_factory=RLock)

    def begin(self) -> Transaction:
        """For one question."""
        if self.conn.in_transaction():
            return self.conn.begin_nested()
        return self.conn.begin()


class Replays:
    """Of one store, for its reads (Store.read)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._views: OrderedDict[_Asked, _View] = OrderedDict()
        self._lock = Lock()
        event.listen(store.engine, "engine_disposed", lambda _: self.close())

    @contextmanager
    def reading(self, known: Known, copies: Collection[Any] = ()) -> Iterator[Connection | None]:
        """A connection that sees what was known; None where that is what is known now. What is
        changed on it (temporary tables) is forgotten at the end."""
        again = True
        while True:
            with self._store.read_now() as conn:
                past = past_at(conn, known.moment)
                head = history.head(conn)
            if past is None:
                yield None
                return
            asked = _Asked(past, head, known.sums_only)
            if copies and self._store.dialect == "postgresql":
                # where nothing can be made in front any more once something stands there
                with closing(self._made(asked, copies)) as aside:
                    if _head_now(aside) == head:
                        yield aside
                        return
                continue
            view = self._view(asked)
            with view.busy:
                try:
                    transaction = view.begin()
                except DBAPIError:  # it rested for too long, or the database was away
                    if not again:
                        raise
                    again, transaction = False, None
                if transaction is not None:
                    try:
                        if _head_now(view.conn) == head:
                            yield view.conn
                            return
                    finally:
                        transaction.rollback()
            self._drop(asked)  # somebody wrote meanwhile

    def close(self) -> None:
        with self._lock:
            while self._views:
                self._views.popitem()[1].conn.close()

    def _view(self, asked: _Asked) -> _View:
        with self._lock:
            known = self._views.get(asked)
            if known is None:
                for other in [a for a in self._views if a.head != asked.head]:
                    _close(self._views.pop(other))
                while len(self._views) >= KEPT:
                    _close(self._views.popitem(last=False)[1])
                known = self._views[asked] = _View(self._made(asked))
            self._views.move_to_end(asked)
        return known

    def _drop(self, asked: _Asked) -> None:
        with self._lock:
            gone = self._views.pop(asked, None)
        if gone is not None:
            _close(gone)

    def _made(self, asked: _Asked, copies: Collection[Any] = ()) -> Connection:
        """On PostgreSQL within a transaction that stays open: what stands in front is gone with it,
        whoever gets the session then (a pooler's next client, say)."""
        conn = self._store.engine.connect()
        is_postgresql = self._store.dialect == "postgresql"
        if is_postgresql:
            conn = conn.execution_options(isolation_level="REPEATABLE READ")
        conn.detach()  # it keeps its temporary tables and goes to nobody else
        try:
            transaction = conn.begin()
            put_back(conn, asked.past, settle, asked.sums_only, copies)
            if not is_postgresql:
                transaction.commit()
        except BaseException:
            conn.close()
            raise
        return conn


def _close(view: _View) -> None:
    with view.busy:
        view.conn.close()


def _head_now(conn: Connection) -> tuple[int, str]:
    """As `history.head` says of the stored table, behind the copy in front."""
    query = text(f'SELECT value FROM "{home_of(conn)}".meta WHERE key = :key')
    kept = conn.scalar(query, {"key": history.HEAD_KEY})
    records, _, digest = (kept or f"0:{history.GENESIS}").partition(":")
    return int(records), digest


def replay_on(store: Store) -> None:
    """Let the store answer what was known (data/known.py)."""
    store.replays = Replays(store)
