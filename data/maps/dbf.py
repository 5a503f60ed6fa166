"""The table of a Shapefile (.dbf of dBASE III) in GBK, written a column at a time.

GDAL's own takes as long for it as for all the rest of the file: it sets up a converter for every
single text, and gives each the width of the longest that it expects.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

#: As GDAL has them: digits behind the point, and the least width of numbers.
_DECIMALS = 15
_REAL_WIDTH, _WHOLE_WIDTH = 24, 9
_DAY_WIDTH = 8
#: What stands for no value.
_NULL = {b"C": b" ", b"N": b"*", b"D": b"0"}
_AT_ONCE = 20_000


@dataclass(frozen=True)
class _Column:
    """texts: as they stand in the file, all of one width. kind: of dBASE. decimals: of numbers."""

    texts: npt.NDArray[np.bytes_]
    kind: bytes
    decimals: int = 0

    @property
    def width(self) -> int:
        return self.texts.dtype.itemsize


def write_dbf(path: Path, columns: Mapping[str, pa.ChunkedArray], on: date) -> None:
    """columns: by name, of at most ten bytes of GBK; string (GBK has every character, at most 254
    bytes a text), int32, double or date32. on: the day that the file bears."""
    made = {name: _column(column) for name, column in columns.items()}
    count = len(next(iter(made.values())).texts)
    # the first byte of a record says that it is not deleted
    record = np.dtype([("", "S1"), *(("", column.texts.dtype) for column in made.values())])
    head = 32 + 32 * len(made) + 1
    with path.open("wb") as file:
        day = (on.year - 1900, on.month, on.day)
        file.write(struct.pack("<4BIHH20x", 3, *day, count, head, record.itemsize))
        for name, column in made.items():
            size = (column.width, column.decimals)
            file.write(struct.pack("<11sc4x2B14x", name.encode("gbk"), column.kind, *size))
        file.write(b"\r")
        for start in range(0, count, _AT_ONCE):
            rows = np.full(min(_AT_ONCE, count - start), b" ", dtype=record)
            for field, column in zip((record.names or ())[1:], made.values(), strict=True):
                rows[field] = column.texts[start : start + len(rows)]
            file.write(rows.tobytes())
        file.write(b"\x1a")


def _column(column: pa.ChunkedArray) -> _Column:
    values = column.to_pylist()
    if pa.types.is_string(column.type):
        coded = {text: text.encode("gbk") for text in set(values) - {None}}
        width = max([1, *map(len, coded.values())])
        return _told(values, b"C", width, lambda text: coded[text].ljust(width))
    if pa.types.is_date(column.type):
        return _told(values, b"D", _DAY_WIDTH, lambda day: day.strftime("%Y%m%d").encode())
    if pa.types.is_integer(column.type):
        width = max([_WHOLE_WIDTH, *(len(str(number)) for number in set(values) - {None})])
        return _told(values, b"N", width, lambda number: b"%*d" % (width, number))
    largest = max((abs(number) for number in values if number is not None), default=0.0)
    width = max(_REAL_WIDTH, len(f"{-largest:.{_DECIMALS}f}"))
    # all in one go: numbers are seldom the same
    whole = f"%{width}.{_DECIMALS}f" * len(values) % tuple(0.0 if v is None else v for v in values)
    texts = np.frombuffer(whole.encode(), dtype=f"S{width}").copy()
    texts[column.is_null().to_numpy()] = _NULL[b"N"] * width
    return _Column(texts, b"N", _DECIMALS)


def _told(values: list[Any], kind: bytes, width: int, tell: Callable[[Any], bytes]) -> _Column:
    """A column of values of which many are the same."""
    told = {value: tell(value) for value in set(values) - {None}} | {None: _NULL[kind] * width}
    return _Column(np.array([told[value] for value in values], dtype=f"S{width}"), kind)
