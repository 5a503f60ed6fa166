"""Cells merged downwards: what a reader sees as one value for several rows.

A merged 图斑编号, day or name holds for every row beside it and is filled down. An area cannot be
divided, so its rows come back; and parcels that share a number need numbers of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from data.upload.mapping import Assigned, map_columns, units_outside
from data.upload.readers import RawTable
from data.upload.schemas import CellType, Column

#: What cannot hold for several rows at once.
_NOT_SHARED = (CellType.AREA, CellType.NUMBER)
_PARCEL_NO, _PATCH_NO = _KEYS = ("parcel_no", "patch_no")

#: So many rows of a file must go on counting without a number to look like merged cells.
_LEAST_FOLLOWING = 2

#: Place of a row in its table, field, sentence.
Fault = tuple[int, str, str]


def filled_down(
    table: RawTable,
    columns: Sequence[Column],
    given: Mapping[str, Mapping[str, str | None]] | None,
) -> tuple[RawTable, list[str]]:
    """The table with merged values in all of their rows, and notes on them."""
    if not table.says.merged:
        return table, []
    mapped = map_columns(table.columns.column_names, columns, given, units_outside(table))
    filled, notes = table.columns, []
    for assigned in mapped.assigned:
        ranges = table.says.merged.get(assigned.header, [])
        if not ranges or not _is_shared(assigned):
            continue
        cells = filled.column(assigned.header).to_pylist()
        count = 0
        for first, last in ranges:
            rows = _rows(table, first, last)
            if rows and table.row_numbers[rows[0]] == first:
                empty = [i for i in rows[1:] if cells[i] is None]
                for i in empty:
                    cells[i] = cells[rows[0]]
                count += len(empty)
        if count:
            at = filled.column_names.index(assigned.header)
            filled = filled.set_column(at, assigned.header, pa.array(cells, pa.string()))
            first, last = ranges[0]
            notes.append(
                f"“{table.name}”：“{assigned.header}”有合并单元格（如第{first}–{last}行），"
                f"已按合并范围填入 {count} 个单元格。"
            )
    return replace(table, columns=filled), notes


def faults_of(
    table: RawTable,
    assigned: Sequence[Assigned],
    frame: pd.DataFrame,
    one_row_a_parcel: bool,
    is_split: bool,
) -> list[Fault]:
    """Rows that come back because their cells are merged. frame: the parsed columns by field.
    one_row_a_parcel: rows are told apart by patch and parcel only. is_split: the rows of a patch
    are all of its parcels."""
    values = {name: frame[name].to_numpy(dtype=object) for name in _KEYS if name in frame}
    faults: list[Fault] = []
    for one in assigned:
        if one.column.type is not CellType.AREA:
            continue
        for first, last in table.says.merged.get(one.header, []):
            sentence = (
                f"“{one.header}”第{first}–{last}行是合并单元格，不能判断各行各是多少。"
                "请取消合并，逐行填写后重新上传。"
            )
            rows = _rows(table, first, last)
            faults += [(i, one.column.field, sentence) for i in rows if len(rows) > 1]
    if one_row_a_parcel and _PATCH_NO in values:
        faults += _unnumbered(table, assigned, values)
        faults += _as_if_merged(table, values) if is_split else []
    return faults


def _is_shared(assigned: Assigned) -> bool:
    return assigned.column.type not in _NOT_SHARED and assigned.column.field != _PARCEL_NO


def _rows(table: RawTable, first: int, last: int) -> list[int]:
    """Places of the rows with these numbers."""
    inside = (table.row_numbers >= first) & (table.row_numbers <= last)
    return np.flatnonzero(inside).tolist()


def _unnumbered(
    table: RawTable, assigned: Sequence[Assigned], values: Mapping[str, Any]
) -> list[Fault]:
    """Several parcels under one merged number without 地块序号: all would be parcel 1."""
    parcels = values.get(_PARCEL_NO)
    faults: list[Fault] = []
    for one in assigned:
        ranges = table.says.merged.get(one.header, []) if one.column.field == _PATCH_NO else []
        for first, last in ranges:
            rows = _rows(table, first, last)
            bare = [i for i in rows if parcels is None or parcels[i] is None]
            if len(rows) > 1 and len(bare) > 1:
                sentence = (
                    f"图斑编号第{first}–{last}行是合并单元格，这几行没有地块序号，无法区分地块。"
                    "请逐行填写地块序号（1、2、3…）后重新上传。"
                )
                faults += [(i, _PARCEL_NO, sentence) for i in rows]
    return faults


def _as_if_merged(table: RawTable, values: Mapping[str, Any]) -> list[Fault]:
    """Rows without 图斑编号 that go on counting the parcels of the row above, as a file saved from
    merged cells has them; a single one is a slip of the pen. None of the patch's rows is taken: its
    split would not be whole."""
    parcels = values.get(_PARCEL_NO)
    if parcels is None:
        return []
    numbers, rows = values[_PATCH_NO], table.row_numbers
    groups: list[list[int]] = []
    for i in range(1, len(rows)):
        follows = rows[i] == rows[i - 1] + 1 and isinstance(parcels[i], int) and parcels[i] > 1
        if numbers[i] is None and follows and parcels[i] - 1 == (parcels[i - 1] or 1):
            if groups and groups[-1][-1] == i - 1:
                groups[-1].append(i)
            elif numbers[i - 1] is not None:
                groups.append([i - 1, i])
    if sum(len(group) - 1 for group in groups) < _LEAST_FOLLOWING:
        return []
    faults: list[Fault] = []
    for group in groups:
        patch = numbers[group[0]]
        sentence = (
            f"图斑编号只写在第{rows[group[0]]}行，第{rows[group[1]]}–{rows[group[-1]]}行是空的，"
            "像是由合并单元格另存而来。为免拆分不全，这个图斑的各行都没有导入；"
            "请每行都填写图斑编号后重新上传。"
        )
        same = [i for i in range(len(rows)) if numbers[i] == patch]
        faults += [(i, _PATCH_NO, sentence) for i in sorted({*same, *group})]
    return faults
