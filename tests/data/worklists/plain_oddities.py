"""What looks wrong once more, patch by patch in plain Python from the words of docs/worklists.md:
slow, to compare with. Shares nothing with the product but the names of kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from tests.data.store.reference_figures import Row, World, by, counts, district

#: (kind, district, what they have in common) → (numbers of the patches, out of how many).
Found = dict[tuple[str, str, Any], tuple[frozenset[str], int]]
Has = Iterator[tuple[str, str, Any]]


def filled(patch: Row, parcel: Row, D: date) -> bool:
    """The county has reported the parcel; a later one without a day goes with its patch."""
    own = parcel["reported_on"] or (None if parcel["is_founding"] else patch["reported_on"])
    return not parcel["ended"] and by(own, D)


class Plain:
    def __init__(self, world: World, year: int, D: date) -> None:
        self.world, self.D = world, D
        self.patches = [p for p in world.patches if p["year"] == year and counts(p, D)]

    def parcels(self, patch: Row) -> list[Row]:
        return [p for p in self.world.of(self.world.parcels, patch) if filled(patch, p, self.D)]

    def each(self, kind: str) -> Iterator[tuple[Row, str, Any]]:
        """patch, group within the district, value; None: it could have one and has none."""
        for patch in self.patches:
            if (
                kind == "last_day"
                and patch["domain"] == "land"
                and by(patch["reported_on"], self.D)
            ):
                month = patch["clearance_month"]
                yield patch, month, month if patch["reported_on"] == patch["due_on"] else None
            for case in self.world.of(self.world.cases, patch) if kind == "one_day" else []:
                if by(case["eliminated_on"], self.D):
                    yield patch, "", case["eliminated_on"]
            for row in self.world.of(self.world.decisions, patch) if kind == "same_opinion" else []:
                words = (row["opinion"] or "").strip()
                if row["result"] == "returned" and by(row["decided_on"], self.D) and len(words) > 5:
                    yield patch, "", words
            for parcel in self.parcels(patch):
                if kind == "same_area" and parcel["area_mu"] > 0:
                    yield patch, "", parcel["area_mu"]
                words = (parcel["circumstances"] or "").strip()
                if kind == "same_text" and len(words) > 5:
                    yield patch, "", words
                if kind == "share" and patch["domain"] == "land":
                    is_other = parcel["legality"] == "other"
                    yield patch, "", parcel["other_category"] if is_other else None

    def grouped(self, kind: str) -> tuple[dict[Any, set[str]], dict[Any, set[str]]]:
        """(district, part, value) → patches; (district, part) → all that could."""
        having, whole = defaultdict(set), defaultdict(set)
        for patch, part, value in self.each(kind):
            code = district(patch, self.D)
            whole[code, part].add(patch["patch_no"])
            if value is not None:
                having[code, part, value].add(patch["patch_no"])
        return having, whole


def concentrated(plain: Plain, kind: str, least: int, share: float) -> Found:
    having, whole = plain.grouped(kind)
    return {
        (kind, code, value): (frozenset(numbers), len(whole[code, part]))
        for (code, part, value), numbers in having.items()
        if len(numbers) >= least and len(numbers) / len(whole[code, part]) >= share
    }


def shares(now: Plain, before: Plain, least: int, filled_in: int, gap: float, times: float
           ) -> Found:  # fmt: skip
    having, whole = now.grouped("share")
    had, had_whole = before.grouped("share")
    found: Found = {}
    for (code, _, value), numbers in having.items():
        if value not in ("unchanged", "facility_farmland", "temporary_land"):
            continue
        n, all_ = len(numbers), len(whole[code, ""])
        other_n = sum(len(s) for (c, _, v), s in having.items() if c != code and v == value)
        other_all = sum(len(s) for (c, _), s in whole.items() if c != code)
        last_n, last_all = len(had.get((code, "", value), ())), len(had_whole.get((code, ""), ()))
        if n < least or all_ < filled_in or other_all < filled_in:
            continue
        beside = [other_n / other_all] + ([last_n / last_all] if last_all >= filled_in else [])
        if all(n / all_ - b >= gap and n / all_ >= times * b for b in beside):
            found["share", code, value] = (frozenset(numbers), all_)
    return found


def under_line(plain: Plain, column: str, line: float, least: int, width: float, times: float
               ) -> Found:  # fmt: skip
    bands: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for patch in plain.patches:
        parcels = plain.parcels(patch)
        area = sum(p[column] for p in parcels)
        band = int((area - line + 1e-9) // (width * line))
        if parcels and band in (-2, -1, 0):
            bands[district(patch, plain.D)][band].add(patch["patch_no"])
    found: Found = {}
    for code, own in bands.items():
        beside = (len(own[-2]) + len(own[0])) / 2
        if len(own[-1]) >= least and len(own[-1]) >= times * max(beside, 1):
            whole = sum(map(len, own.values()))
            found["under_line", code, (column, line)] = (frozenset(own[-1]), whole)
    return found
