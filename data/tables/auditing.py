"""Cases, transfers and data that look wrong, as programs get them (docs/worklists.md)."""

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
    Row,
    as_row,
    as_rows,
    parts,
)
from data.tables.listing import Asked, Listing, Table, one_table
from data.worklists.cases import Cases, CaseStay, cases
from data.worklists.oddities import oddities, patches_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

_COUNTED = (
    "unlawful", "filed", "unfiled", "late", "without_unlawful", "transfers", "unanswered",
    "questions_open",
)  # fmt: skip
_TIMES: Columns = {
    "finished": COUNT,
    "median_workdays": NUMBER,
    "open": COUNT,
    "oldest_since": DAY,
}
_CASE_SUMS: Columns = {
    **dict.fromkeys(_COUNTED, COUNT),
    "times": parts({stay.value: parts(_TIMES) for stay in CaseStay}),
}
_UNFILED: Columns = {
    "patch_no": TEXT,
    "parcel_no": COUNT,
    "district": TEXT,
    "since": DAY,
    "workdays": COUNT,
}
_WITHOUT: Columns = {
    "patch_no": TEXT.by(lambda case: case.fact.patch_no),
    "parcel_no": COUNT.by(lambda case: case.fact.parcel_no),
    "district": TEXT.by(lambda case: case.fact.district),
    "case_no": TEXT.by(lambda case: case.fact.case_no),
    "filed_on": DAY.by(lambda case: case.fact.filed_on),
    "legality": TEXT,
}
_TRANSFER: Columns = {
    "patch_no": TEXT,
    "parcel_no": COUNT,
    "district": TEXT,
    "department": TEXT,
    "transferred_on": DAY,
    "replied_on": DAY,
}
_QUESTION: Columns = {"patch_no": TEXT, "parcel_no": COUNT, "district": TEXT, "missing": TEXTS}


def cases_document(found: Cases) -> dict[str, Any]:
    unfiled = as_rows(_UNFILED, found.direct_filing)
    return {
        "year": found.year,
        "as_of": found.as_of,
        "city": as_row(_CASE_SUMS, found.city),
        "districts": [
            {"code": code, **as_row(_CASE_SUMS, sums)} for code, sums in found.districts.items()
        ],
        "direct_filing": [{**row, "late": row["workdays"] > found.line} for row in unfiled],
        "without_unlawful": as_rows(_WITHOUT, found.without_unlawful),
        "transfers": as_rows(_TRANSFER, found.transfers),
        "questions": as_rows(_QUESTION, found.questions),
    }


def _cases(conn: Connection, asked: Asked) -> dict[str, Any]:
    return cases_document(cases(conn, asked.scope, asked.year, asked.as_of, asked.district))


CASES = Listing(
    "cases",
    "查处移送",
    "Cases and transfers: filed, how long it took, what has no answer",
    _cases,
    {
        "city": Table("范围内合计", "All of the scope", _CASE_SUMS, ("city",)),
        "districts": Table(
            "各区市", "One row a district", {"code": TEXT, **_CASE_SUMS}, ("districts",)
        ),
        "direct_filing": Table(
            "未立案的违法地块",
            "Unlawful parcels without a case",
            {**_UNFILED, "late": FLAG},
            ("direct_filing",),
        ),
        "without_unlawful": Table(
            "立案而非违法",
            "Cases of parcels that are not unlawful",
            _WITHOUT,
            ("without_unlawful",),
        ),
        "transfers": Table("移送", "One row a transfer", _TRANSFER, ("transfers",)),
        "questions": Table(
            "六个是否待补判", "Parcels with questions open", _QUESTION, ("questions",)
        ),
    },
)

_ODDITY: Columns = {
    "key": TEXT,
    "kind": TEXT,
    "district": TEXT,
    "patches": COUNT,
    "whole": COUNT,
    "share": NUMBER,
    "others": NUMBER,
    "last_year": NUMBER,
    "beside": NUMBER,
    "common": TEXT,
    "state": TEXT,
}


def _oddities(conn: Connection, asked: Asked) -> list[Row]:
    found = oddities(conn, asked.scope, asked.year, asked.as_of, asked.district)
    behind = [patches_of(conn, asked.scope, asked.year, asked.as_of, odd) for odd in found]
    rows = as_rows(_ODDITY, found)
    return [{**row, "patch_nos": numbers} for row, numbers in zip(rows, behind, strict=True)]


ODDITIES = Listing(
    "oddities",
    "数据异常",
    "Data of a district that look wrong, each with its numbers and patches",
    _oddities,
    one_table("异常", "One row an oddity", {**_ODDITY, "patch_nos": TEXTS}),
)

LISTINGS = (CASES, ODDITIES)
