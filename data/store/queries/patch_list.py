"""The patch lists: a page, all rows in chunks, points and bins for the map, and the count.

The filter works on the columns and indexes of `patch` first; what a patch *is* on the day
(queries/state.py) is computed for the rows of the page only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, exists, func, or_, select
from sqlalchemy.sql.selectable import Subquery

from data.scope import Scope
from data.store.measures import COUNTS, PARCEL_COUNTS
from data.store.models import AuditDecision, DaySummary, Parcel, Patch
from data.store.queries.contributions import AMOUNTS, OF_PARCELS, amounts, counted, parts
from data.store.queries.list_filters import (
    ColumnFilter,
    Expression,
    box_condition,
    column_conditions,
    identified,
    numbered,
    order_by,
    text_condition,
    touching_condition,
)
from data.store.queries.patch_rows import amounts_of, patch_rows
from data.store.queries.state import AREA_COLUMNS, PatchState, day_literal
from data.units import PARTS_PER_MU
from data.vocabulary import Domain, Legality, PatchStatus

Box = tuple[float, float, float, float]
DEFAULT_SORT: tuple[tuple[str, str], ...] = (("due_on", "asc"),)


@dataclass(frozen=True, slots=True)
class PatchQuery:
    """What a list shows. Everything but year and as_of narrows it.

    month: clearance month `2023-05`. text: part of the number, the location or the town. filters:
    column → ColumnFilter. box: west, south, east, north in degrees, for the point inside the patch;
    touching: the same for the box around its shape. ids, numbers: only these.
    figures: only what stands behind one of these (of contributions.LISTED); each row then says
    what it adds to them, and `sort` may name them. beside: figures (of contributions.AMOUNTS) of
    which each row says the same, without narrowing.
    """

    year: int
    as_of: date
    district: str | None = None
    status: PatchStatus | None = None
    month: str | None = None
    town: str | None = None
    patch_type: str | None = None
    domain: str | None = None
    text: str = ""
    sort: tuple[tuple[str, str], ...] = DEFAULT_SORT
    offset: int = 0
    limit: int = 100
    filters: Mapping[str, ColumnFilter] = field(default_factory=dict)
    box: Box | None = None
    touching: Box | None = None
    ids: tuple[int, ...] | None = None
    numbers: tuple[str, ...] | None = None
    figures: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def amounts(self) -> tuple[str, ...]:
        """The figures asked for to which a patch can add something else than a 1 for itself."""
        asked = dict.fromkeys((*self.figures, *self.beside))
        return tuple(name for name in asked if name in AMOUNTS)


@dataclass(frozen=True, slots=True)
class PatchPage:
    """rows: as patch_rows.py describes them, with PatchQuery.amounts. total: patches that the
    filters leave; where `exact` is False there are at least that many.
    """

    rows: list[dict[str, Any]]
    total: int
    exact: bool = True


#: Counting stops here where each patch has to be looked at; nobody scrolls so far.
COUNTED_UPTO = 10_000


def _implied_by(status: PatchStatus | None, day: Expression) -> list[Expression]:
    """What the status says of the bare columns, repeated so that an index can be used or most
    patches be left out cheaply.

    The definition itself stays PatchState.status, which is always asked as well.
    """
    not_reported = or_(Patch.reported_on.is_(None), Patch.reported_on > day)
    if status is PatchStatus.OVERDUE:
        return [Patch.due_on < day, not_reported]
    if status in (PatchStatus.CLEARED, PatchStatus.LATE):
        return [Patch.reported_on <= day]
    if status is PatchStatus.UNLAWFUL:  # somebody must have said so, whoever outweighs whom
        unlawful, d = Legality.UNLAWFUL.value, AuditDecision
        by_county = exists().where(Parcel.patch_id == Patch.id, Parcel.legality == unlawful)
        from_above = exists().where(d.patch_id == Patch.id, d.determination == unlawful)
        return [or_(by_county, from_above)]
    return []


def _conditions(scope: Scope, q: PatchQuery) -> list[Expression]:
    day = day_literal(q.as_of)
    state = PatchState(Patch, day)
    conditions: list[Expression] = [
        Patch.year == q.year,
        *_implied_by(q.status, day),
        state.active,
        state.visible_to(scope.narrowed_to(q.district)),
    ]
    equal = {
        Patch.clearance_month: q.month,
        Patch.town_code: q.town,
        Patch.patch_type: q.patch_type,
        Patch.domain: q.domain,
    }
    conditions += [column == value for column, value in equal.items() if value]
    if q.ids is not None:
        conditions.append(identified(q.ids))
    if q.numbers is not None:
        conditions.append(numbered(q.numbers))
    if q.text.strip():
        conditions.append(text_condition(q.text, q.year))
    if q.box is not None:
        conditions.append(box_condition(q.box))
    if q.touching is not None:
        conditions.append(touching_condition(q.touching))
    conditions += column_conditions(q.filters, day)
    if q.status is not None:  # last: these may look into decisions and parcels
        conditions.append(state.status(q.status))
    return conditions


def _amounts(scope: Scope, q: PatchQuery) -> Subquery:
    """What each patch adds to the figures asked for that need parcels; the cheap filters cut it."""
    state = PatchState(Patch, day_literal(q.as_of))
    month = [Patch.clearance_month == q.month] if q.month else []
    mine = state.visible_to(scope.narrowed_to(q.district))
    names = dict.fromkeys((*(n for n in q.figures if n in OF_PARCELS), *q.beside))
    return amounts(names, q.year, day_literal(q.as_of), state.active, mine, *month)


def _behind(q: PatchQuery, found: Subquery | None) -> Expression:
    """Whether a patch stands behind one of the figures. found: of _amounts, joined."""
    state = PatchState(Patch, day_literal(q.as_of))
    return or_(
        *(
            counted(state, name)
            if found is None or name not in OF_PARCELS
            else func.coalesce(found.c[name], 0) != 0
            for name in q.figures
        )
    )


def _chosen(scope: Scope, q: PatchQuery) -> tuple[Select[Any], Subquery | None]:
    """Ids of the patches that the filters leave, and the amounts joined to them."""
    query = select(Patch.id).where(*_conditions(scope, q))
    found = None
    if q.beside or OF_PARCELS.intersection(q.figures):
        found = _amounts(scope, q)
        # most patches have no amount: the join leaves them out where nothing else lists them
        outer = not q.figures or not OF_PARCELS.issuperset(q.figures)
        query = query.join(found, found.c.patch_id == Patch.id, isouter=outer)
    return (query.where(_behind(q, found)) if q.figures else query), found


def _ids(scope: Scope, q: PatchQuery) -> Select[Any]:
    state = PatchState(Patch, day_literal(q.as_of))
    query, found = _chosen(scope, q)
    own = {column.name: column for column in found.c[1:]} if found is not None else {}
    return query.order_by(*order_by(state, q.sort, own))


def _rows(conn: Connection, ids: Sequence[int], q: PatchQuery) -> list[dict[str, Any]]:
    rows = patch_rows(conn, ids, q.as_of)
    if q.amounts:
        found = amounts_of(conn, ids, q.as_of, q.amounts)
        for row in rows:
            row |= _named(q.amounts, found.get(row["id"]))
    return rows


def amounts_of_row(conn: Connection, q: PatchQuery, patch_id: int) -> dict[str, float | int]:
    """What one patch adds to each of PatchQuery.amounts, whether the list holds it or not."""
    if not q.amounts:
        return {}
    return _named(q.amounts, amounts_of(conn, [patch_id], q.as_of, q.amounts).get(patch_id))


def _named(names: Sequence[str], values: Sequence[int] | None) -> dict[str, float | int]:
    return in_units(zip(names, values or (0,) * len(names), strict=True))


def in_units(amounts: Iterable[tuple[str, int]]) -> dict[str, float | int]:
    """Areas in 亩, counts as they are."""
    return {n: v / PARTS_PER_MU if n.endswith("_mu") else v for n, v in amounts}


def totals(conn: Connection, scope: Scope, q: PatchQuery) -> dict[str, float | int]:
    """`patches` that the list holds and what they add up to, of each of PatchQuery.amounts and of
    the patches' own areas: the row under the list, exact whatever the order of the rows."""
    query, found = _chosen(scope, q)
    own = {name: parts(getattr(Patch, name)) for name in AREA_COLUMNS}
    if found is not None:
        own |= {name: found.c[name] for name in q.amounts}
    sums = (func.coalesce(func.sum(column), 0).label(name) for name, column in own.items())
    row = conn.execute(query.with_only_columns(func.count().label("patches"), *sums)).one()
    return in_units((name, int(value)) for name, value in row._mapping.items())


