"""Changes of rows in a reader's words: of a preview, and of a batch in the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callbacks.frame.changed_fields import field_title, value_text
from data.units import format_mu
from data.upload.schemas import SCHEMAS
from data.vocabulary import UploadKind

_OPERATIONS = {"insert": "新增", "update": "变更", "delete": "删除"}
#: A new row is told by its first fields.
_TOLD = 5
_COLUMNS = {
    str(s.table.__tablename__): s.columns  # type: ignore[attr-defined]
    for s in SCHEMAS.values()
}
#: Years of dates are always written here: a batch may concern any year.
_NO_YEAR = 0


def previewed(document: Mapping[str, Any], names: Mapping[str, str]) -> list[list[str]]:
    """object, field, old, new. names: district code → name."""
    kind = document.get("kind")
    if kind is None or UploadKind(kind) not in SCHEMAS:
        return []
    entity = str(SCHEMAS[UploadKind(kind)].table.__tablename__)  # type: ignore[attr-defined]

    def text(row: Mapping[str, Any], which: str) -> str:
        return value_text(entity, row["field"] or "", row[which], _NO_YEAR, names)

    return [
        [row["key"], row["column"], text(row, "before"), text(row, "after")]
        for row in document["changed"]
    ]


_EXTREMES = {"max": "最大", "min": "最小"}


@dataclass(frozen=True, slots=True)
class StoredRows:
    """headers: title, and whether the column holds numbers. first: row of the file, new or changed,
    values. extremes: with what each is the extreme of before these."""

    headers: list[tuple[str, bool]]
    first: list[list[str]]
    extremes: list[list[str]]


def stored_rows(document: Mapping[str, Any], names: Mapping[str, str]) -> StoredRows | None:
    """The rows of a preview as they will be stored, in a reader's words."""
    rows = document.get("rows")
    if not rows or not rows["first"]:
        return None
    kind = UploadKind(document["kind"])
    entity = "reference_feature"
    if kind in SCHEMAS:
        entity = str(SCHEMAS[kind].table.__tablename__)  # type: ignore[attr-defined]
    titles = {f["field"]: f["header"] for f in rows["fields"]}
    towns: Mapping[str, str] = rows["towns"]

    def text(field: str, value: Any) -> str:
        if field.endswith("_mu"):
            return format_mu(value)
        if field == "town_code" and value is not None:
            return towns.get(value, str(value))
        return value_text(entity, field, value, _NO_YEAR, names)

    def told(row: Mapping[str, Any]) -> list[str]:
        number = str(row["row"]) if row["row"] is not None else "—"
        return [number, row["what"], *(text(f, row["values"].get(f)) for f in titles)]

    def why(row: Mapping[str, Any]) -> str:
        pairs = (one.split(":") for one in row["why"])
        return "、".join(f"{titles.get(field, field)}{_EXTREMES[word]}" for field, word in pairs)

    return StoredRows(
        [(f"{t}（亩）" if f.endswith("_mu") else t, f.endswith("_mu")) for f, t in titles.items()],
        [told(row) for row in rows["first"]],
        [[why(row), *told(row)] for row in rows["extremes"]],
    )


def recorded(changes: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[list[str]]:
    """object, operation, field, old, new. A changed row takes a line a field, a new or deleted one
    a single line."""
    rows: list[list[str]] = []
    for change in changes:
        entity, key = change["entity"], change["row_key"].replace("/", " ")
        operation = _OPERATIONS[change["op"]]
        if change["op"] != "update":
            told = _told(entity, change["after"] or change["before"], names)
            is_new = change["op"] == "insert"
            rows.append([key, operation, "整行", "—" if is_new else told, told if is_new else "—"])
            continue
        rows += [
            [
                key,
                operation,
                field_title(entity, name),
                value_text(entity, name, change["before"].get(name), _NO_YEAR, names),
                value_text(entity, name, value, _NO_YEAR, names),
            ]
            for name, value in change["after"].items()
        ]
    return rows


def _told(entity: str, row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """The first filled fields, in the files' order, without those of the key."""
    known = [
        (column.header, value_text(entity, column.field, row[column.field], _NO_YEAR, names))
        for column in _COLUMNS.get(entity, ())
        if not column.key and column.stored and row.get(column.field) not in (None, "", False)
    ]
    told = "，".join(f"{title} {text}" for title, text in known[:_TOLD])
    return told + ("…" if len(known) > _TOLD else "")
