"""What hangs on a unit: which tables name one, counted from the model and not from a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Column, Connection, Table, and_, func, or_, select

from data.store.models import Base, DaySummary, District, History, Patch, Town

#: Columns that hold the code of a unit.
_NAMING = ("district_code", "county_code", "transferred_from")
#: Places themselves, and what is computed from the rest.
_ASIDE = {District.__tablename__, Town.__tablename__, DaySummary.__tablename__}


def naming_columns() -> Iterator[tuple[Table, list[Column[Any]]]]:
    """Tables whose rows name a unit, with the columns that do."""
    for table in Base.metadata.sorted_tables:
        columns = [table.c[name] for name in _NAMING if name in table.c]
        if columns and table.name not in _ASIDE:
            yield table, columns


def hanging_on(conn: Connection, codes: Sequence[str]) -> dict[str, dict[str, int]]:
    """code → table → how many rows name the unit; towns among them. Only what there is."""
    found: dict[str, dict[str, int]] = {code: {} for code in codes}
    town: Table = Town.__table__  # type: ignore[assignment]
    for table, columns in [(town, [town.c.district_code]), *naming_columns()]:
        named = select(*columns, func.count().label("rows")).group_by(*columns)
        named = named.where(or_(*(column.in_(codes) for column in columns)))
        for *units, rows in conn.execute(named):
            for code in {*units} & found.keys():
                found[code][table.name] = found[code].get(table.name, 0) + rows
    return found


def batches_naming(conn: Connection, codes: Sequence[str], after: int) -> set[int]:
    """Batches later than `after` whose rows name one of the units. Patches that a boundary or a
    town placed there are not counted: their place can be found again."""
    if not codes:
        return set()
    batches: set[int] = set()
    for table, columns in naming_columns():
        if "batch_id" not in table.c:
            continue
        named = or_(*(column.in_(codes) for column in columns))
        if table.name == Patch.__tablename__:
            given = table.c.place_source == "explicit"
            named = and_(named, or_(given, table.c.transferred_from.in_(codes)))
        batches.update(conn.scalars(select(table.c.batch_id).where(named).distinct()))
    town = Town.__tablename__
    told = select(History.batch_id, History.after).where(
        History.entity == town, History.op == "insert", History.batch_id > after
    )
    batches.update(b for b, text in conn.execute(told) if _district(text) in codes)
    return {batch for batch in batches if batch > after}


def _district(text: str | None) -> Any:
    return orjson.loads(text or "{}").get("district_code")
