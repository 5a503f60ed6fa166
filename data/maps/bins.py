"""Sums over squares of the tile pyramid: exact, and nested from zoom to zoom.

Squares, not hexagons: four squares of a zoom are one of the zoom before, so that what a reader adds
up while zooming is always the same sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.maps.cube import MapCube
from data.maps.mercator import TILE_PX, Box, Floats, Ints, cells, tile_box
from data.maps.points import points
from data.maps.question import MapQuestion
from data.scope import Scope

#: Side of a square on the screen.
BIN_PX = 32
_FINER = (TILE_PX // BIN_PX).bit_length() - 1


@dataclass(frozen=True, slots=True)
class Bins:
    """level: of the tile pyramid. x, y: the squares, row by row. value: int64 sums, parts of
    PARTS_PER_MU for areas. patches: how many have a value there. lon, lat: middle of these. total,
    total_patches: of all squares.
    """

    level: int
    x: Ints
    y: Ints
    value: Ints
    patches: Ints
    lon: Floats
    lat: Floats

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
        none, nowhere = np.array([], dtype=np.int64), np.array([], dtype=np.float64)
        return Bins(level, none, none, none, none, nowhere, nowhere)
    x, y = cells(found.lon, found.lat, level)
    keys, at, patches = np.unique(y * 2**level + x, return_inverse=True, return_counts=True)
    value = np.zeros(len(keys), dtype=np.int64)
    np.add.at(value, at, found.value)
    return Bins(
        level,
        keys % 2**level,
        keys // 2**level,
        value,
        patches,
        np.bincount(at, found.lon) / patches,
        np.bincount(at, found.lat) / patches,
    )
