"""Workbooks: .xlsx by fastexcel (all cells as text, 100,000 rows a second), .xls by calamine.

Cells come as text with every digit: whole numbers without ".0", dates in ISO form, formulas as
their last computed value, TRUE/FALSE as 是/否. Both libraries are one Rust core that lays a sheet
out as a full rectangle: two cells at opposite corners would ask for terabytes and abort the
process, so the corners are looked up first (and the sandbox stands behind that).
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastexcel
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import python_calamine

from data.errors import UploadRefused
from data.upload import archive
from data.upload.readers import biff, cell_marks, exact_cells
from data.upload.readers.base import (
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_TABLES,
    SLIP_MARK,
    SLIP_SHEET,
    Merged,
    RawTable,
    ReadOptions,
)
from data.upload.readers.sheet import table_of

_MAX_CELLS = 40_000_000
_BROKEN = "Excel 文件已损坏或有密码，请用 Excel 或 WPS 打开、去掉密码并另存为 .xlsx 后上传。"
_FAR_COLUMN = re.compile(rb' r="([A-Z]{2,3})[0-9]{1,7}"')
_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?\br="([0-9]{1,9})"')
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_MERGED = re.compile(
    rb'mergeCell ref="\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?[A-Z]{1,3}\$?([0-9]{1,7})"'
)
_FROM_1904 = re.compile(rb'date1904\s*=\s*["\'](?:1|true)["\']')
#: Days between the two calendars of workbooks.
_DAYS_1904 = 1462
_MIDNIGHT = " 00:00:00"
#: From here on a time is a rounding of the next day.
_LATE = dt.time(23, 58)
_EXACT = 1e15
_VISIBLE = python_calamine.SheetVisibleEnum.Visible


@dataclass(slots=True)
class _Sheet:
    """cells: its columns as text, from the sheet's first row on. merged: in places of `cells`."""

    cells: list[pa.Array]
    is_hidden: bool = False
    merged: list[Merged] = field(default_factory=list)
    days_late: int = 0


@dataclass(slots=True)
class _Looks:
    """What a first look through the XML tells. merged: name of the part → rows and columns."""

    may_hold_marks: bool = False
    may_be_rounded: bool = False
    from_1904: bool = False
    merged: dict[str, set[Merged]] = field(default_factory=dict)


def read_xlsx(path: Path, options: ReadOptions, notes: list[str]) -> list[RawTable]:
    """The sheets that hold a table. Raises UploadRefused."""
    archive.check_workbook(path, archive.ArchiveLimits())
    looks = _looked_through(path)
    sheets: dict[str, _Sheet] = {}
    try:
        reader = fastexcel.read_excel(path.read_bytes())
        for name in _wanted(reader.sheet_names, options, notes):
            sheet = _fast_columns(reader, name, looks)
            sheet.is_hidden &= name != options.layer
            sheet.days_late = _DAYS_1904 * looks.from_1904
            sheets[name] = sheet
        for name, sheet in sheets.items():
            if sheet.cells and looks.may_hold_marks:
                sheet.cells = cell_marks.with_marks(path, name, sheet.cells)
            if sheet.cells and looks.merged:
                sheet.merged = _merged_of(path, name, looks)
    except (fastexcel.FastExcelError, python_calamine.CalamineError) as error:
        raise UploadRefused(_BROKEN) from error
    return _tables(sheets, notes)


def _merged_of(path: Path, name: str, looks: _Looks) -> list[Merged]:
    found = looks.merged.get(cell_marks.part_of(path, name) or "")
    if not found:
        return []
    first = cell_marks.first_column(path, name)
    return [(top, bottom, column - first) for top, bottom, column in sorted(found)]


