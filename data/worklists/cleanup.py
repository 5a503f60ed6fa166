"""How the unlawful farmland of each year of origin was cleaned up over time (旧账)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from data.worklists.ledger import LedgerItem


@dataclass(frozen=True, slots=True)
class CleanUp:
    """remaining: year of origin → 亩 of farmland that were not rectified on each of the days, None
    before the year was over."""

    days: tuple[date, ...]
    remaining: Mapping[int, tuple[float | None, ...]]


def clean_up(items: Sequence[LedgerItem], as_of: date) -> CleanUp:
    """At the end of each half year since the first year of origin, and on the day. An item that is
    open again counts as open from that day on."""
    years = sorted({item.year for item in items})
    if not years:
        return CleanUp((), {})
    ends = [
        day
        for year in range(years[0], as_of.year + 1)
        for day in (date(year, 6, 30), date(year, 12, 31))
        if date(years[0], 12, 31) <= day < as_of
    ]
    days = (*ends, as_of)
    return CleanUp(
        days,
        {
            year: tuple(
                _open([i for i in items if i.year == year], day)
                if day >= date(year, 12, 31) or day == as_of
                else None
                for day in days
            )
            for year in years
        },
    )


def _open(items: Sequence[LedgerItem], day: date) -> float:
    return sum(item.farmland_mu for item in items if not _rectified(item, day))


def _rectified(item: LedgerItem, day: date) -> bool:
    gone = item.eliminated_on or item.written_off_on
    if gone is None or gone > day:
        return False
    again = item.reopened_on
    return again is None or day < again or gone > again
