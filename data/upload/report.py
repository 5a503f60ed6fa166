"""The returned workbook: rejected rows as they came with the reasons, ready to go back in."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter

from data.settings import Settings
from data.upload.mapping import REASON_HEADER, ColumnMap
from data.upload.prepare import Prepared
from data.upload.schemas import PATCHES, Column
from data.vocabulary import UploadKind

_LIST_LIMIT = 255  # what a drop-down list of Excel can hold


def write_report(settings: Settings, prepared: Prepared) -> Path | None:
    """Write the rejected rows to outputs_dir; None where there are none.

    A sheet a table of the file: its columns in its order, then 退回原因; faulty cells marked;
    drop-down lists for closed vocabularies; every cell is text, so that nothing in it is a formula.
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
    for number in range(len(prepared.tables)):
        indices = [i for i in sorted(prepared.errors) if prepared.rows["_table"].iat[i] == number]
        if indices:
            _sheet(book, styles, prepared, number, indices)
    book.close()
    return path


def _sheet(
    book: Any, styles: dict[str, Any], prepared: Prepared, number: int, indices: list[int]
) -> None:
    table, mapped = prepared.tables[number], prepared.maps[number]
    headers = [h for h in table.columns.column_names if h != REASON_HEADER]
    centres = _centres(prepared, mapped)
    name = _sheet_name(table.name, number, book)
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    columns: dict[str, Column] = {a.header: a.column for a in mapped.assigned}
    for at, header in enumerate([*headers, *centres, REASON_HEADER]):
        sheet.write_string(0, at, header, styles["header"])
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


def _centres(prepared: Prepared, mapped: ColumnMap) -> dict[str, Any]:
    """header → degrees of every row: a sheet cannot carry shapes, but it can say where they lie."""
    geometry = prepared.geometry
    if geometry is None or prepared.request.kind is not UploadKind.PATCHES or mapped.of("lon"):
        return {}
    return {
        PATCHES.column("lon").header: geometry.lon,
        PATCHES.column("lat").header: geometry.lat,
    }


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
