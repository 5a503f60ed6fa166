"""What maps need of one work year, in columns: positions and days of patches, and what of them is
unlawful from when to when. Read once for a data version (data/maps/cube.py), never row by row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Select, and_, exists, or_, select

from data.store import meta
from data.store.history import HEAD_KEY
from data.store.measures import MAPPED_AREAS
from data.store.migrate import HEAD
from data.store.models import AuditDecision, Parcel, Patch, UnlawfulInterval
from data.store.queries.stamp import data_version
from data.store.queries.state import Expression, PatchState, day_literal
from data.vocabulary import AuditResult, Domain

Array = npt.NDArray[Any]

#: A day number for "never": later than every day.
NEVER = 2**31 - 1
_READ_AT_ONCE = 50_000

_PATCH_COLUMNS = (
    "id", "lon", "lat", "issued_on", "withdrawn_on", "due_on", "reported_on", "transferred_on",
    "district_code", "transferred_from", "clearance_month", "town_code", "patch_type", "domain",
)  # fmt: skip
_INTERVAL_COLUMNS = ("patch_id", "from_on", "to_on", "unlawful_parcels", *MAPPED_AREAS)


def content_version(conn: Connection) -> str:
    """A text that differs for any two states of the store's rows: its data version with the head of
    the tamper-evident history, and the version of the tables.
    """
    head = meta.get(conn, HEAD_KEY) or ""
    address = str(conn.engine.url)
    seal = hashlib.sha256(f"{address}|{HEAD}|{head}".encode()).hexdigest()[:16]
    return f"{data_version(conn)}-{seal}"


def _columns(conn: Connection, query: Select[Any]) -> list[Array]:
    """The columns of a query as arrays of objects, without a Python object a row in between."""
    compiled = query.compile(conn, compile_kwargs={"literal_binds": True})
    cursor: Any = conn.connection.cursor()
    cursor.execute(str(compiled))
    width = len(query.selected_columns)
    parts: list[list[Sequence[Any]]] = [[] for _ in range(width)]
    while rows := cursor.fetchmany(_READ_AT_ONCE):
        for part, column in zip(parts, zip(*rows, strict=True), strict=True):
            part.append(column)
    cursor.close()
    return [
        np.fromiter((v for some in part for v in some), dtype=object, count=sum(map(len, part)))
        for part in parts
    ]


def _day_numbers(days: Array, none: int = NEVER) -> npt.NDArray[np.int32]:
    """Days (dates, or ISO texts as SQLite keeps them) as proleptic ordinals; None as `none`."""
    known: dict[Any, int] = {None: none}
    for day in set(days.tolist()) - {None}:
        known[day] = (day if isinstance(day, date) else date.fromisoformat(day)).toordinal()
    return np.fromiter((known[day] for day in days), dtype=np.int32, count=len(days))


def _codes(values: Array, names: list[str]) -> npt.NDArray[np.int16]:
    """Numbers of texts in `names`, which grows by those it lacks; −1 for None."""
    position: dict[Any, int] = {name: at for at, name in enumerate(names)} | {None: -1}
    for value in sorted({v for v in values.tolist() if v is not None and v not in position}):
        position[value] = len(names)
        names.append(value)
    return np.fromiter((position[v] for v in values), dtype=np.int16, count=len(values))


def _floats(values: Array) -> npt.NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def patch_columns(conn: Connection, year: int) -> tuple[dict[str, Array], dict[str, list[str]]]:
    """The year's patches in the order of their ids, withdrawn ones too.

    Columns: id (int64); lon, lat (float64 degrees, NaN for none); issued, withdrawn, due, reported,
    transferred (int32 ordinals, NEVER for none); district, from_district, month, town, kind (int16
    numbers into the lists returned beside, −1 for none); is_land (bool). Lists: district, month,
    town, kind.
    """
    query = select(*(getattr(Patch, name) for name in _PATCH_COLUMNS)).where(Patch.year == year)
    found = dict(zip(_PATCH_COLUMNS, _columns(conn, query.order_by(Patch.id)), strict=True))
    districts: list[str] = []
    names: dict[str, list[str]] = {"district": districts, "month": [], "town": [], "kind": []}
    columns: dict[str, Array] = {
        "id": found["id"].astype(np.int64),
        "lon": _floats(found["lon"]),
        "lat": _floats(found["lat"]),
        "issued": _day_numbers(found["issued_on"]),
        "withdrawn": _day_numbers(found["withdrawn_on"]),
        "due": _day_numbers(found["due_on"]),
        "reported": _day_numbers(found["reported_on"]),
        # where the patch was never moved, it has always been where it is
        "transferred": _day_numbers(found["transferred_on"], none=0),
        "district": _codes(found["district_code"], districts),
        "from_district": _codes(found["transferred_from"], districts),
        "month": _codes(found["clearance_month"], names["month"]),
        "town": _codes(found["town_code"], names["town"]),
        "kind": _codes(found["patch_type"], names["kind"]),
        "is_land": found["domain"] == Domain.LAND.value,
    }
    nobody = columns["from_district"] < 0
    columns["from_district"] = np.where(nobody, columns["district"], columns["from_district"])
    return columns, names


def interval_columns(conn: Connection, year: int) -> dict[str, Array]:
    """The year's unlawful intervals, ordered by patch and day: patch_id (int64), from, to (int32
    ordinals, NEVER for none), unlawful_parcels and areas (int64, parts of PARTS_PER_MU).
    """
    u = UnlawfulInterval
    query = (
        select(*(getattr(u, name) for name in _INTERVAL_COLUMNS))
        .where(u.year == year)
        .order_by(u.patch_id, u.from_on)
    )
    found = dict(zip(_INTERVAL_COLUMNS, _columns(conn, query), strict=True))
    columns: dict[str, Array] = {
        "patch_id": found["patch_id"].astype(np.int64),
        "from": _day_numbers(found["from_on"]),
        "to": _day_numbers(found["to_on"]),
    }
    for name in ("unlawful_parcels", *MAPPED_AREAS):
        columns[name] = found[name].astype(np.int64)
    return columns


def open_suspected_ids(conn: Connection, year: int, as_of: date) -> list[int]:
    """Land patches that are 疑似 on the day (PatchState.is_suspected) because something about them
    is open: not reported, no parcel, one to come, or returned. Those already unlawful may be left
    out: unlawful_interval has them.
    """
    day = day_literal(as_of)
    state = PatchState(Patch, day)
    query = (
        select(Patch.id)
        .where(
            Patch.year == year,
            state.active,
            state.is_land,
            _may_be_open(state, day),
            state.is_suspected,
        )
        .order_by(Patch.id)
    )
    return list(conn.scalars(query))


def _may_be_open(state: PatchState, day: Expression) -> Expression:
    """What the bare columns say of such patches: every one of them, and few others."""
    not_reported = or_(Patch.reported_on.is_(None), Patch.reported_on > day)
    later = exists().where(
        Parcel.patch_id == Patch.id,
        ~Parcel.ended,
        or_(Parcel.reported_on > day, and_(Parcel.reported_on.is_(None), Parcel.is_founding)),
    )
    d = AuditDecision
    returned = exists().where(
        d.patch_id == Patch.id,
        d.result == AuditResult.RETURNED.value,
        d.decided_on <= day,
    )
    return or_(not_reported, ~state.has_parcels, later, returned)
