"""Everything that is known of one patch on a day: its parcels, what was decided and done, and the
uploads and changes behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, inspect, select

from data.errors import NotFound
from data.periods import monthly_audit_due_on
from data.scope import Scope
from data.store.models import (
    AuditDecision,
    Base,
    EnforcementCase,
    FieldCheck,
    FromFile,
    Parcel,
    Patch,
    Problem,
    Recheck,
    Transfer,
)
from data.store.partial import open_mu
from data.store.queries.patch_history import changes_of
from data.store.queries.patch_rows import ROW_KEYS, patch_rows
from data.store.queries.patch_timeline import timeline
from data.store.queries.state import ParcelState, PatchState, day_literal, parcels_at
from data.texts import seen
from data.vocabulary import AuditLevel

#: What the patch itself carries beyond its row in a list.
_FACTS = tuple(
    column.name
    for column in Patch.__table__.columns
    if column.name not in ROW_KEYS and column.name != "source_hash"
)
#: Child tables → (key of the answer, the date by which a row is known).
_CHILDREN: tuple[tuple[str, type[FromFile], Any], ...] = (
    ("decisions", AuditDecision, AuditDecision.decided_on),
    ("transfers", Transfer, Transfer.transferred_on),
    ("problems", Problem, Problem.listed_on),
    ("checks", FieldCheck, FieldCheck.checked_on),
    ("rechecks", Recheck, Recheck.rechecked_on),
)
_PARCEL_STATES = (
    "unlawful",
    "counted", "excluded", "rectified", "eliminated", "written_off", "filed", "questions_open",
    "overturned",
)  # fmt: skip


#: Dates that lie ahead by their nature: they are known from the day they are set.
_DEADLINES = frozenset(
    column.name
    for table in Base.metadata.tables.values()
    for column in table.columns
    if column.info.get("looks_ahead")
)


def _as_known(row: Mapping[Any, Any], day: date) -> dict[str, Any]:
    """The row without the dates of what had not happened on the day."""
    return {
        name: None if isinstance(value, date) and value > day and name not in _DEADLINES else value
        for name, value in row.items()
    }


def _children(
    conn: Connection, table: type[FromFile], patch_id: int, known_on: Any, day: date
) -> list[dict[str, Any]]:
    query = (
        select(*inspect(table).columns)
        .where(table.patch_id == patch_id, known_on <= day)  # type: ignore[attr-defined]
        .order_by(known_on, table.id)
    )
    return [_as_known(row, day) for row in conn.execute(query).mappings()]


def _cases(conn: Connection, patch_id: int, day: date) -> list[dict[str, Any]]:
    """Cases of which anything had happened on the day, and those that carry no day at all."""
    c = EnforcementCase
    query = select(*inspect(c).columns).where(c.patch_id == patch_id).order_by(c.parcel_no)
    stored = conn.execute(query).mappings().all()
    known = [(row, _as_known(row, day)) for row in stored]
    return [now for row, now in known if _has_day(now) or not _has_day(row)]


def _has_day(row: Mapping[Any, Any]) -> bool:
    return any(isinstance(value, date) for value in row.values())


def _with_open_areas(
    cases: list[dict[str, Any]], parcels: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """open_mu: what the areas of a case leave of its unlawful parcel, None where none is given."""
    unlawful = {p["parcel_no"]: p["area_mu"] for p in parcels if p["unlawful"]}
    if set(unlawful) == {0}:  # a patch that only a decision determines: its case is of parcel 1
        unlawful[1] = unlawful[0]
    return [{**case, "open_mu": open_mu(unlawful.get(case["parcel_no"]), case)} for case in cases]


def _parcels(conn: Connection, patch_id: int, year: int, day: date) -> list[dict[str, Any]]:
    """The parcels with what holds of them on the day; parcel 0 where only a decision speaks."""
    rows = parcels_at(
        Patch, day_literal(day), Patch.__table__, [Patch.id.label("patch_id")], Patch.id == patch_id
    )
    state = ParcelState(rows, day_literal(day), year)
    pc = Parcel.__table__.alias("pc")
    kept = [c for c in pc.columns if c.name not in {"id", "patch_id", *rows.c.keys()}]
    query = (
        select(
            rows,
            *kept,
            *(getattr(state, name).label(name) for name in _PARCEL_STATES),
        )
        .select_from(
            rows.outerjoin(
                pc, and_(pc.c.patch_id == rows.c.patch_id, pc.c.parcel_no == rows.c.parcel_no)
            )
        )
        .order_by(rows.c.parcel_no)
    )
    parcels = []
    for record in conn.execute(query).mappings():
        parcel = _as_known(record, day)
        for name in _PARCEL_STATES:
            parcel[name] = bool(parcel[name])
        parcels.append(parcel)
    return parcels


def _since(
    days: Sequence[date], holds: Callable[[date], Collection[int]], now: Collection[int]
) -> dict[int, date]:
    """For each of `now`: the first of the days, oldest first, from which it has held without a
    break. holds: of which it holds on a day."""
    found: dict[int, date] = {}
    standing = set(now)
    for day in reversed(days):
        standing &= set(holds(day))
        found |= dict.fromkeys(standing, day)
        if not standing:
            break
    return found


def _unlawful_since(
    conn: Connection, detail: Mapping[str, Any], patch_id: int, day: date
) -> dict[int, date]:
    """parcel → the day on which its determination as unlawful took effect (D9)."""
    parcels, decisions = detail["parcels"], detail["decisions"]
    unlawful = {p["parcel_no"] for p in parcels if p["unlawful"]}
    if not unlawful:
        return {}
    days = {p["reported_on"] for p in parcels} | {detail["reported_on"]}
    days |= {d["decided_on"] for d in decisions if d["determination"]}
    known = sorted(d for d in days if d is not None and d <= day)

    def holds(on: date) -> set[int]:
        rows = _parcels(conn, patch_id, detail["year"], on)
        return {row["parcel_no"] for row in rows if row["unlawful"]}

    return _since(known, holds, unlawful)


def _final_on(conn: Connection, detail: Mapping[str, Any], patch_id: int, day: date) -> date | None:
    """The decision with which the patch became final (D2)."""
    if not detail["final"]:
        return None
    passing = {d["decided_on"] for d in detail["decisions"] if d["level"] != AuditLevel.CITY.value}

    def holds(on: date) -> list[int]:
        final = PatchState(Patch, day_literal(on)).final
        return [patch_id] if conn.scalar(select(final).where(Patch.id == patch_id)) else []

    return _since(sorted(d for d in passing if d <= day), holds, [patch_id]).get(patch_id)


def patch_is_there(conn: Connection, scope: Scope, year: int, patch_no: str, as_of: date) -> bool:
    """Whether patch_detail has an answer."""
    state = PatchState(Patch, day_literal(as_of))
    found = select(Patch.id).where(
        Patch.year == year, Patch.patch_no == patch_no, state.visible_to(scope)
    )
    return conn.scalar(found) is not None


def patch_detail(
    conn: Connection, scope: Scope, year: int, patch_no: str, as_of: date
) -> dict[str, Any]:
    """One patch on the day. Raises NotFound, alike for a number unknown and one out of scope.

    The row of patch_rows.py, the other columns of the patch (geom as WKB) and: monthly_audit_due
    (D2, land only) and final_on; issued (False before its 下发日期); parcels (of state.parcels_at
    with unlawful, counted, excluded, rectified, eliminated, written_off, filed, questions_open,
    overturned, unlawful_since and the county's own columns), decisions, cases (with open_mu),
    transfers, problems, checks, rechecks (rows known on the day), ended_parcels (no longer in the
    split), timeline, later_events (how many lie after the day), changes (of data, newest first).
    """
    state = PatchState(Patch, day_literal(as_of))
    found = (
        conn.execute(
            select(Patch.id, Patch.district_code, *(getattr(Patch, name) for name in _FACTS)).where(
                Patch.year == year, Patch.patch_no == patch_no, state.visible_to(scope)
            )
        )
        .mappings()
        .one_or_none()
    )
    if found is None:
        raise NotFound(f"{year}年没有编号为“{seen(patch_no)[:64]}”的图斑。请核对年度和编号。")
    patch_id = int(found["id"])
    detail = patch_rows(conn, [patch_id], as_of)[0]
    detail.update(_as_known({name: found[name] for name in _FACTS}, as_of))
    month = detail["clearance_month"]
    detail["monthly_audit_due"] = monthly_audit_due_on(month) if month else None
    detail["issued"] = detail["issued_on"] <= as_of
    detail["parcels"] = _parcels(conn, patch_id, year, as_of)
    detail["ended_parcels"] = list(
        conn.scalars(
            select(Parcel.parcel_no)
            .where(Parcel.patch_id == patch_id, Parcel.ended)
            .order_by(Parcel.parcel_no)
        )
    )
    for key, table, known_on in _CHILDREN:
        detail[key] = _children(conn, table, patch_id, known_on, as_of)
    since = _unlawful_since(conn, detail, patch_id, as_of)
    for parcel in detail["parcels"]:
        parcel["unlawful_since"] = since.get(parcel["parcel_no"])
    detail["final_on"] = _final_on(conn, detail, patch_id, as_of)
    cases = _cases(conn, patch_id, as_of)
    detail["cases"] = _with_open_areas(cases, detail["parcels"])
    events = timeline(conn, patch_id)
    detail["timeline"] = [event for event in events if event["on"] <= as_of]
    detail["later_events"] = len(events) - len(detail["timeline"])
    # who may see the patch only on a past day (transferred away since) does not see what followed
    still_theirs = scope.allows(found["district_code"])
    detail["changes"] = changes_of(conn, patch_id) if still_theirs else []
    if not still_theirs:
        detail["later_events"] = 0
    return detail
