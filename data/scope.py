"""Which districts a reader may see. Every query takes one; a query without one does not exist."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """districts: codes that may be seen; None means all of them (city, leader, admin)."""

    districts: frozenset[str] | None = None

    @classmethod
    def all(cls) -> Scope:
        return cls(None)

    def allows(self, district: str) -> bool:
        return self.districts is None or district in self.districts

    def narrowed_to(self, district: str | None) -> Scope:
        """This scope cut down to one district; empty where the district is outside it."""
        if district is None:
            return self
        return Scope(frozenset({district}) if self.allows(district) else frozenset())
