"""A sheet of text cells, from a workbook or a delimited file, becomes a RawTable."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import UploadRefused
from data.units import AreaUnit
from data.upload.readers import headers
from data.upload.readers.base import MAX_COLUMNS, MAX_ROWS, Merged, RawTable, SheetSays
from data.upload.readers.unit_lines import said_unit

#: A sum is named in one of so many columns.
_TITLED = 3
_BLANKS = " \t\r\n\u00a0\u3000\ufeff\u200b"


def table_of(
    name: str,
    columns: list[pa.Array],
    first_row: int,
    notes: list[str],
    merged: Sequence[Merged] = (),
    days_late: int = 0,
) -> RawTable | None:
    """columns: the whole sheet as text arrays of one length. first_row: number of its first row as
    the user counts. merged: rows and columns of these arrays. None where there is no header or
    nothing under it.
    """
    if not columns or not len(columns[0]):
        return None
    if len(columns) > MAX_COLUMNS:
        raise UploadRefused(
            f"“{name}”有 {len(columns)} 列，超过 {MAX_COLUMNS} 列的上限，"
            "请删除右侧空白列后重新上传。"
        )
    if len(columns[0]) > MAX_ROWS:
        raise UploadRefused(f"“{name}”超过 {MAX_ROWS:,} 行，请拆分后分次上传。")
    cells = [_clean(c) for c in columns]
    top = [c.slice(0, headers.SEARCHED_ROWS).to_pylist() for c in cells]
    rows = [list(row) for row in zip(*top, strict=True)]
    header = headers.find_header(rows)
    if header is None:
        return None
    if header.first > 0:
        notes.append(f"“{name}”：表头在第 {header.first + first_row} 行，其上的标题行已跳过。")
    says = SheetSays(column_units={name: unit.name for name, unit in header.units.items()})
    body = [c.slice(header.last + 1) for c in cells]
    says.days_late = days_late
    names: list[str] = []
    kept: list[pa.Array] = []
    for index, (column, title) in enumerate(zip(body, header.names, strict=False)):
        if title is None and column.null_count == len(column):
            continue
        names.append(title or f"列{column_letters(index)}")
        kept.append(column)
        for first, last, _ in (m for m in merged if m[2] == index and m[0] > header.last):
            says.merged.setdefault(names[-1], []).append((first + first_row, last + first_row))
    numbers = np.arange(len(body[0]), dtype=np.int64) + header.last + 1 + first_row
    filled = np.zeros(len(body[0]), dtype=bool)
    for column in kept:
        filled |= column.is_valid().to_numpy(zero_copy_only=False)
    sums, remarks = _totals(kept, filled, name, notes)
    filled &= ~sums
    _units(says, [[name], *rows[: header.first], *remarks], name, notes)
    if not filled.any():
        notes.append(f"“{name}”只有表头，没有数据行。")
    table = pa.Table.from_arrays(kept, names=names)
    return RawTable(name, table.filter(pa.array(filled)), numbers[filled], says=says)


def _units(
    says: SheetSays, lines: Sequence[Sequence[str | None]], name: str, notes: list[str]
) -> None:
    """The unit that titles and remarks name, for the area columns without one of their own."""
    said = said_unit(lines)
    if said is None:
        return
    if said.unit is None:
        says.unclear_unit = said.words
        return
    says.area_unit = said.unit.name
    if said.unit is AreaUnit.MU:
        return  # what is taken without a word, too
    notes.append(
        f"“{name}”：表格写明单位“{said.words}”，没有注明单位的面积列按{said.unit.label}读取。"
    )


def _clean(column: pa.Array) -> pa.Array:
    text = pc.utf8_trim(column, _BLANKS)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _totals(
    columns: list[pa.Array], filled: np.ndarray, name: str, notes: list[str]
) -> tuple[np.ndarray, list[headers.Row]]:
    """Which rows are sums (合计…), and in the last rows who signed: neither is data. The latter's
    cells beside."""
    marked = np.zeros(len(filled), dtype=bool)
    last = np.flatnonzero(filled)[-5:].tolist()
    words = pa.array(headers.TOTALS)
    likely = np.zeros(len(filled), dtype=bool)
    for column in columns[:_TITLED]:
        likely |= pc.is_in(column, value_set=words).to_numpy(zero_copy_only=False)
    sums = []
    remarks: list[headers.Row] = []
    for index in sorted({*np.flatnonzero(likely).tolist(), *last}):
        row = [c[index].as_py() for c in columns]
        if headers.is_total(row):
            marked[index] = True
            sums.append(index)
        elif index in last and headers.is_signature(row):
            marked[index] = True
            remarks.append(row)
            notes.append(f"“{name}”：表下的签署或说明“{_first(row)}”不是数据，已跳过。")
    if sums:
        notes.append(f"“{name}”：{len(sums)} 行合计或小计不是数据，已跳过。")
    return marked, remarks


def _first(row: list[str | None]) -> str:
    return next((c for c in row if c), "")[:20]


def column_letters(index: int) -> str:
    """0 → A, 26 → AA, as a spreadsheet names its columns."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


_QUOTED_TEXT = re.compile(r'^="(.*)"$')


def unquoted(cell: str) -> str:
    """`="0012"`, the way programs keep leading zeros in a .csv, is the text 0012."""
    match = _QUOTED_TEXT.match(cell)
    return match.group(1) if match else cell
