"""A list that programs can ask for: its name, its question, its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.acting import acting
from data.errors import NotFound
from data.scope import Scope
from data.store.queries.stamp import districts
from data.tables.columns import Columns, Row
from data.vocabulary import PatchStatus

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is asked for. year: 0 where the list has none, or all are meant. district: code,
    known and within the scope. own_files: folder of what the bureau set for itself."""

    year: int
    as_of: date
    district: str | None = None
    status: PatchStatus | None = None
    own_files: Path | None = None

    @property
    def scope(self) -> Scope:
        return acting().scope


@dataclass(frozen=True, slots=True)
class Table:
    """title: Chinese. about: English. at: where its rows stand in the list's document; empty where
    they are the document."""

    title: str
    about: str
    columns: Columns
    at: tuple[str, ...] = ()

    def rows(self, document: Any) -> list[Row]:
        for name in self.at:
            document = document[name]
        return document if isinstance(document, list) else [document]


#: (connection, question, how many rows to pass over, how many to take) → rows.
Page = Callable[["Connection", Asked, int, int], list[Row]]


@dataclass(frozen=True, slots=True)
class Listing:
    """name: of the command and in the address. year: whether a question needs one, may have one,
    or has none. document: what `--json` prints. tables: by name; a list that is one table has one
    without a name. page: a part of the rows of that one, where it costs less than all of them."""

    name: str
    title: str
    about: str
    document: Callable[[Connection, Asked], Any]
    tables: Mapping[str, Table]
    year: bool | None = True
    has_status: bool = False
    page: Page | None = None
    sums_only: bool = field(default=False)

    @property
    def is_one_table(self) -> bool:
        return "" in self.tables


def district_of(conn: Connection, text: str | None) -> str | None:
    """The code of a district by its code or name. Raises NotFound for one that is not there, or not
    for who asks."""
    if text is None:
        return None
    units = [unit for unit in districts(conn) if acting().scope.allows(unit.code)]
    for unit in units:
        if text in (unit.code, unit.name, unit.short_name):
            return unit.code
    names = "、".join(f"{unit.code} {unit.short_name}" for unit in units)
    raise NotFound(f"没有区市“{text[:20]}”。现有：{names}。")


def one_table(title: str, about: str, columns: Columns) -> dict[str, Table]:
    return {"": Table(title, about, columns)}
