"""直接立案 (D9, §5.4): where the county has not filed a case in time, the city may file it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from data.periods import workdays_between
from data.rules.deadlines import direct_filing_from
from data.rules.loader import Rule


@dataclass(frozen=True, slots=True)
class Unfiled:
    """An unlawful parcel without a case. due_on: the last day on which the county itself may file.
    workdays_over: workdays after that up to the as-of date, 0 where it is not over."""

    parcel_no: int
    since: date
    due_on: date
    workdays_over: int


def unfiled(
    rule: Rule, year: int, parcels: Iterable[Mapping[str, Any]], day: date
) -> list[Unfiled]:
    """Of a patch's parcels (queries/patch_detail.py) on a day; one that was rectified without a
    case needs none. rule: D9 as it stands in the store."""
    found = []
    for parcel in parcels:
        since = parcel["unlawful_since"]
        if since is None or parcel["filed"] or parcel["rectified"]:
            continue
        due = direct_filing_from(since, workdays=rule.of(year, since).parameters["workdays"])
        over = workdays_between(due, day) if day > due else 0
        found.append(Unfiled(parcel["parcel_no"], since, due, over))
    return found
