"""Patches and what is known of them, written straight into a store for tests of queries."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import shapely
from sqlalchemy import Connection, func, insert, select

from data.periods import clearance_month, statutory_due_on
from data.store import meta, summary
from data.store.models import AuditDecision, EnforcementCase, FromFile, Parcel, Patch, Upload
from data.vocabulary import AUDIT_LEVEL_RANK, AuditLevel

HUANCUI, WENDENG, HIGH_TECH = "371002", "371003", "371071"


def put_upload(conn: Connection, file_name: str = "下发图斑.xlsx", kind: str = "patches") -> int:
    """An upload to hang rows on. → its batch number."""
    batch = meta.next_number(conn, "next:upload")
    conn.execute(
        insert(Upload).values(
            id=batch,
            kind=kind,
            year=2023,
            state="done",
            file_name=file_name,
            file_size=1,
            file_sha256="0" * 64,
            uploaded_at=datetime(2023, 5, 9, 1, 30, tzinfo=UTC),
            uploaded_by="测试",
            uploaded_from="cli",
            options={},
            rows=1,
            inserted=1,
            updated=0,
            unchanged=0,
            rejected=0,
            ended=0,
            warnings=0,
            issues=[],
            data_version=batch,
        )
    )
    return batch


def _put(conn: Connection, table: type[FromFile], values: dict[str, Any]) -> int:
    new = int(conn.scalar(select(func.coalesce(func.max(table.id), 0))) or 0) + 1
    batch = conn.scalar(select(func.max(Upload.id))) or put_upload(conn)
    conn.execute(insert(table).values({"id": new, "batch_id": batch, "source_hash": 0, **values}))
    return new


def put_patch(conn: Connection, patch_no: str, **changes: Any) -> int:
    """A land patch of 环翠区 of 10 亩, 4 of them farmland, issued 8 May 2023. → its id."""
    values: dict[str, Any] = {
        "year": 2023, "patch_no": patch_no, "domain": "land", "patch_type": "other_change",
        "issued_on": date(2023, 5, 8), "district_code": HUANCUI, "area_mu": 10.0,
        "farmland_mu": 4.0, "basic_farmland_mu": 0.0, "redline_mu": 0.0,
        "place_source": "explicit",
    }  # fmt: skip
    values |= changes
    if values["domain"] == "land":
        values.setdefault("clearance_month", clearance_month(values["issued_on"]))
        values.setdefault(
            "due_on", values.get("extended_to") or statutory_due_on(values["issued_on"])
        )
    if values.get("lon") is not None and "geom" not in values:
        square = shapely.box(
            values["lon"] - 0.001,
            values["lat"] - 0.001,
            values["lon"] + 0.001,
            values["lat"] + 0.001,
        )
        values["geom"] = shapely.to_wkb(square)
    return _put(conn, Patch, values)


def put_parcel(conn: Connection, patch_id: int, parcel_no: int = 1, **changes: Any) -> int:
    """A parcel judged unlawful by the county, reported 20 May 2023, 3 亩 of which 2 farmland."""
    values: dict[str, Any] = {
        "patch_id": patch_id, "parcel_no": parcel_no, "legality": "unlawful", "area_mu": 3.0,
        "farmland_mu": 2.0, "basic_farmland_mu": 0.0, "redline_mu": 0.0,
        "counts_as_unlawful": True, "reported_on": date(2023, 5, 20), "is_founding": True,
        "ended": False,
    }  # fmt: skip
    return _put(conn, Parcel, values | changes)


def put_decision(
    conn: Connection, patch_id: int, level: AuditLevel, decided_on: date, result: str, **more: Any
) -> int:
    values = {
        "patch_id": patch_id, "parcel_no": 0, "level": level.value,
        "level_rank": AUDIT_LEVEL_RANK[level], "decided_on": decided_on, "result": result,
    }  # fmt: skip
    return _put(conn, AuditDecision, values | more)


def put_case(conn: Connection, patch_id: int, parcel_no: int = 1, **changes: Any) -> int:
    return _put(conn, EnforcementCase, {"patch_id": patch_id, "parcel_no": parcel_no} | changes)


def put(conn: Connection, table: type[FromFile], **values: Any) -> int:
    """A row of any other table."""
    return _put(conn, table, values)


def summarise(conn: Connection) -> None:
    """What a commit does behind an upload: the day summary of every patch."""
    summary.rebuild(conn)
