"""The patches behind a finding: numbers, largest or longest first, or how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from data.rules.triggers import Finding
from data.scope import Scope
from data.store.queries import trigger_facts
from data.store.queries.contributions import (
    OF_PARCELS,
    amounts_of_patches,
    counts_of_patches,
)
from data.vocabulary import RatioVariant

Facts = Mapping[str, Any]

#: What a finding is about → the figure behind it; of a variant of the ratio its numerator.
_FIGURES = {
    "overdue": "overdue",
    "returned": "returned",
    **{f"ratio_{variant}": f"ratio_{variant}_part_mu" for variant in RatioVariant},
    "basic_farmland": "remaining_basic_farmland_mu",
    "redline": "remaining_redline_mu",
    "remaining": "remaining_mu",
    "unrectified": "unrectified_farmland_mu",
    "mineral": "mineral_unlawful_patches",
}


def figures_behind(about: str) -> tuple[str, ...]:
    """The figures (of contributions.LISTED) whose lists are the patches behind a finding, as its
    `about` names them; none for what single patches or records say."""
    known = (_FIGURES.get(part) for part in about.split("+"))
    return tuple(dict.fromkeys(name for name in known if name))


_OF_PARCELS = tuple(name for name in _FIGURES.values() if name in OF_PARCELS)


class Evidence:
    """Looks behind the findings of one day; what all of them need is read once."""

    def __init__(self, conn: Connection, scope: Scope, year: int, as_of: date) -> None:
        self.conn, self.scope, self.year, self.as_of = conn, scope, year, as_of

    @cached_property
    def _amounts(self) -> Sequence[Facts]:
        """Patches of all figures on areas and minerals at once: they look at the same parcels."""
        return amounts_of_patches(self.conn, self.scope, self.year, self.as_of, _OF_PARCELS)

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
        if finding.patches:
            return list(finding.patches)
        if finding.about in ("overdue", "returned"):
            assert finding.period is not None
            assert district is not None
            by_month = self._overdue if finding.about == "overdue" else self._returned
            return by_month.get((district, finding.period), [])
        names = figures_behind(finding.about)
        sizes = {
            row["patch_no"]: max(row[name] for name in names)
            for row in self._amounts
            if names
            and (district is None or row["district"] == district)
            and any(row[name] for name in names)
        }
        return sorted(sizes, key=lambda no: (-sizes[no], no))


class Counted:
    """How many patches stand behind the findings of one day, without reading any of them."""

    def __init__(
        self, conn: Connection, scope: Scope, year: int, as_of: date, document: Facts
    ) -> None:
        """document: the figures of the view (queries/figures.py)."""
        self.conn, self.scope, self.year, self.as_of = conn, scope, year, as_of
        self._months = {(row["code"], row["month"]): row for row in document["months"]}

    @cached_property
    def _counts(self) -> Sequence[tuple[str, frozenset[str], int]]:
        return counts_of_patches(self.conn, self.scope, self.year, self.as_of, _OF_PARCELS)

    def count(self, finding: Finding, district: str | None) -> int:
        """len(Evidence.patches(finding, district))."""
        if finding.subject is not None:
            return 1
        if finding.patches:
            return len(finding.patches)
        if finding.about in ("overdue", "returned"):
            row = self._months.get((district, finding.period))
            return row[finding.about] if row else 0
        names = frozenset(figures_behind(finding.about))
        if not names:
            return 0
        return sum(
            count
            for code, figures, count in self._counts
            if names & figures and district in (None, code)
        )
