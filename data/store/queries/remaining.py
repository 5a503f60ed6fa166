"""What unlawful land is left on a day, patch by patch: what a what-if can take away."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    union,
)

from data.scope import Scope
from data.store.models import AuditDecision, Parcel, Patch
from data.store.queries.list_filters import text_condition
from data.store.queries.state import (
    Expression,
    ParcelState,
    PatchState,
    day_literal,
    parcels_at,
)
from data.units import PARTS_PER_MU
from data.vocabulary import Legality, RatioVariant, RectificationWay

_UNLAWFUL: Expression = literal_column(f"'{Legality.UNLAWFUL.value}'")
_DEMOLITION = (RectificationWay.DEMOLITION.value, RectificationWay.DEMOLITION_RECULTIVATION.value)


@dataclass(frozen=True, slots=True)
class RemainingPatch:
    """A land patch with unlawful parcels whose state has not been ended by the day, or that the
    ratio's variant does not deduct for want of acceptance or proof.

    Areas in integer parts of units.PARTS_PER_MU: of its counted parcels that are not eliminated
    farmland, basic farmland and redline; ratio_parts: farmland in the numerator of the variant.
    filed: every one of these parcels has a case. is_demolition: every one has the way 拆除 or
    拆除复耕.
    """

    id: int
    patch_no: str
    district: str
    location: str | None
    due_on: date | None
    parcels: int
    ratio_parts: int
    farmland_parts: int
    basic_farmland_parts: int
    redline_parts: int
    filed: bool
    is_demolition: bool


def _parts(condition: Expression, area: Expression) -> Expression:
    rounded = cast(func.round(area * PARTS_PER_MU), BigInteger)
    return func.sum(case((condition, rounded), else_=0))


def _waits(parcel: ParcelState, variant: RatioVariant) -> Expression:
    """Eliminated, and not deducted: what is missing can still be brought."""
    if variant is RatioVariant.GROSS:
        return false()
    return and_(parcel.counted, parcel.has_eliminated_date, ~parcel.deducted(variant))


def _query(
    scope: Scope, year: int, day: date, variant: RatioVariant, *conditions: Expression
) -> Select[Any]:
    on = day_literal(day)
    state = PatchState(Patch, on)
    # somebody must have said so, whoever outweighs whom: by the partial indexes, which a query
    # uses only where it says the word itself
    by_county = select(Parcel.patch_id).where(Parcel.legality == _UNLAWFUL)
    from_above = select(AuditDecision.patch_id).where(AuditDecision.determination == _UNLAWFUL)
    judged_so = Patch.id.in_(union(by_county, from_above))
    keys: list[Expression] = [
        Patch.id.label("id"),
        Patch.patch_no.label("patch_no"),
        state.district.label("district"),
        Patch.location.label("location"),
        Patch.due_on.label("due_on"),
    ]
    rows = parcels_at(
        Patch,
        on,
        Patch.__table__,
        keys,
        Patch.year == year,
        judged_so,
        state.is_land,
        state.active,
        state.visible_to(scope),
        *conditions,
    )
    r, parcel = rows.c, ParcelState(rows, on, year)
    in_ratio = and_(parcel.counted, parcel.new_construction, ~parcel.deducted(variant))
    ratio, open_ = _parts(in_ratio, r.farmland_mu), ~parcel.has_eliminated_date
    left = and_(parcel.counted, open_)
    way = func.coalesce(r.way, "").in_(_DEMOLITION)
    return (
        select(
            r.id,
            r.patch_no,
            r.district,
            r.location,
            r.due_on,
            func.count().label("parcels"),
            ratio.label("ratio_parts"),
            _parts(left, r.farmland_mu).label("farmland_parts"),
            _parts(left, r.basic_farmland_mu).label("basic_farmland_parts"),
            _parts(left, r.redline_mu).label("redline_parts"),
            func.min(case((parcel.filed, 1), else_=0)).label("filed"),
            func.min(case((way, 1), else_=0)).label("is_demolition"),
        )
        .where(parcel.unlawful, or_(open_, _waits(parcel, variant)))
        .group_by(r.id, r.patch_no, r.district, r.location, r.due_on)
        .order_by(ratio.desc(), r.patch_no)
    )


def _read(conn: Connection, query: Select[Any]) -> list[RemainingPatch]:
    found = []
    for row in conn.execute(query).mappings():
        values = dict(row)
        for name in ("ratio_parts", "farmland_parts", "basic_farmland_parts", "redline_parts"):
            values[name] = int(values[name])
        for name in ("filed", "is_demolition"):
            values[name] = bool(values[name])
        found.append(RemainingPatch(**values))
    return found


def remaining_patches(
    conn: Connection,
    scope: Scope,
    year: int,
    day: date,
    *,
    text: str = "",
    numbers: Collection[str] | None = None,
    variant: RatioVariant = RatioVariant.NET,
) -> list[RemainingPatch]:
    """The scope's patches with unlawful land left, those with most farmland of the ratio first.

    text: as the search box of the lists. numbers: only these patches. variant: of the ratio; with
    it stand patches that it could still deduct, were they accepted and proven.
    """
    conditions: list[Expression] = []
    if text.strip():
        conditions.append(text_condition(text, year))
    if numbers is not None:
        conditions.append(Patch.patch_no.in_(sorted(numbers)))
    return _read(conn, _query(scope, year, day, variant, *conditions))
