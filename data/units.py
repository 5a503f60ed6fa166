"""Areas: 1 亩 = 2000/3 m², 15 亩 = 1 ha (domain.md §3). Areas are kept in 亩, unrounded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
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
#: Areas that differ by less are equal (figures.md).
AREA_TOLERANCE_MU = 0.0001
#: A denominator is small with fewer patches, or less new construction on farmland (figures.md).
SMALL_PATCHES, SMALL_FARMLAND_MU = 10, 30.0
#: Per cent is never printed finer; one patch missing of a hundred million still shows.
PERCENT_DECIMALS = 6


#: Stands beside what few patches or little land put there (figures.md, small denominator).
SMALL = "◦"


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


#: Units as people write them, in the form of `unit_text`; longer words before those they end with.
AREA_UNIT_WORDS: dict[str, AreaUnit] = {
    "市亩": AreaUnit.MU,
    "亩": AreaUnit.MU,
    "平方米": AreaUnit.M2,
    "平米": AreaUnit.M2,
    "公顷": AreaUnit.HA,
    "平方千米": AreaUnit.KM2,
    "平方公里": AreaUnit.KM2,
    "KM2": AreaUnit.KM2,
    "HM2": AreaUnit.HA,
    "M2": AreaUnit.M2,
    "HA": AreaUnit.HA,
}


def unit_text(text: str) -> str:
    """A text in which units are looked for: half width, upper case, without spaces, ㎡ as M2."""
    return re.sub(r"[\s^]+", "", unicodedata.normalize("NFKC", text)).upper()


def area_unit(text: str) -> AreaUnit | None:
    """The unit that a text is: 公顷, hm², ㎡, M2. None where it is none that is known."""
    return AREA_UNIT_WORDS.get(unit_text(text))


def m2_to_mu(area_m2: float) -> float:
    return area_m2 * 3 / 2000


def mu_to_m2(area_mu: float) -> float:
    return area_mu * 2000 / 3


def _exact(value: float) -> Decimal:
    """The decimal number that a float is written as: 0.07 is 0.07, not 0.0700000000000000067."""
    return Decimal(repr(float(value)))


def _rounded(value: Decimal, decimals: int) -> Decimal:
    """Rounded as offices round (四舍五入)."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def meets(value: float | None, threshold: float) -> bool:
    """Whether value ≥ threshold after rounding to 1e-6; a missing value meets nothing."""
    if value is None:
        return False
    if abs(value - threshold) > 1e-5:  # too far apart for rounding to matter: the common case
        return value > threshold
    return _rounded(_exact(value), THRESHOLD_DECIMALS) >= _rounded(
        _exact(threshold), THRESHOLD_DECIMALS
    )


def _fewest_decimals(
    value: Decimal, sides: Sequence[tuple[Decimal, bool]], least: int, most: int
) -> int:
    """The fewest decimals with which value reads ≥ a line exactly where its side says that it is.

    sides: pairs of a line and whether the value counts as at or over it.
    """
    for decimals in range(least, most):
        shown = _rounded(value, decimals)
        if all((shown >= line) == at_or_over for line, at_or_over in sides):
            return decimals
    return most


def decimals_that_keep_side(
    value: float, thresholds: tuple[float, ...], least: int, most: int = THRESHOLD_DECIMALS
) -> int:
    """As many decimals as the display needs so that rounding never crosses a threshold.

    value and thresholds are in the unit displayed. 14.96 beside 15 needs 2 decimals where 1 would
    print 15.0 (domain.md §6).
    """
    sides = [(_exact(line), meets(value, line)) for line in thresholds]
    return _fewest_decimals(_exact(value), sides, least, most)


def format_rate(rate: float | None, thresholds: tuple[float, ...] = (), least: int = 1) -> str:
    """A rate (0 to 1) as per cent: `93.5%`; `—` for no value. thresholds are rates too.

    It never crosses a line by rounding, and reads 0 % or 100 % only where it is that. A whole
    per cent has no decimals: `15%` is on the line, `15.0%` a little above it.
    """
    if rate is None:
        return "—"
    value = _exact(rate) * 100
    nearest = _rounded(value, PERCENT_DECIMALS)
    if nearest == nearest.to_integral_value():
        return f"{int(nearest)}%"
    just_above_zero = Decimal(1).scaleb(-PERCENT_DECIMALS)
    sides = [(_exact(line) * 100, meets(rate, line)) for line in thresholds]
    sides += [(just_above_zero, value > 0), (Decimal(100), value >= 100)]
    return f"{_rounded(value, _fewest_decimals(value, sides, least, PERCENT_DECIMALS))}%"


def format_mu(area_mu: float | None, thresholds: tuple[float, ...] = (), least: int = 2) -> str:
    """An area in 亩 without its unit: `1,234.50`; `—` for no value.

    It never crosses a line by rounding, and reads 0 only below AREA_TOLERANCE_MU.
    """
    if area_mu is None:
        return "—"
    if abs(area_mu) < AREA_TOLERANCE_MU:
        return f"{Decimal(0):.{least}f}"
    value = _exact(area_mu)
    decimals = decimals_that_keep_side(area_mu, thresholds, least)
    while not _rounded(value, decimals):
        decimals += 1
    return f"{_rounded(value, decimals):,}"


def format_rates(
    rates: Sequence[float | None], thresholds: tuple[float, ...] = (), least: int = 1
) -> list[str]:
    """A column of rates with one number of decimals: as many as the value that needs most; none
    where all are whole per cents."""
    texts = [format_rate(rate, thresholds, least) for rate in rates]
    decimals = max(map(_decimals, texts), default=0)
    return [
        text if rate is None else f"{_rounded(_exact(rate) * 100, decimals)}%"
        for text, rate in zip(texts, rates, strict=True)
    ]


def format_areas(areas_mu: Sequence[float | None], least: int = 2) -> list[str]:
    """A column of areas in 亩 with one number of decimals."""
    texts = [format_mu(area, least=least) for area in areas_mu]
    decimals = max(map(_decimals, texts), default=least)
    return [
        text if area is None else f"{_rounded(_exact(area), decimals):,}"
        for text, area in zip(texts, areas_mu, strict=True)
    ]


def _decimals(text: str) -> int:
    return len(text.rstrip("%").partition(".")[2])


def format_plain(value: float) -> str:
    """A number as somebody set or asked it: every digit, no exponent, no zeros behind: `150.0001`,
    `30`."""
    return f"{_exact(value).normalize():f}"


def format_count(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"


def format_amount(amount: float, unit: str) -> str:
    """What is counted in a unit, without it: an area `30.00`, pieces `12`."""
    return format_mu(amount) if unit == AreaUnit.MU.label else format_count(round(amount))


def format_with_unit(amount: float, unit: str) -> str:
    """`12个`, `30.00亩`."""
    return f"{format_amount(amount, unit)}{unit}"


def over_text(amount: float, unit: str, decimals: int = 1) -> str:
    """What is over a line or must be removed, rounded up: removing what is said is enough, and it
    never reads 0 while something is over."""
    exact = _rounded(_exact(amount), THRESHOLD_DECIMALS)
    return f"{exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_UP):,} {unit}"


def room_text(amount: float, unit: str, decimals: int = 1) -> str:
    """What is still free under a line, rounded down: using what is said does not cross it. As many
    decimals as it needs not to read 0 while something is free."""
    exact = _rounded(_exact(amount), THRESHOLD_DECIMALS)
    shown = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_DOWN)
    while not shown and exact and decimals < THRESHOLD_DECIMALS:
        decimals += 1
        shown = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_DOWN)
    return f"{shown:,} {unit}"
