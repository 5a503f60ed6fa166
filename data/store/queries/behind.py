"""The patches behind a trigger, and the facts that field checks choose from."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, exists, select, true

from data.scope import Scope
from data.store.models import FieldCheck, Patch
from data.store.queries.state import (
    Expression,
    ParcelState,
    PatchState,
    day_literal,
    parcels_at,
)
from data.vocabulary import CheckLevel, RectificationWay


def overdue_patches(
    conn: Connection, scope: Scope, year: int, as_of: date, month: str
) -> list[str]:
    """Numbers of the scope's patches of a clearance month that are overdue, longest first."""
    state = PatchState(Patch, day_literal(as_of))
    query = (
        select(Patch.patch_no)
        .where(
            Patch.year == year,
            Patch.clearance_month == month,
            state.active,
            state.visible_to(scope),
            state.overdue,
        )
        .order_by(Patch.due_on, Patch.patch_no)
    )
    return list(conn.scalars(query))


def remaining_patches(
    conn: Connection, scope: Scope, year: int, as_of: date, about: str
) -> list[str]:
    """Numbers of land patches with counted parcels not eliminated, largest first.

    about: "ratio" (new construction on farmland), "basic_farmland" or "redline".
    """
    day = day_literal(as_of)
    state = PatchState(Patch, day)
    keys: list[Expression] = [Patch.id.label("patch_id"), Patch.patch_no.label("patch_no")]
    rows = parcels_at(
        Patch,
        day,
        Patch.__table__,
        keys,
        Patch.year == year,
        state.is_land,
        state.active,
        state.visible_to(scope),
    )
    parcel = ParcelState(rows, day, year)
    column = {
        "ratio": rows.c.farmland_mu,
        "basic_farmland": rows.c.basic_farmland_mu,
        "redline": rows.c.redline_mu,
    }[about]
    extra: Expression = parcel.new_construction if about == "ratio" else true()
    query = select(rows.c.patch_no, column).where(
        parcel.counted, ~parcel.eliminated, column > 0, extra
    )
    largest: dict[str, float] = {}
    for patch_no, area in conn.execute(query).tuples():
        largest[patch_no] = largest.get(patch_no, 0.0) + area
    return sorted(largest, key=lambda no: (-largest[no], no))


def _checked(state: PatchState, level: CheckLevel) -> Expression:
    f = FieldCheck
    return exists().where(f.patch_id == Patch.id, f.level == level.value, f.checked_on <= state.day)


def check_facts(conn: Connection, scope: Scope, year: int, as_of: date) -> list[dict[str, Any]]:
    """What the field checks choose from: every patch that counts on the day.

    Keys: patch_no, district, domain, clearance_month, farmland_mu, basic_farmland_mu, redline_mu,
    suspected, unlawful, pending, county_checked, city_checked.
    """
    state = PatchState(Patch, day_literal(as_of))
    query = (
        select(
            Patch.patch_no,
            state.district.label("district"),
            Patch.domain,
            Patch.clearance_month,
            Patch.farmland_mu,
            Patch.basic_farmland_mu,
            Patch.redline_mu,
            state.is_suspected.label("suspected"),
            state.is_unlawful.label("unlawful"),
            state.is_pending.label("pending"),
            _checked(state, CheckLevel.COUNTY).label("county_checked"),
            _checked(state, CheckLevel.CITY).label("city_checked"),
        )
        .where(Patch.year == year, state.active, state.visible_to(scope))
        .order_by(Patch.patch_no)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def recultivated_parcels(
    conn: Connection, scope: Scope, year: int, as_of: date
) -> list[dict[str, Any]]:
    """Parcels rectified by 拆除复耕 (F4): the patch's facts with parcel_no and certificate_no."""
    day = day_literal(as_of)
    state = PatchState(Patch, day)
    keys: list[Expression] = [
        Patch.patch_no.label("patch_no"),
        state.district.label("district"),
        Patch.domain.label("domain"),
        Patch.farmland_mu.label("patch_farmland_mu"),
        Patch.basic_farmland_mu.label("patch_basic_farmland_mu"),
        Patch.redline_mu.label("patch_redline_mu"),
    ]
    conditions = (Patch.year == year, state.active, state.visible_to(scope))
    rows = parcels_at(Patch, day, Patch.__table__, keys, *conditions)
    parcel = ParcelState(rows, day, year)
    query = (
        select(
            rows.c.patch_no,
            rows.c.parcel_no,
            rows.c.district,
            rows.c.domain,
            rows.c.patch_farmland_mu.label("farmland_mu"),
            rows.c.patch_basic_farmland_mu.label("basic_farmland_mu"),
            rows.c.patch_redline_mu.label("redline_mu"),
            rows.c.certificate_no,
        )
        .where(
            parcel.rectified,
            rows.c.way == RectificationWay.DEMOLITION_RECULTIVATION.value,
        )
        .order_by(rows.c.patch_no, rows.c.parcel_no)
    )
    return [dict(row) for row in conn.execute(query).mappings()]
