"""Single patches that a reader would look for first, found by what happened to them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, select

from data.scope import Scope
from data.store.models import AuditDecision, EnforcementCase, FieldCheck, Parcel, Patch
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import CheckFinding, Legality


def largest_open_unlawful(
    conn: Connection, scope: Scope, year: int, by: date, district: str
) -> str | None:
    """Number of the district's patch, reported by a day, with the largest parcel (farmland) that
    the county called unlawful and of which nothing is rectified."""
    state = PatchState(Patch, day_literal(by))
    query = (
        select(Patch.patch_no)
        .join(Parcel, Parcel.patch_id == Patch.id)
        .outerjoin(EnforcementCase, EnforcementCase.patch_id == Patch.id)
        .where(
            Patch.year == year,
            state.visible_to(scope.narrowed_to(district)),
            Patch.reported_on <= by,
            Parcel.legality == Legality.UNLAWFUL.value,
            EnforcementCase.eliminated_on.is_(None),
        )
        .order_by(Parcel.farmland_mu.desc(), Patch.id)
        .limit(1)
    )
    return conn.scalar(query)


def first_deemed(conn: Connection, scope: Scope, year: int, by: date) -> tuple[str, date] | None:
    """(number, day) of the first patch that a decision deemed unlawful for not correcting."""
    d, state = AuditDecision, PatchState(Patch, day_literal(by))
    query = (
        select(Patch.patch_no, d.decided_on)
        .join(d, d.patch_id == Patch.id)
        .where(Patch.year == year, state.visible_to(scope), d.deemed.is_(True), d.decided_on <= by)
        .order_by(d.decided_on, Patch.id)
        .limit(1)
    )
    row = conn.execute(query).first()
    return (row.patch_no, row.decided_on) if row else None


def first_found_untrue(conn: Connection, scope: Scope, year: int, by: date) -> str | None:
    """Number of the first patch that a field check found to be other than reported (不属实)."""
    state = PatchState(Patch, day_literal(by))
    query = (
        select(Patch.patch_no)
        .join(FieldCheck, FieldCheck.patch_id == Patch.id)
        .where(
            Patch.year == year,
            state.visible_to(scope),
            FieldCheck.finding == CheckFinding.FALSE.value,
            FieldCheck.checked_on <= by,
        )
        .order_by(FieldCheck.checked_on, Patch.id)
        .limit(1)
    )
    return conn.scalar(query)
