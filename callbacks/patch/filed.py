"""What files said of a patch, every filled column of every row: nothing that was uploaded is
hidden because a table has no room for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from callbacks.frame.changed_fields import value_text
from data.upload.schemas import SCHEMAS, CellType, KindSchema
from data.vocabulary import UploadKind

#: Kind → where patch_detail has its rows; None for the patch itself.
SOURCES: dict[UploadKind, str | None] = {
    UploadKind.PATCHES: None,
    UploadKind.FINDINGS: "parcels",
    UploadKind.AUDITS: "decisions",
    UploadKind.CASES: "cases",
    UploadKind.TRANSFERS: "transfers",
    UploadKind.PROBLEMS: "problems",
    UploadKind.CHECKS: "checks",
    UploadKind.RECHECKS: "rechecks",
}

Fact = tuple[str, str]
Record = tuple[str, list[Fact]]


def filed_records(detail: Mapping[str, Any], names: Mapping[str, str]) -> list[Record]:
    """(what it is, header and text of each filled column), in the order of the kinds."""
    found: list[Record] = []
    for kind, key in SOURCES.items():
        schema = SCHEMAS[kind]
        rows: Sequence[Mapping[str, Any]] = [detail] if key is None else detail[key]
        for row in rows:
            if kind is UploadKind.FINDINGS and row["legality"] is None:
                continue  # a parcel of which only a decision speaks
            facts = _facts(schema, row, detail, names)
            if facts:  # what stands in the key alone is said by the tables
                found.append((f"{kind.label}{_which(schema, row, detail['year'], names)}", facts))
    return found


def _which(schema: KindSchema, row: Mapping[str, Any], year: int, names: Mapping[str, str]) -> str:
    """The parcel, level, day … that tells the row from its neighbours."""
    words = []
    for column in schema.keys:
        if column.field == "parcel_no":
            words.append(f"地块{row['parcel_no']}" if row["parcel_no"] else "整个图斑")
        elif column.field != "patch_no":
            words.append(value_text(_entity(schema), column.field, row[column.field], year, names))
    return " · ".join(["", *words])


def _facts(
    schema: KindSchema,
    row: Mapping[str, Any],
    detail: Mapping[str, Any],
    names: Mapping[str, str],
) -> list[Fact]:
    facts = []
    for column in schema.columns:
        if not column.stored or column.key or row[column.field] in (None, ""):
            continue
        value = row[column.field]
        if column.type is CellType.TOWN:
            value = detail["town_name"] or value
        text = value_text(_entity(schema), column.field, value, detail["year"], names)
        facts.append((column.header, text))
    return facts


def _entity(schema: KindSchema) -> str:
    return str(schema.table.__tablename__)  # type: ignore[attr-defined]
