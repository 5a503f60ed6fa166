"""The first few patches of each rule in each district, and how many there are: asked in sets.

Patches that a rule weighs alike stand in one class; of each class the first come back with the
number of all, so that what is read does not grow with the patches. The facts of the few are then
read by queries/trigger_facts.py as those of any others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Subquery, and_, case, func, or_, select

from data.scope import Scope
from data.store.models import Patch, Recheck
from data.store.queries.among import among
from data.store.queries.state import Expression, ParcelState, PatchState, day_literal, parcels_at
from data.store.queries.trigger_facts import (
    BELOW,
    CHANGED,
    large_patches_query,
    rechecked_otherwise,
    refusal_candidates,
    refusal_columns,
    standing,
)


@dataclass(frozen=True, slots=True)
class First:
    """One of the first patches of a class. kind: what tells its class from others. number: how many
    the class has; 0 where this patch stands for nothing but itself, because only the rule can tell
    whether it holds."""

    patch_id: int
    patch_no: str
    kind: tuple[Any, ...]
    number: int


def first_large(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    farmland_mu: float,
    basic_farmland_mu: float,
    apart: Collection[int],
    most: int,
) -> list[First]:
    """T6: patches that reach a line by their counted parcels and are open, the largest first.
    apart: ids of patches that stand in no class."""
    state = PatchState(Patch, day_literal(as_of))
    keys: list[Expression] = [
        Patch.id.label("patch_id"),
        Patch.patch_no.label("patch_no"),
        state.district.label("district"),
    ]
    conditions: list[Expression] = [
        *standing(state, scope, year),
        among(Patch.id, large_patches_query(year, farmland_mu, basic_farmland_mu)),
    ]
    if apart:
        conditions.append(Patch.id.not_in(sorted(apart)))
    rows = parcels_at(Patch, state.day, Patch.__table__, keys, *conditions)
    parcel = ParcelState(rows, state.day, year)
    open_ = func.max(case((and_(parcel.counted, ~parcel.rectified), 1), else_=0))
    patches = (
        select(
            rows.c.patch_id,
            rows.c.patch_no,
            rows.c.district,
            func.sum(case((parcel.counted, rows.c.farmland_mu), else_=0.0)).label("farmland"),
            func.sum(case((parcel.counted, rows.c.basic_farmland_mu), else_=0.0)).label("basic"),
        )
        .group_by(rows.c.patch_id, rows.c.patch_no, rows.c.district)
        .having(open_ == 1)
        .subquery("patches")
    )
    farmland, basic = patches.c.farmland, patches.c.basic
    # so near to a line that rounding decides: kind 0
    kind = case(
        (farmland > farmland_mu + BELOW, 1),
        (farmland >= farmland_mu - BELOW, 0),
        (basic > basic_farmland_mu + BELOW, 2),
        else_=0,
    ).label("kind")
    reached = or_(farmland >= farmland_mu - BELOW, basic >= basic_farmland_mu - BELOW)
    kinds = select(patches, kind).where(reached).subquery("kinds")
    size = case((kinds.c.kind == 2, kinds.c.basic), else_=kinds.c.farmland)
    classes = [kinds.c.district, kinds.c.kind]
    found = _first(conn, kinds, classes, [size.desc()], most, kinds.c.kind == 0)
    return [
        First(one.patch_id, one.patch_no, one.kind, one.number if one.kind[-1] else 0)
        for one in found
    ]


def first_refused(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    returns: int,
    open_since: date,
    apart: Collection[int],
    most: int,
) -> list[First]:
    """T7: patches as trigger_facts.refused_patches finds them; those that were returned as often
    and wait for their correction since the same day stand in one class. apart: as of first_large.
    """
    state = PatchState(Patch, day_literal(as_of))
    candidates = refusal_candidates(as_of, returns, open_since)
    own, conditions = refusal_columns(state)
    if apart:
        conditions.append(Patch.id.not_in(sorted(apart)))
    facts = (
        select(Patch.id.label("patch_id"), *own)
        .where(among(Patch.id, candidates), *standing(state, scope, year), *conditions)
        .subquery("facts")
    )
    c = facts.c
    times = case((c.returned_now, c.returns), else_=0).label("times")
    rows = select(c.patch_id, c.patch_no, c.district, c.open_return_on, times).subquery("refused")
    classes = [rows.c.district, rows.c.times, rows.c.open_return_on]
    return _first(conn, rows, classes, [], most)


def first_changed(conn: Connection, scope: Scope, year: int, as_of: date, most: int) -> list[First]:
    """T13: patches whose latest rechecks found changes; those with the same ones in the same
    parcels stand in one class."""
    state = PatchState(Patch, day_literal(as_of))
    r = Recheck
    latest = (
        select(
            Patch.id.label("patch_id"),
            Patch.patch_no.label("patch_no"),
            state.district.label("district"),
            r.parcel_no,
            r.finding,
            func.row_number()
            .over(partition_by=(r.patch_id, r.parcel_no), order_by=r.rechecked_on.desc())
            .label("place"),
        )
        .join(r, r.patch_id == Patch.id)
        .where(
            among(Patch.id, rechecked_otherwise(as_of)),
            *standing(state, scope, year),
            r.rechecked_on <= as_of,
        )
        .subquery("latest")
    )
    c = latest.c
    codes = {finding.value: place for place, finding in enumerate(CHANGED, 1)}
    code = c.parcel_no * 10 + case(codes, value=c.finding, else_=0)
    patches = (
        select(
            c.patch_id,
            c.patch_no,
            c.district,
            func.count().label("parcels"),
            func.min(code).label("least"),
            func.max(code).label("greatest"),
            func.sum(code).label("total"),
            func.sum(code * code).label("squares"),
        )
        .where(c.place == 1, c.finding.in_([finding.value for finding in CHANGED]))
        .group_by(c.patch_id, c.patch_no, c.district)
        .subquery("changed")
    )
    p = patches.c
    return _first(
        conn, patches, [p.district, p.parcels, p.least, p.greatest, p.total, p.squares], [], most
    )


def _first(
    conn: Connection,
    rows: Subquery,
    classes: Sequence[Expression],
    order: Sequence[Expression],
    most: int,
    always: Expression | None = None,
) -> list[First]:
    """The first `most` of each class, by the order and then by number, and those of `always`."""
    names = [f"kind_{at}" for at in range(len(classes))]
    ordered = select(
        rows.c.patch_id,
        rows.c.patch_no,
        *(column.label(name) for name, column in zip(names, classes, strict=True)),
        func.row_number()
        .over(partition_by=classes, order_by=[*order, rows.c.patch_no])
        .label("place"),
        func.count().over(partition_by=classes).label("number"),
        *([always.label("always")] if always is not None else []),
    ).subquery("ordered")
    wanted = ordered.c.place <= most
    if always is not None:
        wanted = or_(wanted, ordered.c.always)
    query = select(
        ordered.c.patch_id, ordered.c.patch_no, ordered.c.number, *(ordered.c[n] for n in names)
    ).where(wanted)
    return [
        First(patch_id, patch_no, tuple(kind), int(number))
        for patch_id, patch_no, number, *kind in conn.execute(query)
    ]
