"""What a certificate rests on beside the ledger: the areas of its parcel, and the city's visits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, func, select

from data.scope import Scope
from data.store.models import EnforcementCase, FieldCheck, Parcel, Patch
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import CheckFinding, CheckLevel, RectificationWay

Key = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class CertifiedAreas:
    """Of a parcel, in 亩: its own area, what was restored, what was recultivated."""

    area_mu: float | None
    restored_mu: float | None
    recultivated_mu: float | None


def certified_areas(conn: Connection, scope: Scope, as_of: date) -> dict[Key, CertifiedAreas]:
    """(work year, patch, parcel) → areas of what is rectified by 拆除复耕."""
    c, state = EnforcementCase, PatchState(Patch, day_literal(as_of))
    query = (
        select(
            Patch.year, Patch.patch_no, c.parcel_no,
            func.coalesce(Parcel.area_mu, Patch.area_mu).label("area_mu"), c.restored_mu,
            c.recultivated_mu,
        )
        .join(Patch, Patch.id == c.patch_id)
        .outerjoin(
            Parcel,
            and_(
                Parcel.patch_id == c.patch_id, Parcel.parcel_no == c.parcel_no, ~Parcel.ended
            ),
        )
        .where(
            c.way == RectificationWay.DEMOLITION_RECULTIVATION.value, state.visible_to(scope)
        )
    )  # fmt: skip
    return {
        (r.year, r.patch_no, r.parcel_no): CertifiedAreas(
            r.area_mu, r.restored_mu, r.recultivated_mu
        )
        for r in conn.execute(query)
    }


@dataclass(frozen=True, slots=True)
class Visit:
    """A check of the city."""

    checked_on: date
    finding: CheckFinding
    checked_by: str
    note: str


def city_visits(conn: Connection, scope: Scope, as_of: date) -> dict[tuple[int, str], list[Visit]]:
    """(work year, patch) → its checks by the city up to the day, oldest first."""
    f, state = FieldCheck, PatchState(Patch, day_literal(as_of))
    rectified = select(EnforcementCase.patch_id).where(
        EnforcementCase.way == RectificationWay.DEMOLITION_RECULTIVATION.value
    )
    query = (
        select(Patch.year, Patch.patch_no, f.checked_on, f.finding, f.checked_by, f.note)
        .join(Patch, Patch.id == f.patch_id)
        .where(
            f.level == CheckLevel.CITY.value,
            f.checked_on <= as_of,
            f.patch_id.in_(rectified),
            state.visible_to(scope),
        )
        .order_by(f.checked_on, f.id)
    )
    found: dict[tuple[int, str], list[Visit]] = {}
    for r in conn.execute(query):
        visit = Visit(r.checked_on, CheckFinding(r.finding), r.checked_by, r.note or "")
        found.setdefault((r.year, r.patch_no), []).append(visit)
    return found
