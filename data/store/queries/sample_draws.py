"""Samples of field checks (F2) as they were drawn (workflow/sampling.py draws them)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from data.scope import Scope
from data.store.models import SampleDraw

JOINER = "、"


@dataclass(frozen=True, slots=True)
class Draw:
    """supplement: 0 for the first draw of its month. population: sorted patch numbers."""

    number: int
    year: int
    month: str
    supplement: int
    drawn_on: date
    seed: str
    share: float
    population: tuple[str, ...]
    population_sha256: str
    drawn: tuple[str, ...]
    drawn_by: str


def population_hash(numbers: Iterable[str]) -> str:
    """SHA-256 of the sorted numbers, one a line."""
    return hashlib.sha256("\n".join(sorted(numbers)).encode()).hexdigest()


def draws(conn: Connection, scope: Scope, year: int, as_of: date) -> list[Draw]:
    """Those of the work year by the day. Their populations are of all districts: nothing where the
    reader does not see all of them."""
    if scope.districts is not None:
        return []
    return recorded_draws(conn, year, as_of)


def recorded_draws(conn: Connection, year: int, as_of: date) -> list[Draw]:
    """Whoever reads: which patches were drawn does not depend on him."""
    d = SampleDraw
    query = (
        select(*d.__table__.columns)
        .where(d.year == year, d.drawn_on <= as_of)
        .order_by(d.clearance_month, d.supplement)
    )
    return [
        Draw(
            row.id,
            row.year,
            row.clearance_month,
            row.supplement,
            row.drawn_on,
            row.seed,
            row.share,
            tuple(row.population.split(JOINER)),
            row.population_sha256,
            tuple(row.drawn.split(JOINER)),
            row.drawn_by,
        )
        for row in conn.execute(query)
    ]
