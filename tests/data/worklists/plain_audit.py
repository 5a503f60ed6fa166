"""The stages of the monthly audit once more, patch by patch in plain Python from the words of
worklists.md: slow, to compare with. Shares nothing with the product but the workdays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from data.periods import add_workdays, workdays_between
from tests.data.store.reference_figures import (
    HEIGHT,
    Row,
    World,
    by,
    counts,
    district,
    is_final,
    open_returns,
)

#: From `reporting` down.
ORDER = [
    "province_returned", "correcting", "city_audit", "forwarding", "province_audit",
]  # fmt: skip


def deeming_holds(decisions: list[Row], D: date) -> bool:
    """T7: returned on ≥ 3 days and now, or a correction overdue ≥ 10 workdays."""
    known = [d for d in decisions if by(d["decided_on"], D)]
    city = sorted(
        (d for d in known if d["level"] == "city"),
        key=lambda d: (d["decided_on"], d["result"] == "passed"),
    )
    days = {d["decided_on"] for d in city if d["result"] == "returned"}
    if len(days) >= 3 and city[-1]["result"] == "returned":
        return True
    waiting = open_returns(decisions, D)
    return bool(waiting) and workdays_between(add_workdays(min(waiting), 5), D) >= 10


def deeming_since(patch: Row, decisions: list[Row], D: date) -> date:
    day = D
    while day > patch["issued_on"] and deeming_holds(decisions, day - timedelta(days=1)):
        day -= timedelta(days=1)
    return day


def final_since(parcels: list[Row], decisions: list[Row], D: date) -> date:
    days = sorted({d["decided_on"] for d in decisions if by(d["decided_on"], D)}, reverse=True)
    first = D
    for day in days:
        if not is_final(parcels, decisions, day):
            break
        first = day
    return first


def stage(world: World, problems: list[Row], patch: Row, D: date) -> tuple[str, date]:
    """(stage, since) of a patch that counts on D."""
    decisions = world.of(world.decisions, patch)
    parcels = [p for p in world.of(world.parcels, patch) if not p["ended"]]
    if is_final(parcels, decisions, D):
        return "final", final_since(parcels, decisions, D)
    listed = [
        p["listed_on"]
        for p in problems
        if p["patch_id"] == patch["id"] and by(p["listed_on"], D) and not by(p["written_off_on"], D)
    ]
    if listed:
        return "problem", min(listed)
    if not by(patch["reported_on"], D):
        return "reporting", patch["issued_on"]
    if deeming_holds(decisions, D):
        return "deeming", deeming_since(patch, decisions, D)
    numbers = [p["parcel_no"] for p in parcels] or [0]
    standing = [_parcel(patch, decisions, number, D) for number in numbers]
    least = min(standing, key=lambda s: ORDER.index(s[0]))[0]
    return least, min(since for name, since, _ in _waiting(standing) if name == least)


def _waiting(standing: list[tuple[str, date, bool]]) -> list[tuple[str, date, bool]]:
    """A parcel that the province passed waits for nobody."""
    return [s for s in standing if not s[2]]


def _parcel(patch: Row, decisions: list[Row], number: int, D: date) -> tuple[str, date, bool]:
    own = [d for d in decisions if by(d["decided_on"], D) and d["parcel_no"] in (0, number)]
    if not own:
        return "city_audit", patch["reported_on"], False
    last: dict[str, Any] = max(
        own,
        key=lambda d: (
            d["decided_on"], HEIGHT[d["level"]], d["result"] == "passed", d["parcel_no"] != 0,
        ),
    )  # fmt: skip
    city, returned = last["level"] == "city", last["result"] == "returned"
    if returned and not by(last["resubmitted_on"], D):
        return ("correcting" if city else "province_returned"), last["decided_on"], False
    if returned:
        return ("city_audit" if city else "province_audit"), last["resubmitted_on"], False
    if not city:
        return "province_audit", last["decided_on"], True
    if not by(patch["forwarded_on"], D):
        return "forwarding", last["decided_on"], False
    return "province_audit", patch["forwarded_on"], False


def standing(world: World, problems: list[Row], year: int, D: date) -> dict[str, tuple[Any, ...]]:
    """Patch number → (district, stage, since, days, workdays)."""
    found = {}
    for patch in world.patches:
        if patch["year"] == year and counts(patch, D):
            name, since = stage(world, problems, patch, D)
            told = (D - since).days, workdays_between(since, D)
            found[patch["patch_no"]] = (district(patch, D), name, since, *told)
    return found
