"""Rows named by a query that finds few among many."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class _among(GenericFunction[bool]):
    """column, query"""

    type = Boolean()
    inherit_cache = True


@compiles(_among, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, query = element.clauses
    return f"{compiler.process(column, **kw)} IN {compiler.process(query, **kw)}"


@compiles(_among, "postgresql")
def _in_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    """An array has few elements for the planner, so that each is sought by the index; a subquery
    with HAVING or UNION it takes for large, and reads all patches beside it (docs/plans.md)."""
    column, query = element.clauses
    return f"{compiler.process(column, **kw)} = ANY (ARRAY{compiler.process(query, **kw)})"


def among(column: Any, query: Select[Any]) -> Any:
    """Whether a column is one of what a query finds, which is run once and by itself."""
    return _among(column, query.correlate(None).scalar_subquery())
