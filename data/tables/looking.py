"""Figures, patches, field checks and triggers, as programs get them (docs/figures.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.store.measures import COUNTS
from data.store.queries.figures import FIGURES, SMALL, figures
from data.store.queries.patch_list import PatchQuery, iter_patches, patch_page
from data.tables.columns import COUNT, DAY, FLAG, NUMBER, TEXT, TEXTS, Column, Columns, Row, as_rows
from data.tables.listing import Asked, Listing, Table, one_table
from data.triggers.current import current_triggers
from data.triggers.field_checks import field_checks

if TYPE_CHECKING:
    from sqlalchemy import Connection

_WHOLE = frozenset(COUNTS)


def _figure(name: str) -> Column:
    if name == SMALL:
        return FLAG
    return COUNT if name in _WHOLE else NUMBER


_FIGURES: Columns = {name: _figure(name) for name in FIGURES}


def _figures(conn: Connection, asked: Asked) -> dict[str, Any]:
    return figures(conn, asked.scope, asked.year, asked.as_of, asked.district)


FIGURES_LIST = Listing(
    "figures",
    "各项指标",
    "All sums and rates of the work year up to the day",
    _figures,
    {
        "city": Table("范围内合计", "All districts of the scope added up", _FIGURES, ("city",)),
        "districts": Table(
            "各区市",
            "One row a district",
            {"code": TEXT, "name": TEXT, "short_name": TEXT, **_FIGURES},
            ("districts",),
        ),
        "months": Table(
            "各区市各月清月份",
            "One row a district and clearance month that has patches",
            {"code": TEXT, "month": TEXT, "due_on": DAY, **_FIGURES},
            ("months",),
        ),
    },
    sums_only=True,
)

_OF_A_PATCH: Columns = {
    "id": COUNT,
    "year": COUNT,
    "patch_no": TEXT,
    "domain": TEXT,
    "patch_type": TEXT,
    "change_kind": TEXT,
    "mineral": TEXT,
    "county_code": TEXT,
    "town_code": TEXT,
    "location": TEXT,
    "issued_on": DAY,
    "due_on": DAY,
    "clearance_month": TEXT,
    "reported_on": DAY,
    "extended_to": DAY,
    "withdrawn_on": DAY,
    "area_mu": NUMBER,
    "farmland_mu": NUMBER,
    "basic_farmland_mu": NUMBER,
    "redline_mu": NUMBER,
    "lon": NUMBER,
    "lat": NUMBER,
    "district_code": TEXT,
    "town_name": TEXT,
    "cleared": FLAG,
    "on_time": FLAG,
    "late": FLAG,
    "overdue": FLAG,
    "audited": FLAG,
    "returned": FLAG,
    "returned_now": FLAG,
    "final": FLAG,
    "correction_due": DAY,
    "withdrawn": FLAG,
    "days_overdue": COUNT,
    "legality": TEXT,
    "unlawful_farmland_mu": NUMBER,
    "remaining_farmland_mu": NUMBER,
    "unlawful_parcels": COUNT,
    "filed_parcels": COUNT,
    "filed_on": DAY,
    "eliminated_on": DAY,
    "ways": TEXTS,
    "source": TEXT,
    "reason_codes": TEXT,
    "deduction_class": TEXT,
    "mineral_violation": TEXT,
    "responsible_unit": TEXT,
    "planned_on": DAY,
    "claims": TEXT,
}
PATCH_COLUMNS: Columns = {
    **_OF_A_PATCH,
    "due": DAY.by(lambda row: row["due_on"]),
    "district": TEXT.by(lambda row: row["district_code"]),
}


def patch_query(asked: Asked, offset: int = 0, limit: int = 0) -> PatchQuery:
    return PatchQuery(
        year=asked.year,
        as_of=asked.as_of,
        district=asked.district,
        status=asked.status,
        sort=(("patch_no", "asc"),),
        offset=offset,
        limit=limit,
    )


def _patches(conn: Connection, asked: Asked) -> list[Row]:
    chunks = iter_patches(conn, asked.scope, patch_query(asked))
    return [row for chunk in chunks for row in as_rows(PATCH_COLUMNS, chunk)]


def _some_patches(conn: Connection, asked: Asked, offset: int, limit: int) -> list[Row]:
    found = patch_page(conn, asked.scope, patch_query(asked, offset, limit))
    return as_rows(PATCH_COLUMNS, found.rows)


PATCHES = Listing(
    "patches",
    "图斑清单",
    "The patches that count on the day, each with its own figures",
    _patches,
    one_table("图斑", "One row a patch, by its number", PATCH_COLUMNS),
    has_status=True,
    page=_some_patches,
)

_TASK: Columns = {
    "rule": TEXT,
    "patch_no": TEXT,
    "district": TEXT,
    "farmland_mu": NUMBER,
    "basic_farmland_mu": NUMBER,
    "redline_mu": NUMBER,
    "done": FLAG,
    "parcel_no": COUNT,
}


def _tasks(conn: Connection, asked: Asked) -> list[Row]:
    found = field_checks(conn, asked.scope, asked.year, asked.as_of, asked.district)
    return as_rows(_TASK, found)


TASKS = Listing(
    "tasks",
    "外业核查任务",
    "Field checks that rules F1 to F5 ask for",
    _tasks,
    one_table("任务", "One row a rule and patch; F4 a row a parcel", _TASK),
)

_TRIGGER: Columns = {
    "rule": TEXT,
    "rule_name": TEXT,
    "subject": TEXT,
    "subject_name": TEXT,
    "district": TEXT,
    "period": TEXT,
    "severity": TEXT,
    "line": TEXT,
    "measure": TEXT,
    "value": NUMBER,
    "threshold": NUMBER,
    "unit": TEXT,
    "clause": TEXT,
    "citation": TEXT,
    "note": TEXT,
    "formula": TEXT,
    "margin": TEXT,
    "ends": TEXT,
    "about": TEXT,
    "mark": TEXT,
    "small_denominator": FLAG,
    "judged_months": COUNT,
    "open": COUNT,
    "key": TEXT,
    "patches": TEXTS,
}


def _triggers(conn: Connection, asked: Asked) -> list[Row]:
    found = current_triggers(conn, asked.scope, asked.year, asked.as_of, asked.district)
    return as_rows(_TRIGGER, found)


TRIGGERS = Listing(
    "triggers",
    "已触发的预警",
    "What the rules say holds on the day",
    _triggers,
    one_table("预警", "One row a rule, subject and period", _TRIGGER),
)

LISTINGS = (FIGURES_LIST, PATCHES, TASKS, TRIGGERS)
