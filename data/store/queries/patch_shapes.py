"""Boxes and shapes of many patches and of reference features, for what lies on what."""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import Connection, and_, literal, or_, select

from data.scope import Scope
from data.store.columns import columns_of
from data.store.models import Patch, ReferenceFeature
from data.store.queries.reference_layers import may_see
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import ReferenceLayer


def placed_patches(conn: Connection, scope: Scope, day: date) -> pd.DataFrame:
    """The patches of all work years issued by the day that have a shape, withdrawn ones too: id,
    year, patch_no, district, issued_on, counts (on the day), area_mu, farmland_mu,
    basic_farmland_mu, redline_mu, geom_area_mu, min_lon, min_lat, max_lon, max_lat."""
    p, state = Patch, PatchState(Patch, day_literal(day))
    query = (
        select(
            p.id, p.year, p.patch_no, state.district.label("district"), p.issued_on,
            state.active.label("counts"), p.area_mu, p.farmland_mu, p.basic_farmland_mu,
            p.redline_mu, p.geom_area_mu, p.min_lon, p.min_lat, p.max_lon, p.max_lat,
        )
        .where(p.issued_on <= day, p.min_lon.is_not(None), p.geom.is_not(None))
        .where(state.visible_to(scope))
        .order_by(p.issued_on, p.patch_no, p.id)
    )  # fmt: skip
    found = columns_of(conn, query)
    found["counts"] = found["counts"].astype(bool)
    return found


def evidenced_features(conn: Connection, scope: Scope, day: date) -> pd.DataFrame:
    """Features of 其他专项图斑 with evidence known by the day: id, code, programme, recorded_on,
    the box as in placed_patches. Nothing where reference_layers.may_see would refuse."""
    f = ReferenceFeature
    seen_by_reader = literal(may_see(scope, ReferenceLayer.OTHER_PROGRAMME))
    seen = or_(f.recorded_on.is_(None), f.recorded_on <= day)
    mine = f.layer == ReferenceLayer.OTHER_PROGRAMME.value
    query = select(
        f.id, f.code, f.programme, f.recorded_on, f.min_lon, f.min_lat, f.max_lon, f.max_lat
    ).where(and_(mine, seen, f.has_evidence.is_(True), seen_by_reader))
    return columns_of(conn, query.order_by(f.id))
