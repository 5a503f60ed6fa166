"""Cells of an .xlsx that its fast reader rounds: numbers with more than nine decimals, and the last
two minutes of a day.

Numbers and days are loaded once more as such, only for sheets that hold what is rounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_DECIMALS = 9
_EXACT = 1e15
#: A value with more decimals than are kept, or with a negative exponent.
_LONG = re.compile(rb"v>-?[0-9]*(?:\.[0-9]{10}|[0-9.]{0,20}[eE]-)")
_LATE = r"^\d{4}-\d\d-\d\d 23:5[89]:\d\d(\.\d+)?$"

#: What a sheet's columns are as numbers ("float") or days ("datetime"); null for anything else.
Load = Callable[[str], list[pa.Array]]


def may_be_rounded(text: bytes) -> bool:
    """A quick look at a piece of a sheet: whether it holds numbers that lose digits."""
    return _LONG.search(text) is not None


def with_every_digit(columns: list[pa.Array], load: Load) -> list[pa.Array]:
    """columns: of a sheet as text. Numbers that lost digits come back with all of them."""
    exact = list(columns)
    for index, (texts, numbers) in enumerate(zip(columns, load("float"), strict=True)):
        values = numbers.cast(pa.float64()).to_numpy(zero_copy_only=False)
        with np.errstate(invalid="ignore"):
            cut = np.isfinite(values) & (np.abs(values) < _EXACT)
            cut &= np.round(values, _DECIMALS) != values
        if not cut.any():
            continue
        cells = texts.to_pylist()
        for row in np.flatnonzero(cut).tolist():
            if _differs(cells[row], float(values[row])):
                cells[row] = format(Decimal(repr(float(values[row]))), "f")
        exact[index] = pa.array(cells, pa.string())
    return exact


def _differs(text: str | None, value: float) -> bool:
    """Not so for a text cell that is the number: it is as it was written."""
    try:
        return text is not None and float(text) != value
    except ValueError:
        return False


def with_next_day(columns: list[pa.Array], load: Load) -> list[pa.Array]:
    """Days with a time in their last two minutes become the next day: a serial is a rounding."""
    if not any(pc.any(pc.match_substring(column, " 23:5")).as_py() for column in columns):
        return columns
    late = [pc.match_substring_regex(column, _LATE) for column in columns]
    days = load("datetime")
    moved = list(columns)
    for index, (column, hit) in enumerate(zip(columns, late, strict=True)):
        is_day = pc.and_(hit, pc.is_valid(days[index]))
        if pc.any(is_day).as_py():
            cells = column.to_pylist()
            for row in np.flatnonzero(pc.fill_null(is_day, False).to_numpy(zero_copy_only=False)):
                cells[row] = next_day(cells[row][:10])
            moved[index] = pa.array(cells, pa.string())
    return moved


def next_day(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
