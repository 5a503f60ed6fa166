"""Tables as workbooks: what a page shows, with where and when it was taken stamped on."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

import xlsxwriter

from data.known import known

Format = Literal["text", "count", "number", "area", "rate", "date"]
_NUMBER_FORMATS = {
    "count": "#,##0",
    "number": "0.0###",
    "area": "#,##0.00",
    "rate": "0.0###%",
    "date": "yyyy-mm-dd",
}


#: Decimals of units.PARTS_PER_MU.
_PARTS = 9


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """header: with its unit. format: areas in 亩, rates as fractions, dates as days. choices: what
    can be filled in below the head."""

    header: str
    format: Format = "text"
    width: int = 14
    choices: tuple[str, ...] = ()


_rows: ContextVar[int | None] = ContextVar("rows", default=None)


@contextmanager
def counting_rows() -> Iterator[None]:
    """Within the block rows_told() counts from nothing."""
    token = _rows.set(None)
    try:
        yield
    finally:
        _rows.reset(token)


def count_rows(count: int) -> None:
    """So many rows more stand in what will be taken away."""
    _rows.set((_rows.get() or 0) + count)


def rows_told() -> int | None:
    """Rows below the heads of all tables; None where there was no table."""
    return _rows.get()


def table_to_xlsx(
    title: str,
    columns: Sequence[SheetColumn],
    rows: Iterable[Sequence[Any]],
    stamp: Mapping[str, str],
    total: Sequence[Any] | None = None,
    made_on: date | None = None,
) -> bytes:
    """A workbook of two sheets: the table, and 说明 with the stamp (filters, as-of date, data
    version, definition). Text is always text, so that no value becomes a formula; None is empty.
    total: the row under the table. made_on: as in tables_to_xlsx.
    """
    totals = None if total is None else {title: total}
    return tables_to_xlsx({title: (columns, rows)}, stamp, totals, made_on)


def sheet_title(text: str) -> str:
    """A name that a sheet can have."""
    return "".join("_" if mark in "[]:*?/\\" else mark for mark in text)[:31]


def tables_to_xlsx(
    tables: Mapping[str, tuple[Sequence[SheetColumn], Iterable[Sequence[Any]]]],
    stamp: Mapping[str, str],
    totals: Mapping[str, Sequence[Any]] | None = None,
    made_on: date | None = None,
) -> bytes:
    """The same with several tables, a sheet each, by title. totals: rows under them. made_on: what
    the file says of when it was made, so that it can be made again the same; None: now."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {
            "in_memory": False,
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
        },
    )
    if made_on is not None:
        book.set_properties({"created": datetime.combine(made_on, time())})
    head = book.add_format({"bold": True, "bg_color": "#E4E7EC", "bottom": 1})
    formats = {name: book.add_format({"num_format": f}) for name, f in _NUMBER_FORMATS.items()}
    below: dict[str, Any] = {
        name: book.add_format({"num_format": f, "bold": True, "top": 1})
        for name, f in _NUMBER_FORMATS.items()
    }
    below["text"] = book.add_format({"bold": True, "top": 1})
    for title, (columns, rows) in tables.items():
        sheet = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 1)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, max(column.width, 2 * len(column.header) + 2))
            sheet.write_string(0, at, column.header, head)
        line = 0
        for line, row in enumerate(rows, start=1):
            for at, (column, value) in enumerate(zip(columns, row, strict=True)):
                _write(sheet, line, at, value, column.format, formats)
        for at, column in enumerate(columns):
            if column.choices and line:
                rule = {"validate": "list", "source": list(column.choices)}
                sheet.data_validation(1, at, line, at, rule)
        count_rows(line)
        for at, (column, value) in enumerate(
            zip(columns, (totals or {}).get(title, ()), strict=False)
        ):
            _write(sheet, line + 1, at, value, column.format, below)
    about = book.add_worksheet("说明")
    about.set_column(0, 0, 14)
    about.set_column(1, 1, 80)
    asked = known()
    told = {**stamp, "当时所知": f"{asked.text}（北京时间）以前入库的"} if asked else stamp
    for line, (name, text) in enumerate(told.items()):
        about.write_string(line, 0, name, head)
        about.write_string(line, 1, text)
    book.close()
    return buffer.getvalue()


def _write(
    sheet: Any, line: int, at: int, value: Any, kind: Format, styles: Mapping[str, Any]
) -> None:
    style = styles.get(kind)
    if value is None:
        return
    if isinstance(value, float) and kind in ("area", "number"):
        value = round(value, _PARTS)  # areas are kept in these parts: the rest is the machine's
    if isinstance(value, bool):
        sheet.write_string(line, at, "是" if value else "否")
    elif isinstance(value, int | float):
        sheet.write_number(line, at, value, style)
    elif isinstance(value, date):
        sheet.write_datetime(line, at, value, style)
    else:
        sheet.write_string(line, at, str(value)[:32_000], style)
