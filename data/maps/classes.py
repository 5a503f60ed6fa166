"""Classes of size and the legend that says them, for bins, areas and patches."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.maps.measures import MapMeasure
from data.maps.mercator import Ints
from data.maps.ramp import PALEST, colour

_MOST = 6


@dataclass(frozen=True, slots=True)
class Classes:
    """limits: lower limits of the sizes, lowest first; those of a difference serve both signs.
    highest: the largest size. step(v): place on the scale, 0–1, or −1–1 for a difference. plain:
    `#RRGGBB` for all of them, where a value only says that something is so.
    """

    measure: MapMeasure
    limits: tuple[int, ...]
    highest: int
    is_difference: bool
    plain: str | None = None

    def step(self, value: int) -> float:
        if not self.limits or value == 0:
            return 0.0
        at = bisect_right(self.limits, abs(value)) - 1
        return self._position(max(at, 0)) * (-1 if value < 0 else 1)

    def _position(self, at: int) -> float:
        if len(self.limits) == 1:
            return 1.0
        return PALEST + (1 - PALEST) * at / (len(self.limits) - 1)

    def colour(self, value: int) -> str:
        return self.plain or colour(self.step(value), self.is_difference)

    def legend(self) -> list[dict[str, object]]:
        """from, to (in the unit), text and colour of each class, from the least up."""
        if not self.limits:
            return []
        if self.plain is not None:
            return [_entry(self.measure, 1, self.highest, self.measure.label, self.plain)]
        m, highs = self.measure, (*self.limits[1:], self.highest)
        rows: list[dict[str, object]] = []
        for at, (low, high) in enumerate(zip(self.limits, highs, strict=True)):
            last = at == len(self.limits) - 1
            text = _span(m, low, high, last)
            place = self._position(at)
            if not self.is_difference:
                rows.append(_entry(m, low, high, text, colour(place, False)))
                continue
            rows.append(_entry(m, low, high, f"+{text}", colour(place, True)))
            rows.insert(0, _entry(m, -high, -low, f"−{text}", colour(-place, True)))
        return rows


def _entry(m: MapMeasure, low: int, high: int, text: str, drawn: str) -> dict[str, object]:
    return {"from": m.number(low), "to": m.number(high), "text": text, "colour": drawn}


def _span(m: MapMeasure, low: int, high: int, last: bool) -> str:
    """`2–5`, in whole numbers with both ends inside; the highest class ends at the most."""
    if not m.is_area:
        top = high if last else high - 1
        return f"{low:,}" if top <= low else f"{low:,}–{top:,}"
    low_text, high_text = (f"{m.number(v):,.10g}" for v in (low, high))
    if last:
        high_text = f"{m.number(high):,.2f}"
    return f"{low_text}–{high_text}"


def classes_for(measure: MapMeasure, values: Sequence[int] | Ints, is_difference: bool) -> Classes:
    """Classes on a geometric scale, for sums of places are as uneven as this."""
    sizes = np.abs(np.asarray(values, dtype=np.int64))
    sizes = sizes[sizes > 0]
    if not len(sizes):
        return Classes(measure, (), 0, is_difference)
    low, high = float(np.percentile(sizes, 10)), float(sizes.max())
    least = int(sizes.min())
    if high <= low * 1.5:
        return Classes(measure, (least,), int(high), is_difference)
    limits = {_round_down(step) for step in np.geomspace(low, high, _MOST + 1)[:-1]}
    ordered = sorted(limits)
    ordered[0] = min(ordered[0], _round_down(least))
    return Classes(measure, tuple(ordered), int(high), is_difference)


def _round_down(value: float) -> int:
    """To 1, 1.5, 2, 3, 5 or 7 times a power of ten, which a legend can say."""
    if value < 1:
        return 1
    power = int(10 ** math.floor(math.log10(value)))
    for step in (7, 5, 3, 2, 1.5, 1):
        if value >= step * power:
            return max(int(step * power), 1)
    return power
