"""What maps need of one work year, in columns: positions and days of patches, and what of them is
unlawful from when to when. Read for a whole year or for the patches that a change concerned
(data/maps/cube_columns.py), never row by row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, String, and_, case, func, literal, select

from data.numbers import whole_number
from data.store import meta
from data.store.history import HEAD_KEY
from data.store.measures import MAPPED_AREAS
from data.store.migrate import HEAD
from data.store.models import AuditDecision, History, Parcel, Patch, UnlawfulInterval
from data.store.queries.list_filters import among, id_array
from data.store.queries.stamp import data_version
from data.store.queries.state import Expression, PatchState, day_literal
from data.vocabulary import AuditLevel, AuditResult, Domain

Array = npt.NDArray[Any]

#: A day number for "never": later than every day.
NEVER = 2**31 - 1
_READ_AT_ONCE = 50_000
_ASKED_AT_ONCE = 5_000
#: Ids of the patches that are asked for; None for all.
Ids = Sequence[int] | None

_PATCH_COLUMNS = (
    "id", "lon", "lat", "issued_on", "withdrawn_on", "due_on", "reported_on", "transferred_on",
    "district_code", "transferred_from", "clearance_month", "town_code", "patch_type", "domain",
)  # fmt: skip
_NAMED = ("district", "month", "town", "kind")
_INTERVAL_COLUMNS = ("patch_id", "from_on", "to_on", "unlawful_parcels", *MAPPED_AREAS)


def content_version(conn: Connection) -> str:
    """A text that differs for any two states of the store's rows: its data version with the head of
    the tamper-evident history, and the version of the tables.
    """
    address = str(conn.engine.url)
    seal = hashlib.sha256(f"{address}|{HEAD}|{kept_head(conn)}".encode()).hexdigest()[:16]
    return f"{data_version(conn)}-{seal}"


def kept_head(conn: Connection) -> str:
    """Number and hash of the history's last record, as kept beside it."""
    return meta.get(conn, HEAD_KEY) or ""


def changed_since(conn: Connection, head: str, at_most: int) -> list[int] | None:
    """Ids of the patches of which the history tells something since its head was `head`; deleted
    ones too. None where that is not known (another history, a restored store) or are too many.
    """
    records, _, digest = head.partition(":")
    number = whole_number(records)
    if number is None:
        return None
    h = History
    last = conn.execute(select(h.seq, h.hash).order_by(h.seq.desc()).limit(1)).one_or_none()
    if last is None or f"{last.seq}:{last.hash}" != kept_head(conn):
        return None
    if conn.scalar(select(h.hash).where(h.seq == number)) != digest:
        return None
    told = select(h.patch_id).where(h.seq > number, h.patch_id.is_not(None)).distinct()
    found = [int(i or 0) for i in conn.scalars(told.limit(at_most + 1))]
    return found if len(found) <= at_most else None


def _of(column: Any, ids: Ids) -> tuple[Expression, ...]:
    """The condition that a column names one of the patches."""
    return () if ids is None else (among(column, literal(id_array(ids), String())),)


def _columns(conn: Connection, query: Any) -> list[Array]:
    """The columns of a query as arrays of objects, without a Python object a row in between."""
    compiled = query.compile(conn, compile_kwargs={"literal_binds": True})
    cursor: Any = conn.connection.cursor()
    cursor.execute(str(compiled))
    width = len(query.selected_columns)
    parts: list[list[Array]] = [[] for _ in range(width)]
    while rows := cursor.fetchmany(_READ_AT_ONCE):
        for part, column in zip(parts, zip(*rows, strict=True), strict=True):
            part.append(np.array(column, dtype=object))
    cursor.close()
    return [np.concatenate(part) if part else np.array([], dtype=object) for part in parts]


def _looked_up(values: Array, of: Callable[[Any], int], none: int) -> npt.NDArray[np.int32]:
    """A number for each value, found once for each of the few that there are."""
    codes, known = pd.factorize(values)
    numbers = np.array([*(of(value) for value in known), none], dtype=np.int32)
    found: npt.NDArray[np.int32] = numbers[codes]  # pandas codes None as −1: the last
    return found


def _day_numbers(days: Array, none: int = NEVER) -> npt.NDArray[np.int32]:
    """Days (dates, or ISO texts as SQLite keeps them) as proleptic ordinals; None as `none`."""

    def number(day: Any) -> int:
        return (day if isinstance(day, date) else date.fromisoformat(day)).toordinal()

    return _looked_up(days, number, none)


def _codes(values: Array, names: list[str]) -> npt.NDArray[np.int16]:
    """Numbers of texts in `names`, which grows by those it lacks; −1 for None."""
    names.extend(sorted({*pd.unique(values)} - {None, *names}))
    position = {name: at for at, name in enumerate(names)}
    return _looked_up(values, position.__getitem__, -1).astype(np.int16)


def _floats(values: Array) -> npt.NDArray[np.float64]:
    return values.astype(np.float64)  # None becomes NaN