def extent(conn: Connection, scope: Scope, q: PatchQuery) -> Box | None:
    """Where the listed patches lie: west, south, east, north; None where none has a position."""
    query, _ = _chosen(scope, q)
    lon, lat = Patch.lon, Patch.lat
    ends = func.min(lon), func.min(lat), func.max(lon), func.max(lat)
    west, south, east, north = conn.execute(query.with_only_columns(*ends)).one()
    if west is None or south is None or east is None or north is None:
        return None
    return west, south, east, north


#: Status → the figure of the summary that counts the same patches, for both domains …
_COUNTED_BOTH = {
    None: "patches",
    PatchStatus.RETURNED: "returned",
    PatchStatus.FINAL: "final",
}
#: … and for land patches only, whatever domain is asked for.
_COUNTED_LAND = {
    PatchStatus.OVERDUE: "overdue",
    PatchStatus.CLEARED: "cleared",
    PatchStatus.LATE: "late",
}


_COUNTS_OF_PATCHES = frozenset(COUNTS) - frozenset(PARCEL_COUNTS)


def _summary_measure(q: PatchQuery) -> str | None:
    """The figure that already counts these patches, where the filters are no finer than it."""
    if q.town or q.patch_type or q.text.strip() or q.filters or q.box or q.touching:
        return None
    if q.ids is not None or q.numbers is not None:
        return None
    if q.figures:  # a figure that counts patches is the count of its own list
        plain = q.status is None and q.domain is None and len(q.figures) == 1
        return q.figures[0] if plain and q.figures[0] in _COUNTS_OF_PATCHES else None
    if q.domain == Domain.MINERAL.value and not q.month:
        return "mineral_patches" if q.status is None else None
    if q.domain == Domain.LAND.value and q.status is None:
        return "due"
    if q.status in _COUNTED_LAND and q.domain != Domain.MINERAL.value:
        return _COUNTED_LAND[q.status]
    if q.domain is None and q.status in _COUNTED_BOTH:
        return _COUNTED_BOTH[q.status]
    return None


