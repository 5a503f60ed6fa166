"""The annual evaluation (年度评估, §2.4): how sure a ratio is, who overturned whom, earlier years.

Ratios themselves are those of queries/figures.py. What is here is read from patches and decisions,
for one day; none of it is asked by the pages that everybody opens.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Float, and_, case, cast, func, null, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import Subquery

from data.scope import Scope
from data.store.models import AuditDecision, LedgerItem, Parcel, Patch
from data.store.queries.state import (
    Expression,
    ParcelState,
    PatchState,
    county_legality,
    day_literal,
    parcels_at,
)
from data.units import PARTS_PER_MU
from data.vocabulary import AuditLevel, AuditResult

Figures = dict[str, Any]

#: A district with more patches has no interval: chance no longer moves its ratio.
MOST_PATCHES_FOR_INTERVAL = 5_000
#: Two-sided 95 %.
_Z = 1.959963984540054
NO_OPINION = "未填写审核意见"

#: Figures that only this module computes, beside those of data/store/measures.py.
OVERTURN_COUNTS = (
    "city_redetermined_parcels",
    "city_overturned_parcels",
    "province_redetermined_parcels",
    "province_overturned_parcels",
)
OVERTURN_RATES = {
    "city_overturn_rate": ("city_overturned_parcels", "city_redetermined_parcels"),
    "province_overturn_rate": ("province_overturned_parcels", "province_redetermined_parcels"),
}
#: The interval of ratio_net, a pair of rates.
INTERVAL = "ratio_net_interval"
LEDGER_AREAS = ("ledger_farmland_mu", "ledger_remaining_farmland_mu")
LEDGER_RATES = {"ledger_unrectified_rate": ("ledger_remaining_farmland_mu", "ledger_farmland_mu")}


# ---- intervals -----------------------------------------------------------------------------------


def wilson(share: float | None, number: float) -> tuple[float, float] | None:
    """The 95 % interval of a share over a number of independent cases (Wilson's score interval).

    It never leaves 0 to 1, and a share of 0 of three cases reaches far up, as it should. None
    without a share. number may be a fraction: an effective number of patches.
    """
    if share is None or number <= 0:
        return None
    middle = share + _Z**2 / (2 * number)
    spread = _Z * math.sqrt(share * (1 - share) / number + _Z**2 / (4 * number**2))
    scale = 1 + _Z**2 / number
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def effective_patches(
    conn: Connection, scope: Scope, year: int, as_of: date, codes: Sequence[str]
) -> dict[str, float]:
    """District → how many equal patches its new construction on farmland is worth.

    Kish's effective number: (Σ y)² ÷ Σ y² over its patches, y being a patch's farmland of new
    construction. One large patch among small ones counts as little more than one.
    """
    on = day_literal(as_of)
    state = PatchState(Patch, on)
    keys: list[Expression] = [Patch.id.label("patch_id"), state.district.label("district")]
    rows = parcels_at(
        Patch,
        on,
        Patch.__table__,
        keys,
        Patch.year == year,
        state.is_land,
        state.active,
        state.visible_to(scope),
        state.district.in_(sorted(codes)),
    )
    farmland = func.sum(cast(rows.c.farmland_mu, Float)).label("farmland_mu")
    patches = (
        select(rows.c.district, farmland)
        .where(ParcelState(rows, on, year).new_construction, rows.c.farmland_mu > 0)
        .group_by(rows.c.district, rows.c.patch_id)
        .subquery("patches")
    )
    total = func.sum(patches.c.farmland_mu)
    squares = func.sum(patches.c.farmland_mu * patches.c.farmland_mu)
    query = select(patches.c.district, total, squares).group_by(patches.c.district)
    return {code: float(y) ** 2 / float(y2) for code, y, y2 in conn.execute(query) if y2}


def ratio_intervals(
    conn: Connection, scope: Scope, year: int, as_of: date, rows: Sequence[Mapping[str, Any]]
) -> dict[str, tuple[float, float]]:
    """District → 95 % interval of its net ratio. rows: districts of `figures`.

    Districts without a ratio, or with more than MOST_PATCHES_FOR_INTERVAL patches, have none.
    """
    asked = {
        row["code"]: row["ratio_net"]
        for row in rows
        if row["ratio_net"] is not None and row["patches"] <= MOST_PATCHES_FOR_INTERVAL
    }
    if not asked:
        return {}
    numbers = effective_patches(conn, scope, year, as_of, list(asked))
    found = {code: wilson(asked[code], number) for code, number in numbers.items()}
    return {code: interval for code, interval in found.items() if interval is not None}


# ---- overturned determinations -------------------------------------------------------------------


@dataclass(frozen=True)
class Overturns:
    """districts: code → counts and rates of OVERTURN_COUNTS and OVERTURN_RATES; city: their sums.
    reasons: (opinion, district → overturned parcels), most first.
    """

    city: Figures
    districts: dict[str, Figures]
    reasons: list[tuple[str, dict[str, int]]]


def _levels(scope: Scope, year: int, as_of: date) -> Subquery:
    """A row a land parcel that the county had judged and a higher level has determined: what each
    level said, and the opinion of the highest. Of each level the decision that determines the
    parcel is the one of state.determination; all of them are ordered at once.
    """
    on = day_literal(as_of)
    state = PatchState(Patch, on)
    d, pc = AuditDecision, aliased(Parcel)
    at_city, above = d.level == AuditLevel.CITY.value, d.level_rank >= 2
    passed = case((d.result == AuditResult.PASSED.value, 1), else_=0)
    is_above = case((above, 1), else_=0)
    order = (d.level_rank.desc(), d.decided_on.desc(), d.parcel_no.desc(), passed.desc())
    told = (
        select(
            pc.id.label("parcel_id"),
            Patch.patch_no.label("patch_no"),
            state.district.label("district"),
            county_legality(Patch, pc, on).label("county"),
            d.determination,
            d.opinion,
            is_above.label("is_above"),
            func.row_number().over(partition_by=(pc.id, is_above), order_by=order).label("place"),
        )
        .select_from(
            Patch.__table__.join(pc, and_(pc.patch_id == Patch.id, ~pc.ended)).join(
                d, and_(d.patch_id == pc.patch_id, d.parcel_no.in_([0, pc.parcel_no]))
            )
        )
        .where(
            Patch.year == year,
            d.determination.is_not(None),
            d.decided_on <= as_of,
            or_(at_city, above),
            state.is_land,
            state.active,
            state.visible_to(scope),
        )
        .subquery("told")
    )
    t = told.c

    def said_by(level: int, column: Expression) -> Expression:
        return func.max(case((t.is_above == level, column), else_=null()))

    by_city, by_province = said_by(0, t.determination), said_by(1, t.determination)
    opinion = case((func.max(t.is_above) == 1, said_by(1, t.opinion)), else_=said_by(0, t.opinion))
    return (
        select(
            t.patch_no,
            t.district,
            t.county,
            by_city.label("by_city"),
            by_province.label("by_province"),
            opinion.label("opinion"),
        )
        .where(t.place == 1, t.county.is_not(None))
        .group_by(t.parcel_id, t.patch_no, t.district, t.county)
        .subquery("levels")
    )


def _rates(sums: Figures, rates: Mapping[str, tuple[str, str]]) -> Figures:
    return sums | {
        name: sums[part] / sums[whole] if sums[whole] else None
        for name, (part, whole) in rates.items()
    }


def overturns(conn: Connection, scope: Scope, year: int, as_of: date) -> Overturns:
    """How often a level was overturned by the next, by district, and with what opinion.

    A reason is the 审核意见 of the decision that made the effective legality differ from the
    county's.
    """
    c = _levels(scope, year, as_of).c
    opinion = func.coalesce(func.nullif(func.trim(c.opinion), ""), NO_OPINION)
    said = [c.district, c.county, c.by_city, c.by_province]
    query = select(*said, opinion, func.count()).group_by(*said, opinion)
    counts: dict[str, dict[str, int]] = {}
    reasons: dict[str, dict[str, int]] = {}
    for row in conn.execute(query):
        district, county, by_city, by_province, text, number = tuple(row)
        own = counts.setdefault(district, dict.fromkeys(OVERTURN_COUNTS, 0))
        before = by_city or county  # what stood when the province spoke
        if by_city is not None:
            own["city_redetermined_parcels"] += number
            own["city_overturned_parcels"] += number * (by_city != county)
        if by_province is not None:
            own["province_redetermined_parcels"] += number
            own["province_overturned_parcels"] += number * (by_province != before)
        if (by_province or by_city) != county:
            of_text = reasons.setdefault(text, {})
            of_text[district] = of_text.get(district, 0) + number
    districts = {code: _rates(own, OVERTURN_RATES) for code, own in counts.items()}
    sums = {n: sum(row[n] for row in districts.values()) for n in OVERTURN_COUNTS}
    ordered = sorted(reasons.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    return Overturns(_rates(sums, OVERTURN_RATES), districts, ordered)


def levels_spoken(
    conn: Connection, scope: Scope, year: int, as_of: date
) -> dict[str, tuple[str, ...]]:
    """Name of OVERTURN_COUNTS → numbers of the patches whose parcels it counts, one for each
    parcel, in the order of their numbers."""
    c = _levels(scope, year, as_of).c
    before = func.coalesce(c.by_city, c.county)
    counted = {
        "city_redetermined_parcels": c.by_city.is_not(None),
        "city_overturned_parcels": c.by_city != c.county,
        "province_redetermined_parcels": c.by_province.is_not(None),
        "province_overturned_parcels": c.by_province != before,
    }
    rows = conn.execute(select(c.patch_no, *(cond.label(n) for n, cond in counted.items())))
    found: dict[str, list[str]] = {name: [] for name in counted}
    for row in rows.mappings():
        for name in counted:
            if row[name]:
                found[name].append(row["patch_no"])
    return {name: tuple(sorted(numbers)) for name, numbers in found.items()}


# ---- earlier years -------------------------------------------------------------------------------


def ledger_by_year(conn: Connection, scope: Scope, as_of: date) -> dict[int, Figures]:
    """Year → `items` of the rectification ledger, farmland and what of it is not eliminated on the
    day (LEDGER_AREAS in 亩, LEDGER_RATES). Sums of integer parts, so that what is all eliminated is
    exactly nothing.
    """
    i = LedgerItem
    parts = func.round(i.unlawful_farmland_mu * PARTS_PER_MU)
    open_ = func.coalesce(i.eliminated_on > as_of, True)
    query = select(
        i.year,
        func.count(),
        func.sum(parts),
        func.sum(case((open_, parts), else_=null())),
    ).group_by(i.year)
    if scope.districts is not None:
        query = query.where(i.district_code.in_(sorted(scope.districts)))
    found = {}
    for year, items, farmland, remaining in conn.execute(query):
        areas = (int(farmland) / PARTS_PER_MU, int(remaining or 0) / PARTS_PER_MU)
        sums = {"items": int(items), **dict(zip(LEDGER_AREAS, areas, strict=True))}
        found[int(year)] = _rates(sums, LEDGER_RATES)
    return found


def same_day(as_of: date, years_before: int) -> date:
    """The same day of an earlier year; 28 February for the 29th."""
    year = as_of.year - years_before
    try:
        return as_of.replace(year=year)
    except ValueError:
        return as_of.replace(year=year, day=28)
