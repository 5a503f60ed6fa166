"""The returned workbook: rejected rows as they came with the reasons, ready to go back in."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter

from data.settings import Settings
from data.units import AreaUnit
from data.upload.mapping import REASON_HEADER, ColumnMap, is_own, map_columns, unit_of_header
from data.upload.office_tables import WORKED_OUT
from data.upload.prepare import Prepared
from data.upload.readers import RawTable
from data.upload.readers.base import SLIP_SHEET
from data.upload.schemas import PATCHES, CellType, Column
from data.upload.slip import Given, Slip, slip_cells
from data.vocabulary import PatchType, UploadKind

_LIST_LIMIT = 255  # what a drop-down list of Excel can hold


def write_report(settings: Settings, prepared: Prepared) -> Path | None:
    """Write the rejected rows to outputs_dir; None where there are none.

    A sheet a table of the file: its columns in its order, then 【退回说明】; faulty cells marked;
    drop-down lists for closed vocabularies; every cell is text, so that nothing in it is a formula.
    A sheet that nobody sees holds the slip, with which the workbook is read as its file was.
    """
    if not prepared.errors:
        return None
    folder = settings.outputs_dir / "returned"
    folder.mkdir(parents=True, exist_ok=True)
    stem = Path(prepared.request.file_name).stem[:60]
    path = folder / f"{stem}_退回_{uuid.uuid4().hex[:8]}.xlsx"
    book = xlsxwriter.Workbook(
        str(path),
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    styles = {
        "header": book.add_format({"bold": True, "bg_color": "#E4E7EC", "border": 1}),
        "bad": book.add_format({"bg_color": "#FBE3E0"}),
        "reason": book.add_format({"font_color": "#C0392B", "text_wrap": True}),
    }
    mapping: Given = {}
    for number in range(len(prepared.tables)):
        indices = [i for i in sorted(prepared.errors) if prepared.rows["_table"].iat[i] == number]
        if indices:
            mapping |= _sheet(book, styles, prepared, number, indices)
    hidden = book.add_worksheet(SLIP_SHEET)
    hidden.very_hidden()
    for at, text in enumerate(slip_cells(_slip(prepared, mapping))):
        hidden.write_string(at, 0, text)
    book.close()
    return path


def _slip(prepared: Prepared, mapping: Given) -> Slip:
    request = prepared.request
    given = dict(request.set_columns)
    has_type = any(m.of("patch_type") for m in prepared.maps)
    if request.kind is UploadKind.PATCHES and not has_type and "patch_type" in prepared.rows:
        known = set(prepared.rows["patch_type"].iloc[sorted(prepared.errors)])
        if len(known) == 1 and known != {None}:  # from the layer's name
            given.setdefault(PATCHES.column("patch_type").header, PatchType(known.pop()).label)
    return Slip(
        request.kind,
        request.file_name,
        request.year,
        request.layer,
        # degrees of our own say what they are
        None if any(t.geometry is not None for t in prepared.tables) else prepared.centre_crs,
        given,
        mapping,
        request.keep.name if request.keep else request.profile,
        _splits(prepared) if request.kind is UploadKind.FINDINGS else {},
    )


def _splits(prepared: Prepared) -> dict[str, list[int]]:
    """`year/图斑编号` → the parcels that the whole file had, of patches with a rejected row."""
    rows = prepared.rows
    if not {"year", "patch_no", "parcel_no"} <= set(rows):
        return {}
    names = [
        f"{year}/{number}" for year, number in zip(rows["year"], rows["patch_no"], strict=True)
    ]
    back = {names[i] for i in prepared.errors}
    found = {name: list(prepared.splits.get(name, [])) for name in names if name in back}
    for name, number in zip(names, rows["parcel_no"], strict=True):
        if name in back and isinstance(number, int | np.integer) and int(number) not in found[name]:
            found[name].append(int(number))
    return found


def _sheet(
    book: Any, styles: dict[str, Any], prepared: Prepared, number: int, indices: list[int]
) -> Given:
    """Write the rows of a table; returns what each of its columns was taken for."""
    table, mapped = prepared.tables[number], prepared.maps[number]
    headers = [
        h for h in table.columns.column_names if not is_own(h) and not h.endswith(WORKED_OUT)
    ]
    centres = _centres(prepared, table, mapped)
    name = _sheet_name(table.name, number, book)
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    columns: dict[str, Column] = {a.header: a.column for a in mapped.assigned}
    titles = _titles(prepared, headers, mapped)
    for at, header in enumerate([*headers, *centres, REASON_HEADER]):
        sheet.write_string(0, at, titles.get(header, header), styles["header"])
        sheet.set_column(at, at, 40 if header == REASON_HEADER else min(40, 6 + 2 * len(header)))
        terms = list(columns[header].terms) if header in columns else []
        if terms and len(",".join(terms)) <= _LIST_LIMIT:
            sheet.data_validation(
                1, at, len(indices), at, {"validate": "list", "source": terms, "ignore_blank": True}
            )
    cells = {h: table.columns.column(h) for h in headers}
    for line, index in enumerate(indices, start=1):
        row = int(prepared.rows["_at"].iat[index])
        issues = prepared.errors[index]
        faulty = {issue.column for issue in issues}
        for at, header in enumerate(headers):
            text = _text(cells[header][row].as_py())
            style = styles["bad"] if header in faulty else None
            if text or style:
                sheet.write_string(line, at, text, style)
        for at, degrees in enumerate(centres.values(), start=len(headers)):
            if np.isfinite(degrees[index]):
                sheet.write_string(line, at, f"{degrees[index]:.8f}")
        reasons = "\n".join(issue.message for issue in issues)
        sheet.write_string(line, len(headers) + len(centres), reasons, styles["reason"])
    return _mapping(prepared, headers, titles, mapped, replaced=set(_POINT) if centres else set())


def _titles(prepared: Prepared, headers: list[str], mapped: ColumnMap) -> dict[str, str]:
    """header → as written in the workbook: with its unit, where the header itself says none but the
    file said one elsewhere, or a person did. The rows may be copied out without the slip."""
    columns, asked = prepared.columns, prepared.request.mapping or {}
    titles = {header: header for header in headers}
    for assigned in mapped.assigned:
        header = assigned.header
        is_area = assigned.column.type is CellType.AREA
        if is_area and assigned.unit is not AreaUnit.MU and unit_of_header(header) is None:
            longer = f"{header}（{assigned.unit.label}）"
            by_name = map_columns([longer], columns).of(assigned.column.field)
            if header in titles and longer not in titles and (by_name or header in asked):
                titles[header] = longer
    return titles


def _mapping(
    prepared: Prepared,
    headers: list[str],
    titles: dict[str, str],
    mapped: ColumnMap,
    replaced: set[str],
) -> Given:
    """title → field and unit, as they were read. Columns that nobody knew are left to the next
    reading. replaced: fields that columns of our own hold now."""
    taken = {a.header: a for a in mapped.assigned}
    asked = prepared.request.mapping or {}
    found: Given = {}
    for header in headers:
        assigned = taken.get(header)
        if assigned is not None and assigned.column.field not in replaced:
            is_area = assigned.column.type is CellType.AREA
            unit = assigned.unit.name if is_area else None
            found[titles[header]] = {"field": assigned.column.field, "unit": unit}
        elif assigned is not None or header in asked:
            found[titles[header]] = {"field": None, "unit": None}
    return found


_POINT = ("lon", "lat")


def _centres(prepared: Prepared, table: RawTable, mapped: ColumnMap) -> dict[str, Any]:
    """header → degrees of every row: a sheet cannot carry shapes, but it can say where they lie."""
    geometry = prepared.geometry
    if geometry is None or prepared.request.kind is not UploadKind.PATCHES:
        return {}
    headers = {PATCHES.column(name).header: name for name in _POINT}
    if table.geometry is None and mapped.of("lon"):
        return {}
    if headers.keys() & set(table.columns.column_names):
        return {}
    return {header: getattr(geometry, name) for header, name in headers.items()}


def _sheet_name(name: str, number: int, book: Any) -> str:
    plain = "".join(c for c in name if c not in "[]:*?/\\'")[:25].strip() or f"表{number + 1}"
    taken = {sheet.get_name().lower() for sheet in book.worksheets()}
    return plain if plain.lower() not in taken else f"{plain}_{number + 1}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, bytes):
        return ""
    return str(value)[:32_000]
