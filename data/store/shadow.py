"""Temporary copies that stand in front of stored tables: to see what would follow, without writing.

A table name without a schema finds the connection's temporary table first, on SQLite and on
PostgreSQL. So every query and the summary's own upkeep work on the copies as they do on the store,
and nobody else sees anything. The writer's lock is not taken: uploads go on meanwhile.

A name is looked up when a statement is prepared, and PostgreSQL keeps what a connection has
prepared: a statement from before the copies stood there reads, and writes, the stored table. So
whoever has put copies in front says `only_the_copies` before anything is done with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import Column, Connection, MetaData, Table, UniqueConstraint, delete, func, select
from sqlalchemy.schema import CreateTable

from data.store import summary
from data.store.engine import Store, refusals
from data.store.models import Base, DaySummary

_CHUNK = 1_000


@contextmanager
def shadowed(store: Store, *models: type[Base], is_empty: bool = False) -> Iterator[Connection]:
    """A connection that sees one consistent state, in which these tables can be changed for
    nothing: all of it is forgotten at the end. Every other table is as stored and cannot be
    written to. is_empty: the copies begin without rows.
    """
    with store.read_past(models) as past:
        if past is not None:
            for model in models:
                cover(past, Base.metadata.tables[model.__tablename__], is_empty)
            _begin(past, models)
            yield past
            return
    with refusals(), store.engine.connect() as conn:
        if store.dialect == "postgresql":
            # not READ ONLY, which forbids to create even temporary tables
            conn = conn.execution_options(isolation_level="REPEATABLE READ")
        transaction = conn.begin()
        try:
            home = home_of(conn)
            for model in models:
                table = Base.metadata.tables[model.__tablename__]
                stand_in_front(conn, table, None if is_empty else home)
            _begin(conn, models)
            yield conn
        finally:
            transaction.rollback()


def _begin(conn: Connection, models: Collection[type[Base]]) -> None:
    if DaySummary in models:
        summary.prepare(conn)
    only_the_copies(conn)


def cover(conn: Connection, table: Table, is_empty: bool) -> None:
    """The same where copies may stand in front already."""
    schema = "sqlite_temp_master" if conn.dialect.name == "sqlite" else "pg_class"
    column = "name" if conn.dialect.name == "sqlite" else "relname"
    also = "" if conn.dialect.name == "sqlite" else " AND relpersistence = 't'"
    also += "" if conn.dialect.name == "sqlite" else " AND pg_table_is_visible(oid)"
    found = conn.exec_driver_sql(
        f"SELECT 1 FROM {schema} WHERE {column} = '{table.name}'{also}"
    ).first()
    if found is None:
        stand_in_front(conn, table, None if is_empty else home_of(conn))
    elif is_empty:
        conn.execute(delete(table))


def home_of(conn: Connection) -> str:
    """The schema of the stored tables."""
    if conn.dialect.name == "postgresql":
        return str(conn.scalar(select(func.current_schema())))
    return "main"


def only_the_copies(conn: Connection) -> None:
    """From here to the end of the transaction names mean the copies in front, and nothing else can
    be changed: PostgreSQL refuses any other write, and new tables (summary.prepare comes first)."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("DISCARD PLANS")
        conn.exec_driver_sql("SET TRANSACTION READ ONLY")


def stand_in_front(
    conn: Connection,
    table: Table,
    home: str | None,
    only: tuple[str, Collection[int]] | None = None,
) -> None:
    """Copy a table with its keys; without its references, which temporary tables cannot have. home:
    where its rows come from, None for none. only: (column, values) of the rows to be copied. What
    comes next is `only_the_copies`."""
    keys = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
    copy = Table(
        table.name,
        MetaData(),
        *(
            Column(c.name, c.type, primary_key=c.primary_key, autoincrement=False)
            for c in table.columns
        ),
        *(UniqueConstraint(*(column.name for column in key.columns)) for key in keys),
        prefixes=["TEMPORARY"],
    )
    conn.execute(CreateTable(copy))
    if home is None:
        return
    names = ", ".join(f'"{c.name}"' for c in table.columns)
    copied = f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM "{home}"."{table.name}"'
    if only is None:
        conn.exec_driver_sql(copied)
    else:
        column, values = only
        numbers = sorted(map(int, values))
        for start in range(0, len(numbers), _CHUNK):
            chosen = ", ".join(map(str, numbers[start : start + _CHUNK]))
            conn.exec_driver_sql(f'{copied} WHERE "{column}" IN ({chosen})')
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f'ANALYZE "{table.name}"')
