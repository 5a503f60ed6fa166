"""Which patches lie on another by more than half (upload-formats.md).

A file of a hundred thousand copies of one shape would make ten thousand million pairs. Copies are
therefore recognised by their bytes, shapes are asked for in random order, a few at first and more
while they have few neighbours, a shape is compared no further once it lies on another, and the
search ends when it has seen or compared enough.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

#: A patch overlapping another by more than this share of itself is a warning.
MAX_OVERLAP = 0.5
#: Pairs looked at in one file, and in one step (some 200 MB).
MAX_PAIRS = 20_000_000
_STEP_PAIRS = 2_000_000
_FIRST_STEP = 16
#: What may be spent on intersections in one search (some 40 s): a vertex costs 1, a pair this much.
MAX_COST = 60_000_000
_PAIR_COST = 30

Shapes = np.ndarray[Any, Any]


@dataclass(slots=True)
class Overlaps:
    """partner: place among the shapes → place in the pool of the one it lies on.
    is_complete: False where so many shapes lie on one another that not all were compared."""

    partner: dict[int, int] = field(default_factory=dict)
    is_complete: bool = True


def find_overlaps(
    shapes: Shapes, pool: Shapes, names: Shapes, wkb: Shapes | None = None
) -> Overlaps:
    """shapes: polygons, the first of the pool. names, wkb: of the pool; one name is one patch."""
    found = Overlaps()
    kept = _copies(shapely.to_wkb(pool) if wkb is None else wkb, len(shapes), names, found)
    tree = shapely.STRtree(pool[kept])
    rest = np.array([i for i in range(len(shapes)) if i not in found.partner], dtype=np.int64)
    order = np.random.default_rng(0).permutation(rest)
    comparison = _Comparison(pool, names, found)
    start, step, seen = 0, _FIRST_STEP, 0
    while start < len(order):
        if seen > MAX_PAIRS or comparison.is_spent:
            found.is_complete = False
            break
        some = order[start : start + step]
        at, right = tree.query(shapes[some], predicate="intersects")
        seen += len(at)
        comparison.run(some[at], kept[right])
        start += len(some)
        step = int(min(4 * step, max(1, _STEP_PAIRS * len(some) // max(1, 2 * len(at)))))
    return found


def _copies(wkb: Shapes, count: int, names: Shapes, found: Overlaps) -> Shapes:
    """Note the first `count` shapes of which the pool has a copy under another name; returns what
    is left to look at: of every shape at most two copies, of different names."""
    shape, _ = pd.factorize(wkb)
    name, _ = pd.factorize(names)
    frame = pd.DataFrame({"shape": shape, "name": name}).drop_duplicates()
    frame = frame[frame.groupby("shape").cumcount() < 2]
    first = np.full(shape.max(initial=-1) + 1, -1)
    second = first.copy()
    first[frame["shape"][::-1]] = frame.index[::-1]
    second[frame["shape"]] = frame.index
    other = np.where(name[first[shape]] != name, first[shape], second[shape])[:count]
    for i in np.flatnonzero(name[other] != name[:count]).tolist():
        found.partner[i] = int(other[i])
    return np.asarray(frame.index, dtype=np.int64)


class _Comparison:
    """Intersects pairs, and knows what that has cost."""

    def __init__(self, pool: Shapes, names: Shapes, found: Overlaps) -> None:
        self._pool, self._names, self._found = pool, names, found
        self._least = MAX_OVERLAP * shapely.area(pool)
        self._bounds = shapely.bounds(pool)
        self._vertices = shapely.get_num_coordinates(pool)
        self._left = MAX_COST
        self.is_spent = False

    def run(self, left: Shapes, right: Shapes) -> None:
        """Pairs of places in the pool, those of one shape together."""
        likely = (left != right) & (self._names[left] != self._names[right])
        left, right = left[likely], right[likely]
        likely = self._shared_boxes(left, right) > self._least[left]
        left, right = left[likely], right[likely]
        width = 1
        while len(left) and not self.is_spent:  # a few of each shape, more of those still alone
            begins = np.flatnonzero(np.append(True, left[1:] != left[:-1]))
            rank = np.arange(len(left)) - np.repeat(begins, np.diff(np.append(begins, len(left))))
            now = rank < width
            self._intersect(left[now], right[now])
            later = ~now & ~np.isin(left, list(self._found.partner))
            left, right = left[later], right[later]
            width *= 4

    def _shared_boxes(self, left: Shapes, right: Shapes) -> Shapes:
        """What two shapes share is no larger than what their boxes share."""
        a, b = self._bounds[left], self._bounds[right]
        sides = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
        return np.asarray(np.prod(np.maximum(sides, 0.0), axis=1))

    def _intersect(self, left: Shapes, right: Shapes) -> None:
        costs = np.cumsum(_PAIR_COST + self._vertices[left] + self._vertices[right])
        if costs[-1] > self._left:
            self.is_spent = True
            self._found.is_complete = False
            affordable = costs <= self._left
            left, right = left[affordable], right[affordable]
        self._left -= int(costs[-1])
        shared = shapely.area(shapely.intersection(self._pool[left], self._pool[right]))
        more = shared > self._least[left]
        for a, b in zip(left[more].tolist(), right[more].tolist(), strict=True):
            self._found.partner.setdefault(a, b)