def _of_year(year: int) -> Expression:
    """Of a work year, by reading the table from end to end: an index on the year would lead to
    nearly every row, one by one."""
    return Patch.year + 0 == year


def patch_columns(
    conn: Connection, year: int, ids: Ids = None, known: Mapping[str, list[str]] | None = None
) -> tuple[dict[str, Array], dict[str, list[str]]]:
    """The year's patches in the order of their ids, withdrawn ones too. known: lists to go on with.

    Columns: id (int64); lon, lat (float64 degrees, NaN for none); issued, withdrawn, due, reported,
    transferred (int32 ordinals, NEVER for none); district, from_district, month, town, kind (int16
    numbers into the lists returned beside, −1 for none); is_land (bool). Lists: district, month,
    town, kind.
    """
    query = select(*(getattr(Patch, name) for name in _PATCH_COLUMNS)).where(
        _of_year(year), *_of(Patch.id, ids)
    )
    found = dict(zip(_PATCH_COLUMNS, _columns(conn, query), strict=True))
    names = {name: list((known or {}).get(name, ())) for name in _NAMED}
    districts = names["district"]
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
    if (np.diff(columns["id"]) < 0).any():  # as a table is read, they mostly are in order
        order = np.argsort(columns["id"], kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
    return columns, names


def interval_columns(conn: Connection, year: int, ids: Ids = None) -> dict[str, Array]:
    """The year's unlawful intervals, ordered by patch and day: patch_id (int64), from, to (int32
    ordinals, NEVER for none), unlawful_parcels and areas (int64, parts of PARTS_PER_MU).
    """
    u = UnlawfulInterval
    query = (
        select(*(getattr(u, name) for name in _INTERVAL_COLUMNS))
        .where(u.year == year, *_of(u.patch_id, ids))
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


def parcel_columns(conn: Connection, ids: Ids = None) -> dict[str, Array]:
    """Of each patch with parcels in its split: patch_id (int64); until (int32): the day on which
    the county has spoken of all of them that have a date, NEVER where a first one has none;
    inherits (bool): whether later ones have none, whose day is then the patch's.
    """
    p = Parcel
    undated = p.reported_on.is_(None)
    query = (
        select(
            p.patch_id,
            func.max(p.reported_on),
            func.max(case((and_(undated, p.is_founding), 1), else_=0)),
            func.max(case((and_(undated, ~p.is_founding), 1), else_=0)),
        )
        .where(~p.ended, *_of(p.patch_id, ids))
        .group_by(p.patch_id)
    )
    patch_id, last, open_ended, inherits = _columns(conn, query)
    until = _day_numbers(last, none=0)
    return {
        "patch_id": patch_id.astype(np.int64),
        "until": np.where(open_ended.astype(bool), NEVER, until),
        "inherits": inherits.astype(bool),
    }


def determined_columns(conn: Connection, ids: Ids = None) -> dict[str, Array]:
    """patch_id (int64) and the first day (int32) on which a level above the county determined."""
    d = AuditDecision
    query = (
        select(d.patch_id, func.min(d.decided_on))
        .where(d.determination.is_not(None), *_of(d.patch_id, ids))
        .group_by(d.patch_id)
    )
    patch_id, first = _columns(conn, query)
    return {"patch_id": patch_id.astype(np.int64), "first": _day_numbers(first)}


def returned_columns(conn: Connection, ids: Ids = None) -> dict[str, Array]:
    """When patches are returned now (PatchState.returned_now): patch_id (int64), from, to (int32;
    to is the day of the city's next decision, NEVER for none).
    """
    d = AuditDecision
    returned = select(d.patch_id).where(d.result == AuditResult.RETURNED.value)
    query = select(d.patch_id, d.decided_on, d.result).where(
        d.level == AuditLevel.CITY.value, d.patch_id.in_(returned), *_of(d.patch_id, ids)
    )
    patch_id, days, results = _columns(conn, query)
    number, day = patch_id.astype(np.int64), _day_numbers(days)
    is_return = np.asarray(results == AuditResult.RETURNED.value, dtype=bool)
    order = np.lexsort((~is_return, day, number))  # of one day, 通过 counts as the later
    number, day, is_return = number[order], day[order], is_return[order]
    following = np.full(len(day), NEVER, dtype=np.int32)
    same = number[1:] == number[:-1]
    following[:-1][same] = day[1:][same]
    kept = is_return & (following > day)
    return {"patch_id": number[kept], "from": day[kept], "to": following[kept]}


def pending_ids(conn: Connection, ids: Sequence[int], as_of: date) -> list[int]:
    """Those of the patches that are pending on the day (PatchState.is_pending)."""
    state = PatchState(Patch, day_literal(as_of))
    found: list[int] = []
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        some = ids[start : start + _ASKED_AT_ONCE]
        found += conn.scalars(select(Patch.id).where(Patch.id.in_(some), state.is_pending))
    return found
