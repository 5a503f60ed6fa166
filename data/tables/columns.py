"""Columns of a table that programs read: by them rows become JSON, cells of a CSV, and a schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

import orjson

Kind = Literal["text", "count", "number", "day", "flag", "texts", "any", "parts"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """kind: any of them may be empty; texts: several; any: JSON of whatever form; parts: an object
    of columns of its own. of: what makes the value; None: the row's own of that name."""

    kind: Kind
    of: Callable[[Any], Any] | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)

    def by(self, of: Callable[[Any], Any]) -> Column:
        return replace(self, of=of)


Columns = Mapping[str, Column]

TEXT, COUNT, NUMBER = Column("text"), Column("count"), Column("number")
DAY, FLAG, TEXTS, ANY = Column("day"), Column("flag"), Column("texts"), Column("any")


def parts(columns: Columns) -> Column:
    return Column("parts", columns=columns)


def as_row(columns: Columns, found: Any) -> Row:
    """found: an object with attributes, or a mapping. A mapping may lack what it has nothing to say
    of; its row then lacks it, too."""
    is_mapping = isinstance(found, Mapping)
    return {
        name: _value(column, name, found)
        for name, column in columns.items()
        if column.of is not None or not is_mapping or name in found
    }


def as_rows(columns: Columns, found: Iterable[Any]) -> list[Row]:
    return [as_row(columns, one) for one in found]


def _value(column: Column, name: str, found: Any) -> Any:
    if column.of is not None:
        value = column.of(found)
    else:
        value = found[name] if isinstance(found, Mapping) else getattr(found, name)
    return as_row(column.columns, value) if column.kind == "parts" else value


def flat(columns: Columns, before: str = "") -> Iterator[tuple[str, Column]]:
    """Heads of a table without depth: `stages.final.patches`."""
    for name, column in columns.items():
        if column.kind == "parts":
            yield from flat(column.columns, f"{before}{name}.")
        else:
            yield before + name, column


def cells(columns: Columns, row: Row | None) -> Iterator[Any]:
    """The values under these heads."""
    for name, column in columns.items():
        value = None if row is None else row.get(name)
        if column.kind == "parts":
            yield from cells(column.columns, value)
        else:
            yield _cell(value)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return "、".join(value)
    if isinstance(value, list | tuple | dict):
        return as_json(value).decode()
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def as_json(document: Any) -> bytes:
    return orjson.dumps(document, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"not JSON: {type(value)}")
