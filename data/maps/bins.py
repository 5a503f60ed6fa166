"""Sums over squares of the tile pyramid: exact, and nested from zoom to zoom.

Squares, not hexagons: four squares of a zoom are one of the zoom before, so that what a reader adds
up while zooming is always the same sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.geo import COORDINATE_DIGITS
from data.maps.cube import MapCube
from data.maps.mercator import TILE_PX, Box, Ints, cells, lat_of, lon_of, tile_box
from data.maps.points import points
from data.maps.question import MapQuestion
from data.scope import Scope

#: Side of a square on the screen.
BIN_PX = 32
#: Squares of a grid that is added up as a whole.
_DENSE = 4_000_000
_FINER = (TILE_PX // BIN_PX).bit_length() - 1


@dataclass(frozen=True, slots=True)
class Bins:
    """level: of the tile pyramid. x, y: the squares, row by row. value: int64 sums, parts of
    PARTS_PER_MU for areas. patches: how many have a value there. total, total_patches: of all
    squares.
    """

    level: int
    x: Ints
    y: Ints
    value: Ints
    patches: Ints

    def __len__(self) -> int:
        return len(self.x)

    @property
    def total(self) -> int:
        return int(self.value.sum())

    @property
    def total_patches(self) -> int:
        return int(self.patches.sum())

    def box(self, at: int) -> Box:
        return tile_box(self.level, int(self.x[at]), int(self.y[at]))

    def boxes(self) -> list[list[float]]:
        """west, south, east, north of each, to COORDINATE_DIGITS."""
        n = 2.0**self.level
        sides = (
            lon_of(self.x / n),
            lat_of((self.y + 1) / n),
            lon_of((self.x + 1) / n),
            lat_of(self.y / n),
        )
        found: list[list[float]] = np.column_stack(sides).round(COORDINATE_DIGITS).tolist()
        return found


def bin_level(zoom: float) -> int:
    """The level whose squares are about BIN_PX wide at this zoom."""
    return min(max(round(zoom), 0) + _FINER, 22)


def widened(box: Box, level: int) -> Box:
    """The box out to whole squares, so that no square is shown with a part of its sum."""
    west, south, east, north = box
    (x0, x1), (y1, y0) = cells(np.array([west, east]), np.array([south, north]), level)
    low, high = tile_box(level, int(x0), int(y0)), tile_box(level, int(x1), int(y1))
    return low[0], high[1], high[2], low[3]


def bins(cube: MapCube, scope: Scope, question: MapQuestion, box: Box | None, level: int) -> Bins:
    """The squares of a level that hold something of the question, in the box widened to whole
    squares."""
    found = points(cube, scope, question, None if box is None else widened(box, level))
    if not len(found):
        none = np.array([], dtype=np.int64)
        return Bins(level, none, none, none, none)
    x, y = cube.cells(found.row, level)
    return _summed(level, x, y, found.value)


def _summed(level: int, x: Ints, y: Ints, value: Ints) -> Bins:
    """Added up on the grid that the points cover; by sorting, where that is mostly empty."""
    x0, y0 = int(x.min()), int(y.min())
    width, height = int(x.max()) - x0 + 1, int(y.max()) - y0 + 1
    key = (y - y0) * width + (x - x0)
    if width * height <= _DENSE:
        counts = np.bincount(key, minlength=width * height)
        there = np.flatnonzero(counts)
        sums = np.zeros(width * height, dtype=np.int64)
        np.add.at(sums, key, value)
        patches, total = counts[there], sums[there]
    else:
        there, at, patches = np.unique(key, return_inverse=True, return_counts=True)
        total = np.zeros(len(there), dtype=np.int64)
        np.add.at(total, at, value)
    return Bins(level, there % width + x0, there // width + y0, total, patches)
