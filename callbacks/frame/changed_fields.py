"""Changed fields of the history in words: their titles and values as pages name them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from data.periods import format_day
from data.units import format_mu
from data.upload.schemas import SCHEMAS, CellType, Column

#: What a changed row is called. The key of `history.entity` is the table's name.
_TABLES = {kind: str(vars(schema.table)["__tablename__"]) for kind, schema in SCHEMAS.items()}


ENTITIES = {table: kind.label for kind, table in _TABLES.items()}


_COLUMNS: dict[tuple[str, str], Column] = {
    (_TABLES[kind], column.field): column
    for kind, schema in SCHEMAS.items()
    for column in schema.columns
}


#: Columns that no file carries but that change with one.
_DERIVED = {
    "due_on": "应上报日期",
    "clearance_month": "月清月份",
    "reported_on": "上报日期",
    "ended": "已不在拆分中",
    "geom": "图形",
    "geom_area_mu": "图形面积",
}


def field_title(entity: str, field: str) -> str:
    """The header a column has in files; a column unknown to them keeps its name."""
    column = _COLUMNS.get((entity, field))
    return column.header if column else _DERIVED.get(field, field)


def value_text(entity: str, field: str, value: object, year: int, names: Mapping[str, str]) -> str:
    """A stored value as a reader knows it."""
    column = _COLUMNS.get((entity, field))
    if value is None or value == "":
        return "—"
    if field == "geom":
        return "有图形"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return format_day(value, year)
    if isinstance(value, str) and (
        field.endswith("_on") or (column and column.type is CellType.DATE)
    ):
        return format_day(date.fromisoformat(value[:10]), year)
    if field.endswith("_mu") and isinstance(value, int | float):
        return f"{format_mu(float(value))} 亩"
    if column and column.type is CellType.BOOLEAN:
        return "是" if value else "否"
    if column and column.vocabulary:
        return column.vocabulary.labels().get(str(value), str(value))
    if column and column.type is CellType.DISTRICT:
        return names.get(str(value), str(value))
    return str(value)