def _counted_by_summary(conn: Connection, scope: Scope, q: PatchQuery, measure: str) -> int:
    total = select(func.coalesce(func.sum(getattr(DaySummary, measure)), 0)).where(
        DaySummary.year == q.year, DaySummary.on_date <= q.as_of
    )
    districts = scope.narrowed_to(q.district).districts
    if districts is not None:
        total = total.where(DaySummary.district_code.in_(sorted(districts)))
    if q.month:
        total = total.where(DaySummary.clearance_month == q.month)
    return int(conn.execute(total).scalar_one())


def count_patches(conn: Connection, scope: Scope, q: PatchQuery, upto: int | None = None) -> int:
    """How many patches the filters leave; from the day summary where that can tell, else no
    further than `upto`.
    """
    measure = _summary_measure(q)
    if measure is not None:
        return _counted_by_summary(conn, scope, q, measure)
    found = _chosen(scope, q)[0].limit(upto).subquery()
    return int(conn.execute(select(func.count()).select_from(found)).scalar_one())


def patch_page(conn: Connection, scope: Scope, q: PatchQuery) -> PatchPage:
    """One page of the list and how many rows there are in all."""
    ids = list(conn.scalars(_ids(scope, q).offset(q.offset).limit(q.limit)))
    rows = _rows(conn, ids, q)
    if 0 < len(ids) < q.limit:
        return PatchPage(rows, q.offset + len(ids))
    upto = max(COUNTED_UPTO, q.offset + len(ids)) + 1
    total = count_patches(conn, scope, q, upto)
    exact = _summary_measure(q) is not None or total < upto
    return PatchPage(rows, total if exact else upto - 1, exact)


def iter_patches(
    conn: Connection, scope: Scope, q: PatchQuery, chunk: int = 5000
) -> Iterator[list[dict[str, Any]]]:
    """Every row that the filters leave, in the list's order, for exports. Ignores offset, limit."""
    ids = list(conn.scalars(_ids(scope, q)))
    for start in range(0, len(ids), chunk):
        yield _rows(conn, ids[start : start + chunk], q)


# ---- the map -------------------------------------------------------------------------------------