def read_xls(path: Path, options: ReadOptions, notes: list[str]) -> list[RawTable]:
    """The sheets of an old binary workbook that hold a table. Raises UploadRefused."""
    raw = path.read_bytes()
    sheets: dict[str, _Sheet] = {}
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
        names = _wanted(book.sheet_names, options, notes)
        visible = {m.name for m in book.sheets_metadata if m.visible == _VISIBLE}
        said = biff.marks_of(raw)
        marks = dict(zip(book.sheet_names, said.sheets, strict=False))
        for name in names:
            sheet = book.get_sheet_by_name(name)
            _check_size(name, sheet.total_height, sheet.total_width)
            cells = _text_columns(sheet.to_python(skip_empty_area=False))
            own = marks.get(name, biff.SheetMarks())
            sheets[name] = _Sheet(
                cell_marks.marked(cells, own.marks) if own.marks else cells,
                name not in visible and name != options.layer,
                own.merged,
                _DAYS_1904 * said.from_1904,
            )
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise UploadRefused(_BROKEN) from error
    return _tables(sheets, notes)


def _tables(sheets: dict[str, _Sheet], notes: list[str]) -> list[RawTable]:
    """Of the sheets that can be seen; of hidden ones only where no other holds rows. What a
    returned workbook carries of itself comes as a table of its own, the last."""
    slip = _slip(sheets.pop(SLIP_SHEET, _Sheet([])).cells)
    hidden = {name: sheet for name, sheet in sheets.items() if sheet.is_hidden}
    seen = {name: sheet for name, sheet in sheets.items() if not sheet.is_hidden}
    tables = _tables_of(seen, notes)
    if tables and hidden:
        names = "、".join(f"“{name}”" for name, sheet in hidden.items() if sheet.cells)
        if names:
            notes.append(f"隐藏的工作表{names}没有导入；需要导入时请取消隐藏后重新上传。")
    elif hidden:
        tables = _tables_of(hidden, notes)
    if not tables:
        raise UploadRefused("工作簿中没有数据行。请检查：第一行应为列名，其下至少有一行数据。")
    return [*tables, *slip]


def _slip(cells: list[pa.Array]) -> list[RawTable]:
    texts = cells[0].drop_null() if cells else []
    if len(texts) < 2 or texts[0].as_py() != SLIP_MARK:
        return []
    pieces = pa.table({SLIP_MARK: texts[1:]})
    return [RawTable(SLIP_SHEET, pieces, np.zeros(len(texts) - 1, dtype=np.int64))]


def _tables_of(sheets: dict[str, _Sheet], notes: list[str]) -> list[RawTable]:
    tables = []
    for name, sheet in sheets.items():
        table = table_of(name, sheet.cells, 1, notes, sheet.merged, sheet.days_late)
        if table is not None and len(table.row_numbers):
            tables.append(table)
        elif sheet.cells and table is None:
            notes.append(f"工作表“{name}”没有表头，已跳过。")
    return tables


def _wanted(names: list[str], options: ReadOptions, notes: list[str]) -> list[str]:
    if options.layer is not None:
        if options.layer not in names:
            raise UploadRefused(
                f"没有名为“{options.layer}”的工作表。文件中有：{'、'.join(names[:20])}。"
            )
        return [options.layer]
    if len(names) > MAX_TABLES:
        raise UploadRefused(f"工作簿有 {len(names)} 张表，请只保留需要上传的表。")
    return names


def _fast_columns(reader: fastexcel.ExcelReader, name: str, looks: _Looks) -> _Sheet:
    def load(kind: Any) -> list[pa.Array]:
        again = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes=kind)
        return list(again.to_arrow().columns)

    sheet = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    _check_size(name, sheet.total_height, sheet.width)
    cells = [_tidied(column.cast(pa.string())) for column in sheet.to_arrow().columns]
    if looks.may_be_rounded:
        cells = exact_cells.with_every_digit(cells, load)
    cells = exact_cells.with_next_day(cells, load)
    return _Sheet(cells, sheet.visible != "visible")


