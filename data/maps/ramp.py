"""The two colour scales of maps: one for amounts, perceptually even, one for differences (ui.md).

Amounts: YlOrRd of ColorBrewer 2.0, differences: PuOr (both Apache 2.0, Cynthia Brewer).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

#: From little to much.
AMOUNT = ("#FFFFCC", "#FED976", "#FEB24C", "#FD8D3C", "#F03B20", "#BD0026", "#800026")
#: The lowest amount is not drawn in the palest colour, which a light base would swallow.
PALEST = 0.15
#: From less through nothing to more.
DIFFERENCE = ("#542788", "#998EC3", "#D8DAEB", "#F7F7F7", "#FEE0B6", "#F1A340", "#B35806")

Rgb = tuple[int, int, int]


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _between(stops: Sequence[str], position: float) -> Rgb:
    at = min(max(position, 0.0), 1.0) * (len(stops) - 1)
    low = min(int(at), len(stops) - 2)
    share = at - low
    a, b = _rgb(stops[low]), _rgb(stops[low + 1])
    mixed = [round(x + (y - x) * share) for x, y in zip(a, b, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def amount_rgb(position: float) -> Rgb:
    """position: 0 (nothing) to 1 (the most)."""
    return _between(AMOUNT, position)


def difference_rgb(position: float) -> Rgb:
    """position: −1 (the largest decrease) to 1 (the largest increase)."""
    return _between(DIFFERENCE, (position + 1.0) / 2.0)


def hex_of(rgb: Rgb) -> str:
    return "#{:02X}{:02X}{:02X}".format(*rgb)


@lru_cache(maxsize=512)
def colour(position: float, is_difference: bool) -> str:
    """`#RRGGBB` of a place on one of the scales."""
    return hex_of(difference_rgb(position) if is_difference else amount_rgb(position))
