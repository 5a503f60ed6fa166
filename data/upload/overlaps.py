"""Which patches lie on another by more than half (upload-formats.md).

A file of a hundred thousand copies of one shape would make ten thousand million pairs. Shapes are
therefore asked for in random order, a few at first and more while they have few neighbours, and the
search ends when it has seen enough pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

#: A patch overlapping another by more than this share of itself is a warning.
MAX_OVERLAP = 0.5
#: Pairs looked at in one file, and in one step (some 200 MB).
MAX_PAIRS = 20_000_000
_STEP_PAIRS = 2_000_000
_FIRST_STEP = 16

Shapes = np.ndarray[Any, Any]


@dataclass(slots=True)
class Overlaps:
    """partner: place among the shapes → place in the pool of the one it lies on.
    is_complete: False where so many shapes lie on one another that not all were compared."""

    partner: dict[int, int] = field(default_factory=dict)
    is_complete: bool = True


def find_overlaps(shapes: Shapes, pool: Shapes, names: Shapes) -> Overlaps:
    """shapes: polygons, the first of the pool. names: of the pool; one name is one patch."""
    tree = shapely.STRtree(pool)
    order = np.random.default_rng(0).permutation(len(shapes))
    found = Overlaps()
    start, step, seen = 0, _FIRST_STEP, 0
    while start < len(order):
        if seen > MAX_PAIRS:
            found.is_complete = False
            break
        some = order[start : start + step]
        at, right = tree.query(shapes[some], predicate="intersects")
        seen += len(at)
        _compare(shapes, pool, names, some[at], right, found)
        start += len(some)
        step = int(min(4 * step, max(1, _STEP_PAIRS * len(some) // max(1, 2 * len(at)))))
    return found


def _compare(
    shapes: Shapes, pool: Shapes, names: Shapes, left: Shapes, right: Shapes, found: Overlaps
) -> None:
    other = left != right
    left, right = left[other], right[other]
    other = names[left] != names[right]
    left, right = left[other], right[other]
    if not len(left):
        return
    shared = shapely.area(shapely.intersection(shapes[left], pool[right]))
    more = shared > MAX_OVERLAP * shapely.area(shapes[left])
    for a, b in zip(left[more].tolist(), right[more].tolist(), strict=True):
        found.partner.setdefault(a, b)
