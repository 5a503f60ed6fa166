"""Field checks and quota freezes, as programs get them (docs/worklists.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.tables.columns import (
    COUNT,
    DAY,
    FLAG,
    NUMBER,
    TEXT,
    TEXTS,
    Columns,
    as_row,
    as_rows,
    parts,
)
from data.tables.listing import Asked, Listing, Table
from data.triggers.rulebook import Rulebook, rulebook
from data.workflow.sampling import is_proved
from data.worklists.checks import Checks, checks
from data.worklists.freezes import Freezes, freezes

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FIELD_RULES = ("F1", "F2", "F3", "F4", "F5")
_COVERED: Columns = {"required": COUNT, "done": COUNT, "rate": NUMBER}
_COVERAGE = parts({rule: parts(_COVERED) for rule in _FIELD_RULES})
_COVERAGE_DISTRICT: Columns = {
    "code": TEXT.by(lambda own: own[0]),
    "coverage": _COVERAGE.by(lambda own: own[1]),
}
_CHECK: Columns = {
    "rule": TEXT,
    "patch_no": TEXT,
    "parcel_no": COUNT,
    "district": TEXT,
    "farmland_mu": NUMBER,
    "done": FLAG,
    "last_on": DAY,
    "finding": TEXT,
    "tracking_due_on": DAY,
    "overdue": FLAG,
    "state": TEXT.by(lambda task: task.visit.state),
    "due_on": DAY.by(lambda task: task.visit.due_on),
    "late": FLAG.by(lambda task: task.visit.overdue),
    "team": TEXTS.by(lambda task: task.visit.team),
}
_DRAW: Columns = {
    "month": TEXT,
    "supplement": COUNT,
    "drawn_on": DAY,
    "drawn_by": TEXT,
    "seed": TEXT,
    "share": NUMBER,
    "population": TEXTS,
    "population_sha256": TEXT,
    "drawn": TEXTS,
}


def checks_document(found: Checks, rules: Rulebook) -> dict[str, Any]:
    """rules: by which it is said whether a draw can be repeated."""
    proved = [{"proved": is_proved(rules, draw)} for draw in found.draws]
    return {
        "year": found.year,
        "as_of": found.as_of,
        "coverage": as_row(_COVERAGE.columns, found.coverage),
        "districts": as_rows(_COVERAGE_DISTRICT, found.districts.items()),
        "tasks": as_rows(_CHECK, found.tasks),
        "draws": [row | own for row, own in zip(as_rows(_DRAW, found.draws), proved, strict=True)],
    }


def _checks(conn: Connection, asked: Asked) -> dict[str, Any]:
    found = checks(conn, asked.scope, asked.year, asked.as_of, asked.district)
    return checks_document(found, rulebook(conn))


CHECKS = Listing(
    "checks",
    "外业核查",
    "Field checks: coverage, what is to be checked and how it stands, recorded draws",
    _checks,
    {
        "coverage": Table(
            "范围内完成情况", "Coverage in the scope", _COVERAGE.columns, ("coverage",)
        ),
        "districts": Table(
            "各区市完成情况", "Coverage by district", _COVERAGE_DISTRICT, ("districts",)
        ),
        "tasks": Table("应查图斑", "One row a rule and patch", _CHECK, ("tasks",)),
        "draws": Table("抽取记录", "One row a draw", {**_DRAW, "proved": FLAG}, ("draws",)),
    },
)

_POOL: Columns = {
    "code": TEXT.by(lambda pool: pool.district),
    "reserve_mu": NUMBER,
    "reserve_on": DAY,
    "forecast_mu": NUMBER,
    "patches": TEXTS,
    "frozen_mu": NUMBER,
    "thawed_mu": NUMBER,
    "to_thaw_mu": NUMBER,
    "available_mu": NUMBER,
    "state": TEXT,
}
_FREEZE: Columns = {
    "record": COUNT,
    "year": COUNT,
    "district": TEXT,
    "document_no": TEXT,
    "frozen_on": DAY,
    "area_mu": NUMBER,
    "thawed_on": DAY,
    "patches": TEXTS,
    "left_mu": NUMBER,
    "state": TEXT,
}
_POOL_DAY: Columns = {
    "code": TEXT.by(lambda day: day.district),
    "on": DAY,
    "reserve_mu": NUMBER,
    "frozen_mu": NUMBER,
    "available_mu": NUMBER,
}


def freezes_document(found: Freezes) -> dict[str, Any]:
    return {
        "year": found.year,
        "as_of": found.as_of,
        "districts": as_rows(_POOL, found.districts),
        "freezes": as_rows(_FREEZE, found.freezes),
        "days": as_rows(_POOL_DAY, found.days),
    }


def _freezes(conn: Connection, asked: Asked) -> dict[str, Any]:
    return freezes_document(freezes(conn, asked.scope, asked.year, asked.as_of, asked.district))


FREEZES = Listing(
    "freezes",
    "补充耕地指标",
    "Quota: reserve, forecast, frozen, thawed, available",
    _freezes,
    {
        "districts": Table("各区市", "One row a district", _POOL, ("districts",)),
        "freezes": Table("冻结记录", "One row a freeze", _FREEZE, ("freezes",)),
        "days": Table("变动日", "One row a district and day of change", _POOL_DAY, ("days",)),
    },
)

LISTINGS = (CHECKS, FREEZES)
