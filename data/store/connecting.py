"""Connections to PostgreSQL, also through a pooler that gives a session for a transaction only.

Nothing is kept in a session beyond its transaction: no prepared statements, no settings, no locks,
no temporary tables. What every transaction needs is set inside it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from data.settings import Settings

#: Execution option of a connection that writes: its statements may take as long as they need.
WRITES = "weipian_writes"
_CONNECT_SECONDS = 10
#: Unanswered, so many times, the other side is taken for gone.
_ASKED_AGAIN = 3


def postgresql_engine(url: URL, settings: Settings, pool_size: int = 5) -> Engine:
    alive = settings.keepalive_seconds
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=pool_size,
        hide_parameters=True,
        connect_args={
            "prepare_threshold": None,
            "connect_timeout": _CONNECT_SECONDS,
            "keepalives": 1,
            "keepalives_idle": alive,
            "keepalives_interval": alive,
            "keepalives_count": _ASKED_AGAIN,
            "tcp_user_timeout": 1_000 * alive * _ASKED_AGAIN,
        },
    )
    limits = {
        # compiling a plan takes longer than any question of a page; the sums of a year fit into
        # memory (docs/plans.md)
        "jit": "off",
        "work_mem": "'32MB'",
        "lock_timeout": _ms(settings.lock_seconds),
        "idle_in_transaction_session_timeout": _ms(settings.idle_transaction_seconds),
        # the server's side: a host that is cut off keeps no lock
        "tcp_keepalives_idle": str(alive),
        "tcp_keepalives_interval": str(alive),
        "tcp_keepalives_count": str(_ASKED_AGAIN),
    }
    always = "; ".join(f"SET LOCAL {name} = {value}" for name, value in limits.items())
    reading = f"{always}; SET LOCAL statement_timeout = {_ms(settings.statement_seconds)}"
    writing = f"{always}; SET LOCAL statement_timeout = 0"

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        told = writing if conn.get_execution_options().get(WRITES) else reading
        cursor: Any = conn.connection.cursor()
        cursor.execute(told, prepare=False)  # several statements in one
        cursor.close()

    return engine


def _ms(seconds: int) -> str:
    """0: no limit."""
    return str(1_000 * seconds)
