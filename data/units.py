"""Areas: 1 亩 = 2000/3 m², 15 亩 = 1 ha (domain.md §3). Areas are kept in 亩, unrounded."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import Enum

M2_PER_MU = 2000 / 3
MU_PER_HA = 15.0

#: The largest area one row can carry: a tenth of the city, far above any patch.
MAX_AREA_MU = 1_000_000.0
#: The summary adds areas as integers of this many parts a 亩, so that sums are exact and a
#: difference of equal sums is zero, in whatever order uploads arrive.
PARTS_PER_MU = 1_000_000_000
#: A threshold is met at ≥ after rounding to this many decimals (figures.md).
THRESHOLD_DECIMALS = 6


class AreaUnit(Enum):
    """A unit an area column can carry, with its factor to 亩 as an exact fraction."""

    MU = ("亩", 1, 1)
    M2 = ("平方米", 3, 2000)
    HA = ("公顷", 15, 1)
    KM2 = ("平方千米", 1500, 1)

    def __init__(self, label: str, numerator: int, denominator: int) -> None:
        self.label = label
        self.numerator = numerator
        self.denominator = denominator


def m2_to_mu(area_m2: float) -> float:
    return area_m2 * 3 / 2000


def mu_to_m2(area_mu: float) -> float:
    return area_mu * 2000 / 3


def meets(value: float | None, threshold: float) -> bool:
    """Whether value ≥ threshold after rounding to 1e-6; a missing value meets nothing."""
    return value is not None and round(value, THRESHOLD_DECIMALS) >= round(
        threshold, THRESHOLD_DECIMALS
    )


def decimals_that_keep_side(
    value: float, thresholds: tuple[float, ...], least: int, most: int = 6
) -> int:
    """As many decimals as the display needs so that rounding never crosses a threshold.

    value and thresholds are in the unit displayed. 14.96 beside 15 needs 2 decimals where 1 would
    print 15.0 (domain.md §6).
    """
    for decimals in range(least, most + 1):
        shown = round(value, decimals)
        if all((shown >= line) == meets(value, line) for line in thresholds):
            return decimals
    return most


def format_rate(rate: float | None, thresholds: tuple[float, ...] = (), least: int = 1) -> str:
    """A rate (0–1) as per cent: `93.5%`; `—` for no value. Never crosses a line, nor 0 or 100 %."""
    if rate is None:
        return "—"
    value = rate * 100
    lines = tuple(line * 100 for line in thresholds)
    decimals = decimals_that_keep_side(value, lines, least)
    for _ in range(decimals, 7):
        shown = round(value, decimals)
        if (shown >= 100) == (round(value, 9) >= 100) and (shown <= 0) == (round(value, 9) <= 0):
            break
        decimals += 1
    if value == round(value, 0):
        decimals = 0 if least <= 1 else least
    return f"{value:.{decimals}f}%"


def format_mu(area_mu: float | None, thresholds: tuple[float, ...] = (), least: int = 2) -> str:
    """An area in 亩 without its unit: `1,234.50`; `—` for no value."""
    if area_mu is None:
        return "—"
    decimals = decimals_that_keep_side(area_mu, thresholds, least)
    return f"{area_mu:,.{decimals}f}"


def format_count(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"


def margin_text(distance: float, unit: str, decimals: int = 1) -> str:
    """The distance to a line, rounded away from zero so that it never reads 0 before the line."""
    quantum = Decimal(1).scaleb(-decimals)
    mode = ROUND_CEILING if distance > 0 else ROUND_FLOOR
    return f"{Decimal(str(round(distance, 9))).quantize(quantum, rounding=mode)} {unit}"
