"""What patches are on a day, over the columns of the cube.

The conditions of queries/state.PatchState once more, as the million rows of a map need them; in
this one place, and held against those on every edge by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Standing:
    """Of the rows (numbers or a slice) of `columns` (MapCube.patches) on `on`; one flag a row."""

    columns: Mapping[str, Any]
    rows: Any
    on: date

    def _of(self, name: str) -> Any:
        return self.columns[name][self.rows]

    @property
    def day(self) -> int:
        return self.on.toordinal()

    @property
    def active(self) -> Flags:
        return _flags((self._of("issued") <= self.day) & (self._of("withdrawn") > self.day))

    @property
    def is_land(self) -> Flags:
        return _flags(self._of("is_land"))

    @property
    def cleared(self) -> Flags:
        return _flags(self._of("reported") <= self.day)

    @property
    def late(self) -> Flags:
        return _flags(self.cleared & (self._of("reported") > self._of("due")))

    @property
    def overdue(self) -> Flags:
        return _flags(self.is_land & ~self.cleared & (self._of("due") < self.day))


def _flags(found: Any) -> Flags:
    return np.asarray(found, dtype=bool)


def holding(intervals: Mapping[str, Any], rows: Any, on: date) -> Flags:
    """Which intervals (from … before to) hold on a day."""
    day = on.toordinal()
    return _flags((intervals["from"][rows] <= day) & (intervals["to"][rows] > day))
