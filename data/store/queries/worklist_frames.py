"""Patches and what is known of them as columns, for the worklists: one statement a table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import CompoundSelect, Connection, Select, and_, select, union

from data.scope import Scope
from data.store.columns import columns_of
from data.store.models import (
    AuditDecision,
    EnforcementCase,
    LedgerItem,
    Parcel,
    Patch,
    Problem,
    Recheck,
)
from data.store.queries.list_filters import identified
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import RectificationWay

#: Ids of patches, as a select.
Among = Select[Any] | CompoundSelect[Any] | None


class Standing:
    """The patches that count on a day and that a reader may see, of one work year or of all; or
    those of the ids that he may see, whether they count or not. among: no others than these ids."""

    def __init__(
        self,
        scope: Scope,
        year: int | None,
        day: date,
        ids: Sequence[int] | None = None,
        among: Among = None,
    ) -> None:
        self.state = PatchState(Patch, day_literal(day))
        which = [] if year is None else [Patch.year == year]
        if among is not None:
            which.append(Patch.id.in_(among))
        which.append(self.state.active if ids is None else identified(ids))
        self.where = and_(*which, self.state.visible_to(scope))


def to_recheck(categories: Collection[str], day: date) -> CompoundSelect[Any]:
    """Ids of the patches with a parcel of one of the categories of 其他, or one that was
    recultivated by the day: all that can have a recheck due."""
    c = EnforcementCase
    recultivated = c.way == RectificationWay.DEMOLITION_RECULTIVATION.value
    return union(
        select(Parcel.patch_id).where(Parcel.other_category.in_(sorted(categories))),
        select(c.patch_id).where(recultivated, c.eliminated_on <= day),
    )


def patch_frame(
    conn: Connection,
    scope: Scope,
    year: int | None,
    day: date,
    ids: Sequence[int] | None = None,
    among: Among = None,
) -> pd.DataFrame:
    """id, year, patch_no, district (of the day), domain, clearance_month, issued_on, due_on,
    reported_on, forwarded_on, area_mu, farmland_mu, basic_farmland_mu, redline_mu."""
    of = Standing(scope, year, day, ids, among)
    p = Patch
    query = (
        select(
            p.id, p.year, p.patch_no, of.state.district.label("district"), p.domain,
            p.clearance_month, p.issued_on, p.due_on, p.reported_on, p.forwarded_on, p.area_mu,
            p.farmland_mu, p.basic_farmland_mu, p.redline_mu,
        )
        .where(of.where)
        .order_by(p.year, p.patch_no)
    )  # fmt: skip
    return columns_of(conn, query)


def parcel_frame(
    conn: Connection,
    scope: Scope,
    year: int | None,
    day: date,
    ids: Sequence[int] | None = None,
    among: Among = None,
) -> pd.DataFrame:
    """The parcels of the split as it is now, of patch_frame's patches."""
    pc = Parcel
    query = (
        select(
            pc.patch_id, pc.parcel_no, pc.legality, pc.other_category, pc.area_mu, pc.farmland_mu,
            pc.basic_farmland_mu, pc.redline_mu, pc.reported_on, pc.is_founding, pc.approved_until,
        )
        .join(Patch, Patch.id == pc.patch_id)
        .where(~pc.ended, Standing(scope, year, day, ids, among).where)
        .order_by(pc.patch_id, pc.parcel_no)
    )  # fmt: skip
    found = columns_of(conn, query)
    found["is_founding"] = found["is_founding"].astype(bool)
    return found


def decision_frame(
    conn: Connection,
    scope: Scope,
    year: int | None,
    day: date,
    ids: Sequence[int] | None = None,
    among: Among = None,
) -> pd.DataFrame:
    """The decisions by the day of patch_frame's patches: patch_id, parcel_no, level_rank,
    decided_on, result, determination, deemed, reason_codes, resubmitted_on; oldest first, on one
    day a higher level later and 通过 after 退回."""
    d = AuditDecision
    query = (
        select(
            d.patch_id, d.parcel_no, d.level_rank, d.decided_on, d.result, d.determination,
            d.deemed, d.reason_codes, d.resubmitted_on,
        )
        .join(Patch, Patch.id == d.patch_id)
        .where(d.decided_on <= day, Standing(scope, year, day, ids, among).where)
    )  # fmt: skip
    found = columns_of(conn, query)
    found["level_rank"] = found["level_rank"].astype(np.int64)
    found["passed"] = found["result"].to_numpy() == "passed"
    found["deemed"] = [bool(value) for value in found["deemed"]]
    order = ["patch_id", "decided_on", "level_rank", "passed", "parcel_no"]
    return found.sort_values(order, ignore_index=True)


def case_frame(
    conn: Connection,
    scope: Scope,
    year: int | None,
    day: date,
    ids: Sequence[int] | None = None,
    among: Among = None,
) -> pd.DataFrame:
    """What was done about parcels of patch_frame's patches, whenever."""
    c = EnforcementCase
    query = (
        select(
            c.patch_id, c.parcel_no, c.filed_on, c.way, c.eliminated_on, c.accepted_on,
            c.certificate_no, c.planned_on, c.responsible_unit,
        )
        .join(Patch, Patch.id == c.patch_id)
        .where(Standing(scope, year, day, ids, among).where)
        .order_by(c.patch_id, c.parcel_no)
    )  # fmt: skip
    return columns_of(conn, query)


def problem_frame(conn: Connection, scope: Scope, year: int | None, day: date) -> pd.DataFrame:
    """The items of the problem list by the day: patch_id, listed_on, deadline_on, written_off_on,
    description."""
    q = Problem
    query = (
        select(q.patch_id, q.listed_on, q.deadline_on, q.written_off_on, q.description)
        .join(Patch, Patch.id == q.patch_id)
        .where(q.listed_on <= day, Standing(scope, year, day).where)
        .order_by(q.listed_on, q.patch_id)
    )
    return columns_of(conn, query)


def recheck_frame(conn: Connection, scope: Scope, year: int | None, day: date) -> pd.DataFrame:
    """The rechecks by the day, oldest first: patch_id, parcel_no, rechecked_on, finding."""
    r = Recheck
    query = (
        select(r.patch_id, r.parcel_no, r.rechecked_on, r.finding)
        .join(Patch, Patch.id == r.patch_id)
        .where(r.rechecked_on <= day, Standing(scope, year, day).where)
        .order_by(r.patch_id, r.parcel_no, r.rechecked_on)
    )
    return columns_of(conn, query)


def ledger_frame(conn: Connection, scope: Scope) -> pd.DataFrame:
    """The rows of the ledger since 2018: year, patch_no, parcel_no, district, and its columns."""
    item = LedgerItem
    query = select(
        item.year, item.patch_no, item.parcel_no, item.district_code.label("district"),
        item.unlawful_farmland_mu.label("farmland_mu"),
        item.unlawful_basic_farmland_mu.label("basic_farmland_mu"), item.way, item.deadline_on,
        item.eliminated_on, item.accepted_on, item.certificate_no, item.written_off_on,
    ).order_by(item.year, item.patch_no, item.parcel_no)  # fmt: skip
    if scope.districts is not None:
        query = query.where(item.district_code.in_(sorted(scope.districts)))
    return columns_of(conn, query)
