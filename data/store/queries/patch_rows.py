"""What given patches are on a day, a row each or in columns: the figures of figures.md "per patch"
with the areas of their parcels. Lists, exports, the map and the patch page all take them from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Date,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    null,
    select,
)

from data.periods import correction_due_on
from data.store.models import Patch, Town
from data.store.queries.contributions import amounts, summed
from data.store.queries.list_filters import id_array, identified, listed
from data.store.queries.state import Expression, ParcelState, PatchState, parcels_at
from data.store.queries.stated import SEVERAL, STATED, STATED_DAYS, each_once
from data.units import PARTS_PER_MU
from data.vocabulary import Legality, RectificationWay

_COLUMNS = (
    "id", "year", "patch_no", "domain", "patch_type", "change_kind", "mineral", "county_code",
    "town_code", "location", "issued_on", "due_on", "clearance_month", "reported_on",
    "extended_to", "withdrawn_on", "area_mu", "farmland_mu", "basic_farmland_mu", "redline_mu",
    "lon", "lat",
)  # fmt: skip
_DAYS = {
    "issued_on", "due_on", "reported_on", "extended_to", "withdrawn_on", "open_return_on",
    *STATED_DAYS,
}  # fmt: skip
#: Empty while the day on which it happens lies after the one asked for.
_HAPPENED = {"reported_on", "withdrawn_on"}
_STATES = (
    "cleared", "on_time", "late", "overdue", "audited", "returned", "returned_now", "final",
)  # fmt: skip
#: Found from the columns named; the others are asked of the store.
_DERIVED = {
    "correction_due": ("open_return_on",),
    "withdrawn": ("withdrawn_on",),
    "days_overdue": ("overdue", "due_on"),
}
_OF_PARCELS = (
    "legality", "unlawful_farmland_mu", "remaining_farmland_mu", "unlawful_parcels",
    "filed_parcels", "filed_on", "eliminated_on", "ways",
)  # fmt: skip
#: Keys of a row.
ROW_KEYS = (
    *_COLUMNS, "district_code", "town_name", *_STATES, *_DERIVED, *_OF_PARCELS, *STATED,
)  # fmt: skip
#: Of a patch's parcels the one that weighs most speaks for it.
WORST_FIRST = (Legality.UNLAWFUL, Legality.PENDING, Legality.OTHER, Legality.LAWFUL)
_IDS, _DAY = bindparam("ids", type_=String), bindparam("day", type_=Date)
#: The values of _OF_PARCELS.
_Judged = tuple[Any, ...]
_NOT_JUDGED: _Judged = (Legality.PENDING.value, 0.0, 0.0, 0, 0, None, None, ())
NO_PARCELS = dict(zip(_OF_PARCELS, _NOT_JUDGED, strict=True))


def _told(conn: Connection, query: Select[Any], given: dict[str, Any]) -> Sequence[Any]:
    """Rows as the driver has them: to make SQLAlchemy's own of them takes as long again."""
    result = conn.execute(query, given)
    cursor: Any = result.cursor
    rows: Sequence[Any] = cursor.fetchall()
    result.close()
    return rows


def _days(told: Sequence[Any]) -> list[date | None]:
    """Days, which SQLite keeps as ISO texts."""
    days = {day: date.fromisoformat(day) if isinstance(day, str) else day for day in set(told)}
    return [days[day] for day in told]


def _by_year(
    conn: Connection,
    ids: Sequence[int],
    day: date,
    make: Callable[[int], Select[Any]],
) -> Iterator[tuple[Any, ...]]:
    """Rows of a statement that is made for a work year and takes `ids` and `day`."""
    years = sorted(conn.scalars(select(Patch.year).where(identified(ids)).distinct()))
    for year in years:
        of_year = ids
        if len(years) > 1:
            query = select(Patch.id).where(identified(ids), Patch.year == year)
            of_year = list(conn.scalars(query))
        yield from _told(conn, make(year), {"ids": id_array(of_year), "day": day})


def _judged(conn: Connection, ids: Sequence[int], day: date) -> dict[int, _Judged]:
    """By patch id, of patches that have parcels or a determination."""
    found: dict[int, _Judged] = {}
    for row in _by_year(conn, ids, day, _parcel_sums):
        patch_id, worst, *sums = row[:7]
        # PostgreSQL's driver has sums of integers as Decimal
        counted, gone, unlawful, filed, rectified = map(int, sums)
        filed_on, last, *ways = row[7:]
        eliminated_on = last if unlawful and rectified == unlawful else None
        found[patch_id] = (
            WORST_FIRST[worst].value,
            counted / PARTS_PER_MU,
            (counted - gone) / PARTS_PER_MU,
            unlawful,
            filed,
            *_days([filed_on, eliminated_on]),
            tuple(way.value for way, chosen in zip(RectificationWay, ways, strict=True) if chosen),
        )
    return found


@lru_cache(maxsize=32)
def _parcel_sums(year: int) -> Select[Any]:
    """Patch id, place of its worst parcel in WORST_FIRST, counted and eliminated farmland in parts;
    of its unlawful parcels how many, how many filed, how many rectified, the last day of the
    filings and of the rectifications, and which ways; of `ids` on `day`. Kept, because building it
    takes longer than a page's rows."""
    rows = parcels_at(
        Patch,
        _DAY,
        Patch.__table__,
        [Patch.id.label("patch_id")],
        listed(_IDS),
    )
    parcel = ParcelState(rows, _DAY, year)
    rank = case(
        {term.value: position for position, term in enumerate(WORST_FIRST)},
        value=rows.c.effective,
    )

    def last(condition: Expression, day: Expression) -> Expression:
        return func.max(case((condition, day), else_=null()))

    return select(
        rows.c.patch_id,
        func.min(rank),
        summed(rows, (parcel.counted, "farmland_mu")),
        summed(rows, (parcel.eliminated, "farmland_mu")),
        summed(rows, (parcel.unlawful, None)),
        summed(rows, (parcel.filed, None)),
        summed(rows, (parcel.rectified, None)),
        last(parcel.filed, rows.c.filed_on),
        last(parcel.rectified, rows.c.eliminated_on),
        *(
            func.max(case((and_(parcel.unlawful, rows.c.way == way.value), 1), else_=0))
            for way in RectificationWay
        ),
    ).group_by(rows.c.patch_id)


