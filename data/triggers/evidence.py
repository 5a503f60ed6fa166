"""The patches behind a finding: numbers, largest or longest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from data.rules.triggers import Finding
from data.scope import Scope
from data.store.queries import trigger_facts
from data.vocabulary import Domain, RatioVariant

Parcel = Mapping[str, Any]


def _remaining(parcel: Parcel) -> bool:
    return bool(parcel["counted"] and not parcel["eliminated"])


def _of_ratio(variant: RatioVariant) -> Callable[[Parcel], bool]:
    """What stands in the numerator of a variant."""
    return lambda p: bool(p["counted"] and p["new_construction"] and not p[f"deducted_{variant}"])


#: about → (which unlawful land parcels, by which area they are ordered)
_AREAS: dict[str, tuple[Callable[[Parcel], bool], str]] = {
    **{f"ratio_{variant}": (_of_ratio(variant), "farmland_mu") for variant in RatioVariant},
    "basic_farmland": (_remaining, "basic_farmland_mu"),
    "redline": (_remaining, "redline_mu"),
    "remaining": (_remaining, "area_mu"),
    "unrectified": (lambda p: bool(p["counted"] and not p["rectified"]), "farmland_mu"),
}


class Evidence:
    """Looks behind the findings of one day; what all of them need is read once."""

    def __init__(self, conn: Connection, scope: Scope, year: int, as_of: date) -> None:
        self.conn, self.scope, self.year, self.as_of = conn, scope, year, as_of

    @cached_property
    def _parcels(self) -> list[dict[str, Any]]:
        return trigger_facts.unlawful_parcels(self.conn, self.scope, self.year, self.as_of)

    @cached_property
    def _overdue(self) -> dict[tuple[str, str], list[str]]:
        return trigger_facts.overdue_patches(self.conn, self.scope, self.year, self.as_of)

    @cached_property
    def _returned(self) -> dict[tuple[str, str], list[str]]:
        return trigger_facts.returned_patches(self.conn, self.scope, self.year, self.as_of)

    def patches(self, finding: Finding, district: str | None) -> list[str]:
        """Numbers of the patches behind a finding on a district (None: the whole scope)."""
        if finding.subject is not None:
            return [finding.subject]
        if finding.about in ("overdue", "returned"):
            assert finding.period is not None
            assert district is not None
            by_month = self._overdue if finding.about == "overdue" else self._returned
            return by_month.get((district, finding.period), [])
        sizes: dict[str, float] = {}
        own = [p for p in self._parcels if district is None or p["district"] == district]
        for about in dict.fromkeys(finding.about.split("+")):
            for patch_no, size in self._about(about, own).items():
                sizes[patch_no] = max(sizes.get(patch_no, 0.0), size)
        return sorted(sizes, key=lambda no: (-sizes[no], no))

    def _about(self, about: str, own: list[dict[str, Any]]) -> dict[str, float]:
        if about == "mineral":
            return {p["patch_no"]: p["area_mu"] for p in own if p["domain"] == Domain.MINERAL.value}
        if about not in _AREAS:
            return {}
        chosen, column = _AREAS[about]
        sizes: dict[str, float] = {}
        for parcel in own:
            area = parcel[column]
            if parcel["domain"] == Domain.LAND.value and area > 0 and chosen(parcel):
                sizes[parcel["patch_no"]] = sizes.get(parcel["patch_no"], 0.0) + area
        return sizes
