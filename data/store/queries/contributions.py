"""What one patch contributes to each figure on a day: figures.md's sums, term by term.

The day summary adds these up over every day on which something changes; the list behind a figure
shows them on one day, so that a figure and its list cannot be two opinions. Counts are whole
numbers, areas whole parts of units.PARTS_PER_MU.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.sql.selectable import Subquery

from data.scope import Scope
from data.store.measures import AREAS, COUNTS, PARCEL_COUNTS, RATES, REMAINING
from data.store.models import Patch
from data.store.queries.state import (
    AREA_COLUMNS,
    Expression,
    ParcelState,
    PatchState,
    day_literal,
    parcels_at,
)
from data.store.queries.trigger_facts import said_unlawful
from data.units import PARTS_PER_MU
from data.vocabulary import RatioVariant

#: What a parcel adds: 1 for None, else this area column.
Term = tuple[Expression, str | None]


def of_clearance(state: PatchState) -> dict[str, Expression]:
    """Figure → which land patches it counts."""
    return {
        "due": true(),
        "due_reached": state.due_reached,
        "cleared": state.cleared,
        "on_time": state.on_time,
        "late": state.late,
        "overdue": state.overdue,
        "reached_on_time": and_(state.due_reached, state.on_time),
    }


def of_audit(state: PatchState) -> dict[str, Expression]:
    """Figure → which patches of both domains it counts."""
    return {
        "audited": state.audited,
        "returned": state.returned,
        "final": state.final,
        "first_passed": state.first_passed,
    }


def of_parcels(parcel: ParcelState) -> dict[str, Term]:
    """Figure → which parcels of land patches it adds up, and by which area."""
    terms: dict[str, Term] = {
        "unlawful_parcels": (parcel.unlawful, None),
        "filed_parcels": (parcel.filed, None),
        "redetermined_parcels": (parcel.redetermined, None),
        "overturned_parcels": (parcel.overturned, None),
        "excluded_farmland_mu": (parcel.excluded, "farmland_mu"),
        "new_construction_mu": (parcel.new_construction, "area_mu"),
        "new_construction_farmland_mu": (parcel.new_construction, "farmland_mu"),
    }
    for prefix, condition in (("unlawful", parcel.counted), ("eliminated", parcel.eliminated)):
        for column in AREA_COLUMNS:
            infix = column.removesuffix("area_mu").removesuffix("mu")
            terms[f"{prefix}_{infix}mu"] = (condition, column)
    terms["strictly_eliminated_farmland_mu"] = (parcel.strictly_eliminated, "farmland_mu")
    terms["awaiting_acceptance_farmland_mu"] = (parcel.awaiting_acceptance, "farmland_mu")
    for variant in RatioVariant:
        left = and_(parcel.counted, parcel.new_construction, ~parcel.deducted(variant))
        terms[f"ratio_{variant}_part_mu"] = (left, "farmland_mu")
        terms[f"land_ratio_{variant}_part_mu"] = (left, "area_mu")
    return terms


def summed(rows: Subquery, term: Term) -> Expression:
    """The term added up over rows of state.parcels_at."""
    condition, column = term
    amount = literal(1) if column is None else parts(rows.c[column])
    return func.sum(case((condition, amount), else_=0))


def parts(area: Expression) -> Expression:
    return cast(func.round(area * PARTS_PER_MU), BigInteger)


def judged_counts(
    is_land: Expression, pending: Expression, unlawful: Expression
) -> dict[str, Expression]:
    """Figure → which patches with parcels it counts. pending, unlawful: how many parcels are."""
    judged = and_(is_land, pending == 0)
    return {
        "judged_patches": judged,
        "hit_patches": and_(judged, unlawful > 0),
        "mineral_unlawful_patches": and_(~is_land, unlawful > 0),
    }


# ---- on one day, for lists -----------------------------------------------------------------------

#: Sums that only lists and triggers ask for, beside measures.py: farmland that T9 counts (no
#: cut-off), and what is not done yet.
ONLY_LISTED = ("unrectified_farmland_mu", "unreported", "not_final")
#: Every figure behind which a list of patches stands.
LISTED = frozenset((*COUNTS, *AREAS, *REMAINING, *ONLY_LISTED))
#: Among them those that add up more than a 1 for each patch.
AMOUNTS = frozenset((*AREAS, *REMAINING, *PARCEL_COUNTS, "unrectified_farmland_mu"))
_OF_JUDGED = frozenset({"judged_patches", "hit_patches", "mineral_unlawful_patches"})
#: Need parcels of which nobody ever said that they are unlawful.
_OF_ANY_PARCEL = frozenset(
    {
        "new_construction_mu",
        "new_construction_farmland_mu",
        "redetermined_parcels",
        "overturned_parcels",
        "judged_patches",
    }
)
OF_PARCELS = AMOUNTS | _OF_JUDGED


def listed_figures(name: str) -> tuple[str, ...]:
    """The figures whose list stands behind a figure or a rate (of a rate: its numerator's).
    Raises KeyError."""
    name = RATES[name][0] if name in RATES else name
    if name not in LISTED:
        raise KeyError(name)
    return (name,)


def counted(state: PatchState, name: str) -> Expression:
    """Which patches a figure counts that needs no parcel."""
    if name == "patches":
        return true()
    if name == "mineral_patches":
        return ~state.is_land
    if name == "not_final":
        return ~state.final
    if name == "unreported":
        return and_(state.is_land, ~state.cleared)
    if name in (conditions := of_audit(state)):
        return conditions[name]
    return and_(state.is_land, of_clearance(state)[name])


def amounts(names: Collection[str], year: int, day: Expression, *which: Expression) -> Subquery:
    """patch_id and what each patch of the year adds to the figures (of OF_PARCELS), of those that
    have parcels or were determined. which: conditions on `patch`."""
    conditions = [Patch.year == year, *which]
    if not _OF_ANY_PARCEL.intersection(names):
        conditions.append(Patch.id.in_(said_unlawful()))
    state = PatchState(Patch, day)
    keys = [Patch.id.label("patch_id"), state.is_land.label("is_land")]
    rows = parcels_at(Patch, day, Patch.__table__, keys, *conditions)
    return (
        select(rows.c.patch_id, *amount_columns(names, rows, ParcelState(rows, day, year)))
        .group_by(rows.c.patch_id)
        .subquery("amounts")
    )


def amount_columns(
    names: Collection[str], rows: Subquery, parcel: ParcelState
) -> Sequence[Expression]:
    """The figures (of OF_PARCELS) added up over a patch's rows of state.parcels_at, which carry
    is_land."""
    is_land = func.max(case((rows.c.is_land, 1), else_=0)) == 1
    terms = of_parcels(parcel)
    terms["unrectified_farmland_mu"] = (and_(parcel.counted, ~parcel.rectified), "farmland_mu")
    judged = judged_counts(
        is_land, summed(rows, (parcel.pending, None)), summed(rows, (parcel.unlawful, None))
    )

    def amount(name: str) -> Expression:
        if name in judged:
            return case((judged[name], 1), else_=0)
        whole, part = REMAINING.get(name, (name, None))
        total = summed(rows, terms[whole])
        if part is not None:
            total = total - summed(rows, terms[part])
        return case((is_land, total), else_=0)

    return [amount(name).label(name) for name in names]


def amounts_of_patches(
    conn: Connection, scope: Scope, year: int, as_of: date, names: Collection[str]
) -> list[dict[str, Any]]:
    """The patches that add anything to one of the figures (of OF_PARCELS) on the day: patch_no,
    district, and what each adds by the figures' names."""
    state = PatchState(Patch, day_literal(as_of))
    found = amounts(names, year, state.day, state.active, state.visible_to(scope))
    query = (
        select(Patch.patch_no, state.district.label("district"), *found.c[1:])
        .join(found, found.c.patch_id == Patch.id)
        .where(or_(*(column != 0 for column in found.c[1:])))
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def counts_of_patches(
    conn: Connection, scope: Scope, year: int, as_of: date, names: Sequence[str]
) -> list[tuple[str, frozenset[str], int]]:
    """(district, figures, how many patches add something to just these of the figures named, each
    of OF_PARCELS): how many stand behind any of them follows without reading a patch."""
    state = PatchState(Patch, day_literal(as_of))
    found = amounts(names, year, state.day, state.active, state.visible_to(scope))
    adds = [case((column != 0, 1), else_=0).label(column.name) for column in found.c[1:]]
    rows = (
        select(state.district.label("district"), *adds)
        .join(found, found.c.patch_id == Patch.id)
        .subquery("adding")
    )
    query = select(*rows.c, func.count()).group_by(*rows.c)
    return [
        (district, frozenset(n for n, is_in in zip(names, own, strict=True) if is_in), count)
        for district, *own, count in conn.execute(query)
    ]
