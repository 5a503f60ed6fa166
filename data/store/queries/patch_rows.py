"""What given patches are on a day, a row each: the figures of figures.md "per patch" with the
areas of their parcels. Lists, exports, the map and the patch page all take their rows from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, case, func, select

from data.periods import correction_due_on
from data.store.models import Patch, Town
from data.store.queries.state import ParcelState, PatchState, day_literal, parcels_at
from data.vocabulary import Legality

_COLUMNS = (
    "id", "year", "patch_no", "domain", "patch_type", "change_kind", "mineral", "county_code",
    "town_code", "location", "issued_on", "due_on", "clearance_month", "reported_on",
    "extended_to", "withdrawn_on", "area_mu", "farmland_mu", "basic_farmland_mu", "redline_mu",
    "lon", "lat",
)  # fmt: skip
_STATES = (
    "cleared", "on_time", "late", "overdue", "audited", "returned", "returned_now", "final",
)  # fmt: skip
#: Of a patch's parcels the one that weighs most speaks for it.
WORST_FIRST = (Legality.UNLAWFUL, Legality.PENDING, Legality.OTHER, Legality.LAWFUL)


def parcel_figures(conn: Connection, ids: Sequence[int], day: date) -> dict[int, dict[str, Any]]:
    """patch id → legality (the worst effective), unlawful_farmland_mu, remaining_farmland_mu."""
    figures: dict[int, dict[str, Any]] = {}
    found_years = conn.execute(select(Patch.id, Patch.year).where(Patch.id.in_(ids)))
    years: dict[int, int] = {row.id: row.year for row in found_years}
    for year in sorted(set(years.values())):
        of_year = [i for i in ids if years.get(i) == year]
        rows = parcels_at(
            Patch,
            day_literal(day),
            Patch.__table__,
            [Patch.id.label("patch_id")],
            Patch.id.in_(of_year),
        )
        parcel = ParcelState(rows, day_literal(day), year)
        rank = case(
            {term.value: position for position, term in enumerate(WORST_FIRST)},
            value=rows.c.effective,
        )
        farmland = rows.c.farmland_mu
        found = conn.execute(
            select(
                rows.c.patch_id,
                func.min(rank),
                func.sum(case((parcel.counted, farmland), else_=0.0)),
                func.sum(case((parcel.eliminated, farmland), else_=0.0)),
            ).group_by(rows.c.patch_id)
        )
        for patch_id, worst, unlawful, eliminated in found:
            figures[patch_id] = {
                "legality": WORST_FIRST[worst].value,
                "unlawful_farmland_mu": float(unlawful),
                "remaining_farmland_mu": float(unlawful) - float(eliminated),
            }
    return figures


def named(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[str, float]]:
    """patch id → its number and its area in 亩."""
    query = select(Patch.id, Patch.patch_no, Patch.area_mu).where(Patch.id.in_(ids))
    return {row.id: (row.patch_no, row.area_mu) for row in conn.execute(query)}


NO_PARCELS = {
    "legality": Legality.PENDING.value,
    "unlawful_farmland_mu": 0.0,
    "remaining_farmland_mu": 0.0,
}


def patch_rows(conn: Connection, ids: Sequence[int], day: date) -> list[dict[str, Any]]:
    """The patches in the order of `ids`.

    Keys: the columns of `patch` without its geometry; district_code (that of the day), town_name;
    cleared, on_time, late, overdue, audited, returned, returned_now, final, withdrawn;
    days_overdue, correction_due; legality, unlawful_farmland_mu, remaining_farmland_mu. Areas in
    亩, days as date, vocabularies as English values. Clearance is a matter of land patches: for
    minerals due_on, clearance_month and days_overdue are None.
    """
    if not ids:
        return []
    state = PatchState(Patch, day_literal(day))
    query = (
        select(
            *(getattr(Patch, name) for name in _COLUMNS),
            state.district.label("district_code"),
            Town.name.label("town_name"),
            *(getattr(state, name).label(name) for name in _STATES),
            state.open_return_on.label("open_return_on"),
        )
        .select_from(Patch)
        .outerjoin(Town, Town.code == Patch.town_code)
        .where(Patch.id.in_(ids))
    )
    parcels = parcel_figures(conn, ids, day)
    rows: dict[int, dict[str, Any]] = {}
    for record in conn.execute(query).mappings():
        row = dict(record)
        for name in _STATES:
            row[name] = bool(row[name])
        returned_on = row.pop("open_return_on")
        row["correction_due"] = correction_due_on(returned_on) if returned_on else None
        withdrawn_on = row["withdrawn_on"]
        row["withdrawn"] = withdrawn_on is not None and withdrawn_on <= day
        row["days_overdue"] = (day - row["due_on"]).days if row["overdue"] else None
        row.update(parcels.get(row["id"], NO_PARCELS))
        rows[row["id"]] = row
    return [rows[i] for i in ids if i in rows]