def _on_map(q: PatchQuery, bbox: Box | None) -> PatchQuery:
    """The query cut down to what the map shows: its view, and the list's own box if any."""
    boxes = [box for box in (q.box, bbox) if box is not None]
    if not boxes:
        return q
    west, south = max(b[0] for b in boxes), max(b[1] for b in boxes)
    east, north = min(b[2] for b in boxes), min(b[3] for b in boxes)
    return replace(q, box=(west, south, east, north))


def map_features(
    conn: Connection,
    scope: Scope,
    q: PatchQuery,
    bbox: Box | None,
    limit: int,
    shapes: bool = True,
) -> list[dict[str, Any]]:
    """Located patches of the list inside the view, the first `limit` in the list's order.

    Keys: id, patch_no, lon, lat, geom (WKB EPSG:4490, None where the patch has none or `shapes` is
    False), overdue, days_overdue, legality, district_code, area_mu (亩).
    """
    ids = list(
        conn.scalars(_ids(scope, _on_map(q, bbox)).where(Patch.lon.is_not(None)).limit(limit))
    )
    geoms = shapes_of(conn, ids) if shapes else {}
    keys = (
        "id", "patch_no", "lon", "lat", "overdue", "days_overdue", "legality", "district_code",
        "area_mu",
    )  # fmt: skip
    return [
        {**{key: row[key] for key in keys}, "geom": geoms.get(row["id"])}
        for row in patch_rows(conn, ids, q.as_of)
    ]


def shapes_of(conn: Connection, ids: Sequence[int]) -> dict[int, bytes]:
    """patch id → its shape (WKB EPSG:4490), of those that have one."""
    if not ids:
        return {}
    query = select(Patch.id, Patch.geom).where(identified(ids), Patch.geom.is_not(None))
    return {row.id: row.geom for row in conn.execute(query)}


def count_on_map(conn: Connection, scope: Scope, q: PatchQuery, bbox: Box | None, upto: int) -> int:
    """How many located patches of the list lie in the view, counted no further than `upto`."""
    located = _chosen(scope, _on_map(q, bbox))[0].where(Patch.lon.is_not(None))
    found = located.limit(upto).subquery()
    return int(conn.execute(select(func.count()).select_from(found)).scalar_one())


def map_bins(
    conn: Connection, scope: Scope, q: PatchQuery, bbox: Box | None, cells: int
) -> list[dict[str, Any]]:
    """Patches of the list on a grid of `cells` columns over the view, for too many to draw.

    Keys: lon, lat (middle of the cell), box (west, south, east, north), count, area_mu (亩).
    """
    chosen = _chosen(scope, _on_map(q, bbox))[0].where(Patch.lon.is_not(None))
    around = bbox or extent(conn, scope, q)
    if around is None:
        return []
    west, _, east, _ = around
    # halving steps from a fixed origin, so that cells stay where they are while the map moves
    width = 2.0 ** math.ceil(math.log2(max((east - west) / cells, 1e-4)))
    height = width * 0.8  # about square on the ground at 37° N
    grouped = chosen.with_only_columns(
        func.floor(Patch.lon / width).label("c"),
        func.floor(Patch.lat / height).label("r"),
        func.count(),
        func.sum(Patch.area_mu),
    ).group_by("c", "r")
    bins = []
    for c, r, count, area in conn.execute(grouped):
        w, s = float(c) * width, float(r) * height
        bins.append(
            {
                "lon": w + width / 2,
                "lat": s + height / 2,
                "box": (w, s, w + width, s + height),
                "count": int(count),
                "area_mu": float(area),
            }
        )
    return bins


def months_with_patches(conn: Connection, scope: Scope, year: int, as_of: date) -> list[str]:
    """Clearance months that have land patches on the day, from the summary; oldest first."""
    months = (
        select(DaySummary.clearance_month)
        .where(
            DaySummary.year == year, DaySummary.on_date <= as_of, DaySummary.clearance_month != ""
        )
        .group_by(DaySummary.clearance_month)
        .having(func.sum(DaySummary.due) > 0)  # type: ignore[attr-defined]
        .order_by(DaySummary.clearance_month)
    )
    if scope.districts is not None:
        months = months.where(DaySummary.district_code.in_(sorted(scope.districts)))
    return list(conn.scalars(months))
