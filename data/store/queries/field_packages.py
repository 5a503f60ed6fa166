"""How patches stand to a field package (外业包): what it says of each when it is taken out, and
what is asked when it comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from data.scope import Scope
from data.store.models import Patch
from data.store.queries.state import PatchState, day_literal

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PatchNow:
    """district: that of the day. withdrawn_on, withdrawn_why: also of a day to come. shape: a
    fingerprint of the shape, or of the point where only that is known."""

    id: int
    patch_no: str
    district: str
    issued_on: date
    withdrawn_on: date | None
    withdrawn_why: str
    shape: str


def patches_now(
    conn: Connection, scope: Scope, year: int, numbers: Collection[str], day: date
) -> dict[str, PatchNow]:
    """By number, withdrawn ones too."""
    p, state = Patch, PatchState(Patch, day_literal(day))
    columns = (
        p.id, p.patch_no, state.district.label("district"), p.issued_on, p.withdrawn_on,
        p.withdrawn_why, p.lon, p.lat, p.geom,
    )  # fmt: skip
    query = select(*columns).where(p.year == year, state.visible_to(scope))
    found = {}
    wanted = sorted(numbers)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        for row in conn.execute(query.where(p.patch_no.in_(some))):
            place = bytes(row.geom) if row.geom is not None else f"{row.lon},{row.lat}".encode()
            found[row.patch_no] = PatchNow(
                row.id, row.patch_no, row.district, row.issued_on, row.withdrawn_on,
                row.withdrawn_why or "", hashlib.sha256(place).hexdigest()[:8],
            )  # fmt: skip
    return found
