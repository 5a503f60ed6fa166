"""The lists of daily work, as programs get them (docs/worklists.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from data.tables.columns import (
    ANY,
    COUNT,
    DAY,
    FLAG,
    NUMBER,
    TEXT,
    Columns,
    Row,
    as_row,
    as_rows,
    parts,
)
from data.tables.listing import Asked, Listing, Table, one_table
from data.worklists.audit import Audit, audit
from data.worklists.certificates import Certificate, certificates
from data.worklists.comebacks import ComeBack, comebacks
from data.worklists.ledger import Ledger, LedgerState, ledger
from data.worklists.overlay import OverlayFinding, overlay
from data.worklists.rechecks import RecheckDue, rechecks
from data.worklists.stages import Stage
from data.worklists.stays import Stay

if TYPE_CHECKING:
    from sqlalchemy import Connection

# ---- audit ---------------------------------------------------------------------------------------

_STAGES = parts({stage.value: parts({"patches": COUNT, "farmland_mu": NUMBER}) for stage in Stage})
_AUDIT_DISTRICT: Columns = {
    "code": TEXT.by(lambda own: own[0]),
    "stages": _STAGES.by(lambda own: own[1]),
}
_AUDIT_MONTH: Columns = {
    "code": TEXT.by(lambda row: row.district),
    "month": TEXT,
    "stages": _STAGES,
    "median_workdays": parts({stay.value: NUMBER for stay in Stay}).by(
        lambda row: {stay.value: said.median_workdays for stay, said in row.stays.items()}
    ),
    "returns": ANY,
    "repeated": COUNT,
}
_WAITING: Columns = {
    "patch_no": TEXT,
    "district": TEXT,
    "stage": TEXT,
    "since": DAY,
    "days": COUNT,
    "workdays": COUNT,
}
_PROBLEM: Columns = {
    "patch_no": TEXT,
    "district": TEXT,
    "listed_on": DAY,
    "due_on": DAY,
    "state": TEXT,
}
_UNFILED: Columns = {
    "patch_no": TEXT,
    "parcel_no": COUNT,
    "district": TEXT,
    "since": DAY,
    "workdays": COUNT,
}


def audit_document(found: Audit) -> dict[str, Any]:
    return {
        "year": found.year,
        "as_of": found.as_of,
        "stages": {
            "city": as_row(_STAGES.columns, found.city),
            "districts": as_rows(_AUDIT_DISTRICT, found.districts.items()),
        },
        "months": as_rows(_AUDIT_MONTH, found.months),
        "waiting": as_rows(_WAITING, found.waiting),
        "problems": as_rows(_PROBLEM, found.problems),
        "direct_filing": as_rows(_UNFILED, found.direct_filing),
    }


def _audit(conn: Connection, asked: Asked) -> dict[str, Any]:
    return audit_document(audit(conn, asked.scope, asked.year, asked.as_of, asked.district))


AUDIT = Listing(
    "audit",
    "月核",
    "Where the patches stand in the monthly audit, returns, problem list, cases not filed",
    _audit,
    {
        "city": Table(
            "范围内各阶段", "Stages of all in the scope", _STAGES.columns, ("stages", "city")
        ),
        "districts": Table(
            "各区市各阶段", "Stages by district", _AUDIT_DISTRICT, ("stages", "districts")
        ),
        "months": Table(
            "各月清月份",
            "Stages, medians and returns by district and month",
            _AUDIT_MONTH,
            ("months",),
        ),
        "waiting": Table(
            "等待中的图斑", "Patches that wait, and for how long", _WAITING, ("waiting",)
        ),
        "problems": Table("问题清单", "Items of the problem list", _PROBLEM, ("problems",)),
        "direct_filing": Table(
            "未立案的违法地块", "Unlawful parcels without a case", _UNFILED, ("direct_filing",)
        ),
    },
)

# ---- ledger --------------------------------------------------------------------------------------

_LEDGER_SUM: Columns = {"items": COUNT, "farmland_mu": NUMBER}
_LEDGER_YEAR: Columns = {
    "year": COUNT,
    "code": TEXT.by(lambda row: row.district),
    "items": COUNT.by(lambda row: row.total.items),
    "farmland_mu": NUMBER.by(lambda row: row.total.farmland_mu),
    "states": parts({state.value: parts(_LEDGER_SUM) for state in LedgerState}),
    "overdue": COUNT,
    "unproven": COUNT,
}
_LEDGER_ITEM: Columns = {
    "year": COUNT,
    "patch_no": TEXT,
    "parcel_no": COUNT,
    "district": TEXT,
    "farmland_mu": NUMBER,
    "state": TEXT,
    "overdue": FLAG,
    "unproven": FLAG,
    "reopened": FLAG.by(lambda item: item.reopened_on is not None),
}


def ledger_document(found: Ledger) -> dict[str, Any]:
    return {
        "as_of": found.as_of,
        "years": as_rows(_LEDGER_YEAR, found.years),
        "items": as_rows(_LEDGER_ITEM, found.items),
    }


def _ledger(conn: Connection, asked: Asked) -> dict[str, Any]:
    return ledger_document(ledger(conn, asked.scope, asked.as_of, asked.district))


LEDGER = Listing(
    "ledger",
    "整改台账",
    "The ledger since 2018: sums by year and district, and every item with its state",
    _ledger,
    {
        "years": Table("分年度合计", "One row a year and district", _LEDGER_YEAR, ("years",)),
        "items": Table("台账条目", "One row a parcel", _LEDGER_ITEM, ("items",)),
    },
    year=None,
)

# ---- lists of one table --------------------------------------------------------------------------

_RECHECK: Columns = {
    "year": COUNT,
    "patch_no": TEXT,
    "parcel_no": COUNT,
    "district": TEXT,
    "kind": TEXT,
    "start_on": DAY,
    "last_on": DAY,
    "due_on": DAY,
    "overdue": FLAG,
    "reopened": FLAG,
}


def recheck_rows(found: Sequence[RecheckDue]) -> list[Row]:
    return as_rows(_RECHECK, found)


RECHECKS = Listing(
    "rechecks",
    "周期复核",
    "Parcels that are looked at again in cycles, and when they are due",
    lambda conn, asked: recheck_rows(rechecks(conn, asked.scope, asked.as_of, asked.district)),
    one_table("复核", "One row a parcel", _RECHECK),
    year=None,
)

_COMEBACK: Columns = {
    "patch_no": TEXT,
    "year": COUNT,
    "kind": TEXT,
    "other_year": COUNT,
    "other_no": TEXT,
    "outcome": TEXT,
    "share": NUMBER,
}


def comeback_rows(found: Sequence[ComeBack]) -> list[Row]:
    return as_rows(_COMEBACK, found)


def _comebacks(conn: Connection, asked: Asked) -> list[Row]:
    year = asked.year or None
    return comeback_rows(comebacks(conn, asked.scope, asked.as_of, year, asked.district))


COMEBACKS = Listing(
    "comebacks",
    "复现与重复",
    "Patches that lie on older ones, or on evidence of another programme",
    _comebacks,
    one_table("重叠", "One row a pair", _COMEBACK),
    year=False,
)

_OVERLAY: Columns = {
    "patch_no": TEXT,
    "layer": TEXT,
    "finding": TEXT,
    "filled_mu": NUMBER,
    "measured_mu": NUMBER,
    "state": TEXT,
}


def overlay_rows(found: Sequence[OverlayFinding]) -> list[Row]:
    return as_rows(_OVERLAY, found)


def _overlay(conn: Connection, asked: Asked) -> list[Row]:
    return overlay_rows(overlay(conn, asked.scope, asked.year, asked.as_of, asked.district))


OVERLAY = Listing(
    "overlay",
    "套合疑点",
    "Where filled-in areas differ from the reference layers: doubts, no verdicts",
    _overlay,
    one_table("疑点", "One row a patch, layer and finding", _OVERLAY),
)

_CERTIFICATE: Columns = {
    "certificate_no": TEXT,
    "year": COUNT,
    "patch_no": TEXT,
    "parcel_no": COUNT,
    "district": TEXT,
    "farmland_mu": NUMBER,
    "eliminated_on": DAY,
    "accepted_on": DAY,
    "state": TEXT,
    "revoked_on": DAY,
    "twice": FLAG,
    "stage": TEXT,
    "issued_on": DAY,
}


def certificate_rows(found: Sequence[Certificate]) -> list[Row]:
    return as_rows(_CERTIFICATE, found)


def _certificates(conn: Connection, asked: Asked) -> list[Row]:
    return certificate_rows(certificates(conn, asked.scope, asked.as_of, asked.district))


CERTIFICATES = Listing(
    "certificates",
    "拆除复耕到位证明",
    "The register of certificates of demolition and recultivation",
    _certificates,
    one_table("证明", "One row a parcel", _CERTIFICATE),
    year=None,
)

LISTINGS = (AUDIT, LEDGER, RECHECKS, COMEBACKS, OVERLAY, CERTIFICATES)
