"""Beside the table of columns: what unknown ones could be, and what the kind needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from data.store.models import Patch
from data.upload.mapping import ColumnMap
from data.upload.places import load_gazetteer
from data.upload.readers import RawTable
from data.upload.request import UploadRequest
from data.upload.schemas import SCHEMAS, CellType, Column
from data.upload.suggesting import Known, needs_of, suggest

Document = dict[str, Any]


def add_suggestions(
    conn: Connection,
    request: UploadRequest,
    tables: Sequence[RawTable],
    maps: Sequence[ColumnMap],
    columns: Sequence[Column],
    shown: Sequence[Document],
) -> list[Document]:
    """Put `suggestion` {field, title, is_area, reason, unit} beside columns that were taken for
    nothing; returns what the kind needs (suggesting.needs_of). shown: preview.columns_document."""
    known = _known(conn, request, maps)
    by_field = {c.field: c for c in columns}
    of_table = {
        table.name: suggest(table, mapped, columns, known)
        for table, mapped in zip(tables, maps, strict=True)
    }
    suggested: dict[str, str] = {}
    for column in shown:
        header = column["header"]
        found = of_table[column["table"]].get(header) if column["field"] is None else None
        if found is None:
            column["suggestion"] = None
            continue
        unit = found.unit.name if found.unit else None
        field = by_field.get(found.field or "")
        column["suggestion"] = {
            "field": found.field,
            "title": field.header if field else None,
            "is_area": field is not None and field.type is CellType.AREA,
            "reason": found.reason,
            # what the file says of itself goes before what the shapes say
            "unit": column["suggested_unit"] or unit,
        }
        if found.field:
            suggested.setdefault(found.field, header)
    headers = {a.column.field: a.header for mapped in maps for a in mapped.assigned}
    has_place = any(table.geometry is not None for table in tables)
    return needs_of(columns, headers, suggested, request.set_columns, has_place)


def _known(conn: Connection, request: UploadRequest, maps: Sequence[ColumnMap]) -> Known:
    gazetteer = load_gazetteer(conn)
    numbers: set[str] = set()
    schema = SCHEMAS.get(request.kind)
    if schema is not None and not any(mapped.of("patch_no") for mapped in maps):
        query = select(Patch.patch_no)
        if request.year is not None:
            query = query.where(Patch.year == request.year)
        numbers = set(conn.scalars(query))
    return Known(gazetteer.district, gazetteer.town, gazetteer.bounds(), numbers)