def _tidied(column: pa.Array) -> pa.Array:
    """Dates without their empty time of day, booleans in Chinese."""
    if pc.any(pc.ends_with(column, _MIDNIGHT)).as_py():
        column = pc.replace_substring_regex(column, r"^(\d{4}-\d\d-\d\d) 00:00:00$", r"\1")
    for literal, word in (("true", "是"), ("false", "否")):
        hit = pc.equal(column, literal)
        if pc.any(hit).as_py():
            column = pc.if_else(hit, word, column)
    return column


def _text_columns(rows: Sequence[Sequence[object]]) -> list[pa.Array]:
    return [
        pa.array([_cell_text(v) for v in column], pa.string()) for column in zip(*rows, strict=True)
    ]


def _cell_text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        if abs(value) >= _EXACT:  # a spreadsheet keeps fifteen digits: the others are lost
            return repr(value) if "e" in repr(value) else f"{value:e}"
        if value.is_integer():
            return str(int(value))
        return format(Decimal(repr(value)), "f")
    if isinstance(value, dt.datetime):
        if value.time() >= _LATE:
            return exact_cells.next_day(value.date().isoformat())
        text = value.isoformat(sep=" ")
        return text.removesuffix(_MIDNIGHT)
    return str(value)


def _check_size(name: str, height: int, width: int) -> None:
    if height > MAX_ROWS or width > MAX_COLUMNS or height * width > _MAX_CELLS:
        raise UploadRefused(
            f"工作表“{name}”的范围达到 {height:,} 行 × {width:,} 列，"
            "请删除数据以外的空白行列（右下角有误填或带格式的单元格）后重新上传。"
        )


def _looked_through(path: Path) -> _Looks:
    """Looks through the sheets' XML once, inflating in pieces: it is never held whole. Raises
    UploadRefused for a document type and far corners.
    """
    looks = _Looks()
    with zipfile.ZipFile(path) as book:
        for info in book.infolist():
            is_xml = info.filename.lower().endswith((".xml", ".rels", ".vml"))
            if not is_xml:
                continue
            is_sheet = _SHEET_PART.fullmatch(info.filename) is not None
            try:
                height, width = _corner(book, info, is_sheet, looks)
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
                raise UploadRefused(_BROKEN) from error
            except (NotImplementedError, RuntimeError) as error:
                raise UploadRefused(_BROKEN) from error
            _check_size(Path(info.filename).stem, height, width)
    return looks


def _corner(
    book: zipfile.ZipFile, info: zipfile.ZipInfo, is_sheet: bool, looks: _Looks
) -> tuple[int, int]:
    """Number of the last row and column with a cell; notes what else is to be looked at. Raises
    for a document type declaration."""
    height = width = 0
    tail = b""
    merged: set[Merged] = set()
    with book.open(info) as part:
        while chunk := part.read(4 * archive.MB):
            text = tail + chunk
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise UploadRefused("Excel 文件内有不允许的外部声明（DTD），未读取。请重新导出。")
            if is_sheet:
                looks.may_hold_marks |= cell_marks.may_hold_marks(text)
                looks.may_be_rounded = looks.may_be_rounded or exact_cells.may_be_rounded(text)
                merged |= set(map(_place_of, _MERGED.findall(text)))
                columns = set(_FAR_COLUMN.findall(text))
                width = max((_column_number(c) for c in columns), default=width)
                rows = _ROW.findall(text)
                height = max(height, max(map(int, rows), default=0))
            elif info.filename.lower() == "xl/workbook.xml":
                looks.from_1904 |= _FROM_1904.search(text) is not None
            tail = text[-64:]
    downwards = {m for m in merged if m[0] < m[1]}
    if downwards:
        looks.merged[info.filename] = downwards
    return height, max(width, 1)


def _place_of(found: tuple[bytes, bytes, bytes]) -> Merged:
    column, top, bottom = found
    return int(top) - 1, int(bottom) - 1, _column_number(column) - 1


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
