"""The facts that field checks choose from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, exists, or_, select

from data.scope import Scope
from data.store.models import FieldCheck, Parcel, Patch
from data.store.queries.state import (
    Expression,
    ParcelState,
    PatchState,
    day_literal,
    parcels_at,
)
from data.store.queries.trigger_facts import said_unlawful, standing
from data.vocabulary import CheckLevel, RectificationWay

#: Areas are taken a little below a line; the rule itself rounds as a threshold does.
_BELOW = 1e-5


def _checked(state: PatchState, level: CheckLevel) -> Expression:
    f = FieldCheck
    within = (f.checked_on >= Patch.issued_on, f.checked_on <= state.day)
    return exists().where(f.patch_id == Patch.id, f.level == level.value, *within)


def check_facts(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    least: Mapping[str, float],
    serious: Collection[str],
) -> list[dict[str, Any]]:
    """What the field checks choose from: the patches that count on the day and that a check can
    concern: mineral ones, those that reach one of the areas in `least` (a column's name → 亩), and
    in the `serious` districts those that may be unlawful or pending.

    Keys: patch_no, district, domain, clearance_month, farmland_mu, basic_farmland_mu, redline_mu,
    suspected, unlawful, pending, county_checked, city_checked.
    """
    state = PatchState(Patch, day_literal(as_of))
    areas = [getattr(Patch, name) >= area - _BELOW for name, area in least.items()]
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
        .where(
            Patch.year == year,
            state.active,
            state.visible_to(scope),
            or_(
                *areas,
                ~state.is_land,
                and_(state.district.in_(sorted(serious)), _may_be_open(state, as_of)),
            ),
        )
        .order_by(Patch.patch_no)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def _may_be_open(state: PatchState, as_of: date) -> Expression:
    """What the bare columns say of patches that are unlawful or pending: every one of these, and
    few others, so that the definitions are asked of these only."""
    not_reported = or_(Patch.reported_on.is_(None), Patch.reported_on > as_of)
    later = exists().where(Parcel.patch_id == Patch.id, Parcel.reported_on > as_of)
    return or_(not_reported, Patch.id.in_(said_unlawful()), later)


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
    conditions = (*standing(state, scope, year), Patch.id.in_(said_unlawful()))
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
