"""Temporary copies that stand in front of stored tables: to see what would follow, without writing.

A table name without a schema finds the connection's temporary table first, on SQLite and on
PostgreSQL. So every query and the summary's own upkeep work on the copies as they do on the store,
and nobody else sees anything. The writer's lock is not taken: uploads go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Column, Connection, MetaData, Table, UniqueConstraint, func, select
from sqlalchemy.schema import CreateTable

from data.store.engine import Store
from data.store.models import Base


@contextmanager
def shadowed(store: Store, *models: type[Base], is_empty: bool = False) -> Iterator[Connection]:
    """A connection that sees one consistent state, in which these tables can be changed for
    nothing: all of it is forgotten at the end. Every other table is as stored and must not be
    written to. is_empty: the copies begin without rows.
    """
    with store.engine.connect() as conn:
        if store.dialect == "postgresql":
            # not READ ONLY, which forbids to create even temporary tables
            conn = conn.execution_options(isolation_level="REPEATABLE READ")
        transaction = conn.begin()
        try:
            home = "main"
            if store.dialect == "postgresql":
                home = str(conn.scalar(select(func.current_schema())))
            for model in models:
                table = Base.metadata.tables[model.__tablename__]
                _stand_in_front(conn, table, None if is_empty else home)
            if store.dialect == "postgresql":
                # statements prepared on this connection before still mean the stored tables
                conn.exec_driver_sql("DISCARD PLANS")
            yield conn
        finally:
            transaction.rollback()


def _stand_in_front(conn: Connection, table: Table, home: str | None) -> None:
    """Copy a table with its keys; without its references, which temporary tables cannot have. home:
    where its rows come from, None for none."""
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
    conn.exec_driver_sql(
        f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM "{home}"."{table.name}"'
    )
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f'ANALYZE "{table.name}"')
