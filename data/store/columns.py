"""The rows of a statement as columns.

Days are ordinals; one that is missing is NEVER, which no day reaches, so that `column <= day` says
of every row whether it has happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, Executable

Days = npt.NDArray[np.int64]

#: The day of what has not happened and has no day.
NEVER = 10_000_000


def ordinals(days: Iterable[Any]) -> Days:
    """Days as a driver has them (date, ISO text or None)."""
    listed = list(days)
    known = {
        day: NEVER
        if day is None
        else (date.fromisoformat(day) if isinstance(day, str) else day).toordinal()
        for day in set(listed)
    }
    return np.fromiter(map(known.__getitem__, listed), np.int64, len(listed))


def day_of(ordinal: int) -> date | None:
    return None if ordinal >= NEVER else date.fromordinal(int(ordinal))


def columns_of(conn: Connection, query: Executable) -> pd.DataFrame:
    """The rows of a statement as columns; columns whose names end in `_on` or `_until` are days."""
    result = conn.execute(query)
    names = list(result.keys())
    cursor: Any = result.cursor  # rows as the driver has them: SQLAlchemy's own take as long again
    rows: Sequence[Any] = cursor.fetchall()
    result.close()
    columns: dict[str, Any] = {}
    values = zip(*rows, strict=True) if rows else ([] for _ in names)
    for name, own in zip(names, values, strict=True):
        if name.endswith(("_on", "_until")):
            columns[name] = ordinals(own)
        elif rows and isinstance(own[0], int | float) and None not in own:
            columns[name] = np.array(own)
        else:
            columns[name] = pd.Series(own, dtype=object)  # a missing text stays None
    found = pd.DataFrame(columns, columns=names)
    for name in ("id", "patch_id", "parcel_no", "year"):
        if name in found:
            found[name] = found[name].astype(np.int64)
    return found
