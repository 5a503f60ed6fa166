"""Rows as a CSV that Excel, WPS and Power Query read as it is: UTF-8 with a mark, text is text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from data.tables.columns import Columns, Row, cells, flat

_MARK = "\ufeff"
#: What makes a spreadsheet take a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(columns: Columns, rows: Iterable[Row]) -> bytes:
    """Heads as in JSON, `a.b` for what lies deeper; empty for none; several texts joined by 、. A
    text that would be a formula begins with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(name for name, _ in flat(columns))
    writer.writerows([_plain(value) for value in cells(columns, row)] for row in rows)
    return (_MARK + buffer.getvalue()).encode()


def _plain(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
