"""Patches behind the numbers of the monthly audit: what was returned and why, whose correction or
problem item is due when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, or_, select

from data.rules.lists import words_of
from data.scope import Scope
from data.store.models import AuditDecision, Parcel, Patch, Problem
from data.store.queries.list_filters import numbered
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import AuditResult

#: A return that names no reason code.
UNCLASSIFIED = "未分类"


@dataclass(frozen=True, slots=True)
class Return:
    """One 退回 decision. month: clearance month of the patch, None of minerals."""

    patch_no: str
    district: str
    month: str | None
    level: str
    decided_on: date
    codes: tuple[str, ...]


def returns_by(conn: Connection, scope: Scope, year: int, as_of: date) -> list[Return]:
    """Every 退回 by the day of the patches that count on it, oldest first."""
    d = AuditDecision
    state = PatchState(Patch, day_literal(as_of))
    query = (
        select(
            Patch.patch_no, state.district.label("district"), Patch.clearance_month, d.level,
            d.decided_on, d.reason_codes,
        )
        .join(Patch, Patch.id == d.patch_id)
        .where(
            Patch.year == year, state.active, state.visible_to(scope),
            d.result == AuditResult.RETURNED.value, d.decided_on <= as_of,
        )
        .order_by(d.decided_on, Patch.patch_no, d.id)
    )  # fmt: skip
    return [
        Return(number, district, month, level, on, words_of(codes) or (UNCLASSIFIED,))
        for number, district, month, level, on, codes in conn.execute(query)
    ]


def repeated(returns: Iterable[Return], city: str) -> tuple[str, ...]:
    """Numbers of the patches that the city returned on two days or more. city: the level."""
    days = {(r.patch_no, r.decided_on) for r in returns if r.level == city}
    times = Counter(number for number, _ in days)
    return tuple(sorted(number for number, n in times.items() if n >= 2))


@dataclass(frozen=True, slots=True)
class Correction:
    """A patch whose return waits for an answer (D3)."""

    patch_no: str
    district: str
    returned_on: date


def corrections(conn: Connection, scope: Scope, year: int, as_of: date) -> list[Correction]:
    """The patches that deadline_facts.open_returns counts, the longest waiting first."""
    d = AuditDecision
    state = PatchState(Patch, day_literal(as_of))
    unanswered = select(d.patch_id).where(
        d.result == AuditResult.RETURNED.value,
        d.decided_on <= as_of,
        or_(d.resubmitted_on.is_(None), d.resubmitted_on > as_of),
    )
    query = (
        select(Patch.patch_no, state.district.label("district"), state.open_return_on.label("on"))
        .where(Patch.year == year, state.active, state.visible_to(scope), Patch.id.in_(unanswered))
        .order_by(Patch.patch_no)
    )
    found = [Correction(*row) for row in conn.execute(query) if row.on is not None]
    return sorted(found, key=lambda c: (c.returned_on, c.patch_no))


@dataclass(frozen=True, slots=True)
class Listed:
    """An item of the problem list that is open on the day."""

    patch_no: str
    district: str
    listed_on: date
    deadline_on: date | None


def open_items(conn: Connection, scope: Scope, year: int, as_of: date) -> list[Listed]:
    """The items that deadline_facts.open_problems counts."""
    p = Problem
    state = PatchState(Patch, day_literal(as_of))
    query = (
        select(Patch.patch_no, state.district.label("district"), p.listed_on, p.deadline_on)
        .join(Patch, Patch.id == p.patch_id)
        .where(
            Patch.year == year, state.active, state.visible_to(scope), p.listed_on <= as_of,
            or_(p.written_off_on.is_(None), p.written_off_on > as_of),
        )
        .order_by(p.listed_on, Patch.patch_no)
    )  # fmt: skip
    return [Listed(*row) for row in conn.execute(query)]


@dataclass(frozen=True, slots=True)
class OpenReturn:
    """A 退回 without an answer. parcel_no 0: the whole patch."""

    parcel_no: int
    level: str
    decided_on: date
    codes: tuple[str, ...]
    opinion: str


def open_returns_of(
    conn: Connection, scope: Scope, year: int, as_of: date, numbers: Sequence[str]
) -> tuple[dict[str, list[OpenReturn]], dict[str, list[dict[str, Any]]]]:
    """(patch → its returns that nobody has answered, patch → its parcels as they were filled in,
    column → value), of these patches as far as the scope sees them."""
    d, state = AuditDecision, PatchState(Patch, day_literal(as_of))
    mine = (Patch.year == year, numbered(numbers), state.visible_to(scope))
    returns: dict[str, list[OpenReturn]] = {}
    query = (
        select(
            Patch.patch_no, d.parcel_no, d.level, d.decided_on, d.reason_codes, d.opinion
        )
        .join(Patch, Patch.id == d.patch_id)
        .where(
            *mine, d.result == AuditResult.RETURNED.value, d.decided_on <= as_of,
            or_(d.resubmitted_on.is_(None), d.resubmitted_on > as_of),
        )
        .order_by(Patch.patch_no, d.decided_on, d.id)
    )  # fmt: skip
    for number, parcel, level, on, codes, opinion in conn.execute(query):
        told = OpenReturn(parcel, level, on, words_of(codes), opinion or "")
        returns.setdefault(number, []).append(told)
    parcels: dict[str, list[dict[str, Any]]] = {}
    split = (
        select(Patch.patch_no, *Parcel.__table__.columns)
        .join(Patch, Patch.id == Parcel.patch_id)
        .where(*mine, ~Parcel.ended)
        .order_by(Patch.patch_no, Parcel.parcel_no)
    )
    for row in conn.execute(split).mappings():
        parcels.setdefault(row["patch_no"], []).append(dict(row))
    return returns, parcels
