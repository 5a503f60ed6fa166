"""Who will miss a day, and by how much: plain statistics, no SQL and no clock.

Counts: a district's past months, looked at as many days before their day as the running one is
now. Of what was open then (and came in afterwards) a part missed the day; that part of what is
open now is expected to miss it too. The band is the middle 80 % of the beta-binomial distribution.
Areas (D6): what remains now is the likely value, because no trend did better in the back-test
(docs/forecast.md); the band is what past windows of the same length have seen.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from math import exp, lgamma
from statistics import median

#: How much of the distribution the band covers.
BAND_SHARE = 0.8
#: The city's months count as this many of a district's own patches: a new district starts there.
CITY_WEIGHT = 5.0
#: A district's own months count as no more than this many patches, since months differ by more than
#: the chance of single patches: with 60 the share of one month may lie some 5 points off the mean.
OWN_WEIGHT = 60.0
#: Larger numbers are drawn on this scale: the shape is the same, the cost is bounded.
SCALE = 400
#: A city where nobody (or everybody) ever missed a day still leaves the other possible.
_LEAST_SHARE = 0.005


@dataclass(frozen=True, slots=True)
class Band:
    """low – likely – high, in patches or 亩."""

    low: float
    likely: float
    high: float

    def contains(self, value: float) -> bool:
        return self.low - 1e-6 <= value <= self.high + 1e-6


@dataclass(frozen=True, slots=True)
class Occasion:
    """A past month of one unit. open: patches then. later: those that came in before the day.
    missed: of both, those that missed it.
    """

    unit: str
    period: str
    open: int
    later: int
    missed: int

    @property
    def base(self) -> int:
        return self.open + self.later


@dataclass(frozen=True, slots=True)
class Trial:
    """A forecast as it would have been made for a past period, and what happened."""

    unit: str
    period: str
    band: Band
    actual: float

    @property
    def hit(self) -> bool:
        return self.band.contains(self.actual)


@dataclass(frozen=True, slots=True)
class Record:
    """Of `trials` past forecasts `hits` had the outcome within their band."""

    hits: int
    trials: int


def record(trials: Sequence[Trial], unit: str | None = None) -> Record:
    own = [trial for trial in trials if unit is None or trial.unit == unit]
    return Record(sum(trial.hit for trial in own), len(own))


def expected_later(own: Sequence[Occasion]) -> int:
    """How many patches came in after this distance from the day: the median of past months."""
    return round(median([o.later for o in own])) if own else 0


def count_band(open_now: int, unit: str, past: Sequence[Occasion]) -> Band | None:
    """How many patches of `unit` will miss the day; None without any past month to go by.

    past: finished months of all units, looked at from the same distance.
    """
    whole = sum(o.base for o in past)
    if not whole:
        return None
    share = min(max(sum(o.missed for o in past) / whole, _LEAST_SHARE), 1 - _LEAST_SHARE)
    own = [o for o in past if o.unit == unit]
    base, missed = sum(o.base for o in own), sum(min(o.missed, o.base) for o in own)
    weight = min(1.0, OWN_WEIGHT / base) if base else 0.0
    return _beta_binomial_band(
        open_now + expected_later(own),
        CITY_WEIGHT * share + weight * missed,
        CITY_WEIGHT * (1 - share) + weight * (base - missed),
    )


def _beta_binomial_band(count: int, a: float, b: float) -> Band:
    """The median and the middle BAND_SHARE of how many of `count` it will be."""
    if count == 0:
        return Band(0, 0, 0)
    drawn = min(count, SCALE)
    sums = list(accumulate(_beta_binomial(drawn, a, b)))
    tail = (1 - BAND_SHARE) / 2
    low, likely, high = (
        round(min(bisect_left(sums, wanted - 1e-12), drawn) * count / drawn)
        for wanted in (tail, 0.5, 1 - tail)
    )
    return Band(low, likely, high)


def _beta_binomial(count: int, a: float, b: float) -> Iterator[float]:
    """The chance of 0, 1, … count, each from the one before."""
    chance = exp(lgamma(count + b) + lgamma(a + b) - lgamma(count + a + b) - lgamma(b))
    yield chance
    for number in range(count):
        left = count - number
        chance *= left * (number + a) / ((number + 1) * (left - 1 + b))
        yield chance


@dataclass(frozen=True, slots=True)
class Look:
    """When a past period is looked at, and the day on which it shows who missed its end."""

    on: date
    settled_on: date


def count_trials(
    occasions: Sequence[Occasion], periods: int, looks: Mapping[str, Look]
) -> list[Trial]:
    """The forecasts for each of the last `periods` past periods, made on the day on which it is
    looked at from those before it that were settled by then. looks: by period."""
    names = sorted({o.period for o in occasions})
    trials: list[Trial] = []
    for period in names[-periods:]:
        day = looks[period].on
        settled = {name for name in names if name < period and looks[name].settled_on <= day}
        before = [o for o in occasions if o.period in settled]
        for then in occasions:
            if then.period != period or not then.open:
                continue
            band = count_band(then.open, then.unit, before)
            if band is not None:
                trials.append(Trial(then.unit, period, band, then.missed))
    return trials


# ---- areas ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """A past stretch of days: 亩 remaining at its start, found and eliminated during it."""

    remaining: float
    found: float
    gone: float

    @property
    def share_gone(self) -> float:
        whole = self.remaining + max(self.found, 0.0)
        return min(max(self.gone / whole, 0.0), 1.0) if whole > 0 else 0.0

    @property
    def growth(self) -> float:
        return self.found - self.gone


def area_band(remaining: float, past: Sequence[Window]) -> Band | None:
    """How much will remain after a window as long as the past ones; None without any."""
    if not past:
        return None
    low = remaining * (1 - max(w.share_gone for w in past))
    high = remaining + max(0.0, *(w.growth for w in past))
    return Band(low, remaining, high)


def area_trials(
    unit: str, windows: Sequence[tuple[date, Window]], length: timedelta
) -> list[Trial]:
    """What would have been forecast at the start of each window, from those that had ended then.

    windows: (first day, what happened in the `length` from then on), oldest first.
    """
    trials: list[Trial] = []
    for start, window in windows:
        band = area_band(window.remaining, [w for on, w in windows if on + length <= start])
        if band is not None and (window.remaining > 0 or window.found > 0):
            actual = max(window.remaining + window.growth, 0.0)
            trials.append(Trial(unit, start.isoformat(), band, actual))
    return trials
