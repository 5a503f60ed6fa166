"""Photographs of field checks, in the reader's scope (workflow/photographs.py takes them in)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from data.scope import Scope
from data.store.models import Patch, Photograph
from data.store.queries.check_steps import Place
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import CheckLevel, PlacedBy


@dataclass(frozen=True, slots=True)
class Photo:
    """As models.Photograph has it; year, patch_no: of the patch."""

    id: int
    year: int
    patch_no: str
    level: CheckLevel
    added_on: date
    account: str
    file_name: str
    file_path: str
    sha256: str
    look: str
    taken_at: str | None
    lon: float | None
    lat: float | None
    azimuth_deg: float | None
    placed_by: PlacedBy | None

    @property
    def place(self) -> Place:
        return self.patch_no, self.level

    @property
    def is_bare(self) -> bool:
        """Whether nothing tells where or when it was taken."""
        return self.lon is None or self.taken_at is None


def photographs(conn: Connection, scope: Scope, day: date) -> list[Photo]:
    """All that were added by the day, of patches that the scope may see then; oldest first."""
    return _read(conn, scope, day)


def photograph(conn: Connection, scope: Scope, number: int, day: date) -> Photo | None:
    """None for one that is not there, and for one that the scope may not see."""
    found = _read(conn, scope, day, number)
    return found[0] if found else None


def _read(conn: Connection, scope: Scope, day: date, number: int | None = None) -> list[Photo]:
    h, state = Photograph, PatchState(Patch, day_literal(day))
    query = (
        select(
            h.id, Patch.year, Patch.patch_no, h.level, h.added_on, h.account, h.file_name,
            h.file_path, h.file_sha256, h.look, h.taken_at, h.lon, h.lat, h.azimuth_deg,
            h.placed_by,
        )
        .join(Patch, Patch.id == h.patch_id)
        .where(h.added_on <= day, state.visible_to(scope))
        .order_by(h.id)
    )  # fmt: skip
    if number is not None:
        query = query.where(h.id == number)
    return [
        Photo(
            row.id, row.year, row.patch_no, CheckLevel(row.level), row.added_on, row.account,
            row.file_name, row.file_path, row.file_sha256, row.look, row.taken_at, row.lon, row.lat,
            row.azimuth_deg, PlacedBy(row.placed_by) if row.placed_by else None,
        )
        for row in conn.execute(query)
    ]  # fmt: skip