def amounts_of(
    conn: Connection, ids: Sequence[int], day: date, names: tuple[str, ...]
) -> dict[int, tuple[int, ...]]:
    """patch id → what it adds to each of the figures (of contributions.OF_PARCELS): counts, or
    areas in parts of units.PARTS_PER_MU; without those that have neither parcel nor decision."""
    found = _by_year(conn, ids, day, lambda year: _amounts(year, names))
    return {patch_id: tuple(map(int, values)) for patch_id, *values in found}


@lru_cache(maxsize=128)
def _amounts(year: int, names: tuple[str, ...]) -> Select[Any]:
    return select(amounts(names, year, _DAY, listed(_IDS)))


def parcel_figures(conn: Connection, ids: Sequence[int], day: date) -> dict[int, dict[str, Any]]:
    """patch id → the values of _OF_PARCELS."""
    return {
        patch_id: dict(zip(_OF_PARCELS, said, strict=True))
        for patch_id, said in _judged(conn, ids, day).items()
    }


def named(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[str, float]]:
    """patch id → its number and its area in 亩."""
    query = select(Patch.id, Patch.patch_no, Patch.area_mu).where(identified(ids))
    return {row.id: (row.patch_no, row.area_mu) for row in conn.execute(query)}


def patch_rows(conn: Connection, ids: Sequence[int], day: date) -> list[dict[str, Any]]:
    """The patches in the order of `ids`.

    Keys: the columns of `patch` without its geometry; district_code (that of the day), town_name;
    cleared, on_time, late, overdue, audited, returned, returned_now, final, withdrawn;
    days_overdue, correction_due; legality, unlawful_farmland_mu, remaining_farmland_mu; of the
    unlawful parcels unlawful_parcels, filed_parcels (how many), filed_on (the last filing),
    eliminated_on (the last, where all are rectified), ways (整改方式, values in their order);
    source, reason_codes, deduction_class, mineral_violation, responsible_unit (the words of all
    decisions, parcels and cases, joined by 、), planned_on (the last). Areas in 亩, days as date,
    vocabularies as English values. Nothing carries a day after `day` that has then not happened.
    Clearance is a matter of land patches: for minerals due_on, clearance_month and days_overdue
    are None.
    """
    columns = patch_columns(conn, ids, day)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def patch_columns(
    conn: Connection, ids: Sequence[int], day: date, keys: Sequence[str] = ROW_KEYS
) -> dict[str, list[Any]]:
    """The same by column, for many patches. keys: of ROW_KEYS; also geom (WKB EPSG:4490)."""
    if not ids:
        return {key: [] for key in keys}
    asked = {"id": None, **dict.fromkeys(keys)}
    for key, sources in _DERIVED.items():
        if key in asked:
            asked |= dict.fromkeys(sources)
    read = tuple(key for key in asked if key not in _DERIVED and key not in _OF_PARCELS)
    given = {"ids": id_array(ids), "day": day}
    by_id = {row[0]: row for row in _told(conn, _selected(read), given)}
    rows = [by_id[i] for i in ids if i in by_id]
    if not rows:
        return {key: [] for key in keys}
    found = dict(zip(read, map(list, zip(*rows, strict=True)), strict=True))
    for key in found.keys() & _DAYS:
        found[key] = _days(found[key])
    for key in found.keys() & set(SEVERAL):
        found[key] = list(map(each_once, found[key]))
    for key in found.keys() & _HAPPENED:
        found[key] = [on if on is not None and on <= day else None for on in found[key]]
    for key in found.keys() & _STATES:
        found[key] = list(map(bool, found[key]))
    for key, derived in _derived(day).items():
        if key in asked:
            given_by = (found[source] for source in _DERIVED[key])
            found[key] = [derived(*values) for values in zip(*given_by, strict=True)]
    if not asked.keys().isdisjoint(_OF_PARCELS):
        judged = _judged(conn, ids, day)
        told = zip(*(judged.get(i, _NOT_JUDGED) for i in found["id"]), strict=True)
        found |= zip(_OF_PARCELS, map(list, told), strict=True)
    return {key: found[key] for key in keys}


@lru_cache(maxsize=32)
def _selected(keys: tuple[str, ...]) -> Select[Any]:
    """The columns of `ids` on `day`."""
    state = PatchState(Patch, _DAY)
    special = {"district_code": state.district, "town_name": Town.name}
    columns: list[Any] = []
    for key in keys:
        if key in STATED:
            columns.append(STATED[key](_DAY).label(key))
            continue
        of: Any = state if key in _STATES or key == "open_return_on" else Patch
        columns.append((special[key] if key in special else getattr(of, key)).label(key))
    query = select(*columns).select_from(Patch).where(listed(_IDS))
    return query.outerjoin(Town, Town.code == Patch.town_code) if "town_name" in keys else query


def _derived(day: date) -> dict[str, Callable[..., Any]]:
    """How each key of _DERIVED is found."""
    return {
        "correction_due": lambda returned: correction_due_on(returned) if returned else None,
        "withdrawn": lambda withdrawn: withdrawn is not None and withdrawn <= day,
        "days_overdue": lambda overdue, due: (day - due).days if overdue else None,
    }
