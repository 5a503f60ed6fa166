"""Attribute columns of a layer as GDAL gives them become plain ones.

A text that is not UTF-8 comes through GDAL as it is: programs write GBK into a GeoPackage. Such a
cell is read as GB18030, and one that is neither costs its row, never the layer.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import UploadRefused

#: Row from 0 → sentence.
Faults = dict[int, str]


def tidied(table: pa.Table, layer: str, notes: list[str]) -> tuple[pa.Table, Faults]:
    """Plain types only; text stripped, empty text null. Raises UploadRefused for no column."""
    names, arrays = [], []
    faults: Faults = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
            kind = column.type
        if pa.types.is_large_string(kind) or pa.types.is_string(kind):
            column = _texts(column, name, layer, notes, faults)
            column = pc.utf8_trim_whitespace(column)
            column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        elif pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            notes.append(f"图层“{layer}”的列“{name}”不是文字、数字或日期，已忽略。")
            continue
        names.append(name)
        arrays.append(column)
    if not arrays:
        raise UploadRefused(f"图层“{layer}”没有任何属性列，无法知道图斑编号。")
    return pa.Table.from_arrays(arrays, names=names), faults


def _texts(
    column: pa.ChunkedArray, name: str, layer: str, notes: list[str], faults: Faults
) -> pa.ChunkedArray:
    raw = column.cast(pa.large_binary())
    try:
        return raw.cast(pa.large_string()).cast(pa.string())  # checks that all of it is UTF-8
    except pa.ArrowInvalid:
        pass
    cells: list[str | None] = []
    converted = 0
    for row, cell in enumerate(raw.to_pylist()):
        text = _decoded(cell) if cell is not None else None
        if text is None and cell is not None:
            faults[row] = (
                f"“{name}”里的文字既不是 UTF-8 也不是 GB18030，无法读取，"
                "请在原软件里改正后重新导出。"
            )
        converted += text is not None and not _is_utf8(cell)
        cells.append(text)
    if converted:
        notes.append(f"图层“{layer}”的列“{name}”有 {converted} 个单元格按 GB18030（GBK）读取。")
    return pa.chunked_array([pa.array(cells, pa.string())])


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decoded(cell: bytes) -> str | None:
    """UTF-8, else GB18030; None for neither, and for UTF-8 that was damaged: its Chinese is still
    there between the broken places, and would be other characters in GB18030."""
    try:
        return cell.decode("utf-8")
    except UnicodeDecodeError:
        torn = cell.decode("utf-8", "replace")
    chinese = sum("\u4e00" <= c <= "\u9fff" for c in torn)
    if chinese and chinese >= torn.count("\ufffd"):
        return None
    try:
        return cell.decode("gb18030")
    except UnicodeDecodeError:
        return None
