"""What was returned, as a workbook for a district: its own findings of the returned patches with
the reasons beside them, to be mended and sent back as 核查结果. It carries the slip of a returned
workbook, so that kind and year need not be said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import xlsxwriter

from data.exports import count_rows
from data.upload.mapping import REASON_HEADER
from data.upload.readers.base import SLIP_SHEET
from data.upload.schemas import FINDINGS, Column
from data.upload.slip import Slip, slip_cells
from data.upload.templates import header_of
from data.vocabulary import UploadKind


@dataclass(frozen=True, slots=True)
class Returned:
    """said: level, day, codes and opinion of the returns, and by when. parcels: of the split, field
    → value; none where the district has not filled in any."""

    patch_no: str
    said: str
    parcels: Sequence[Mapping[str, Any]]


def write_feedback(name: str, year: int, returned: Sequence[Returned]) -> bytes:
    """One sheet, a row a parcel, every cell a text; the hidden sheet says what it is. name: of the
    file, which is quoted when it comes back."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    head = book.add_format({"bold": True, "bg_color": "#E4E7EC", "border": 1})
    why = book.add_format({"font_color": "#C0392B", "text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(FINDINGS.kind.label)
    sheet.freeze_panes(1, 2)
    columns = FINDINGS.offered
    for at, column in enumerate(columns):
        sheet.write_string(0, at, header_of(column), head)
        sheet.set_column(at, at, min(28, 6 + 2 * len(header_of(column))))
    sheet.write_string(0, len(columns), REASON_HEADER, head)
    sheet.set_column(len(columns), len(columns), 60)
    line = 0
    for patch in returned:
        for parcel in patch.parcels or ({},):
            line += 1
            row = {**parcel, "year": year, "patch_no": patch.patch_no}
            for at, column in enumerate(columns):
                if text := cell_text(column, row.get(column.field)):
                    sheet.write_string(line, at, text)
            sheet.write_string(line, len(columns), patch.said, why)
    for at, column in enumerate(columns):
        choices = list(column.terms)
        if line and choices and len(",".join(choices)) <= 255:
            rule = {"validate": "list", "source": choices, "ignore_blank": True}
            sheet.data_validation(1, at, line, at, rule)
    hidden = book.add_worksheet(SLIP_SHEET)
    hidden.very_hidden()
    for at, text in enumerate(slip_cells(Slip(UploadKind.FINDINGS, name, year))):
        hidden.write_string(at, 0, text)
    book.close()
    count_rows(line)
    return buffer.getvalue()


def cell_text(column: Column, value: Any) -> str:
    """A stored value as a file of the kind carries it."""
    if value is None:
        return ""
    labels = {stored: label for label, stored in column.terms.items()}
    if value in labels:
        return labels[value]
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)
