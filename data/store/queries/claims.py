"""待确认: what districts' files say in their own favour, and what the city said of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from data.scope import Scope
from data.store.models import Claim, Confirmation, Patch, Upload
from data.vocabulary import ClaimKind


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """old, new: as recorded (days as ISO text). is_accepted: None while nobody has decided.
    evidence: the file that brought it and who uploaded it."""

    id: int
    kind: ClaimKind
    year: int
    patch_id: int
    patch_no: str
    parcel_no: int
    district: str
    entity: str
    row_key: str
    field: str
    old: Any
    new: Any
    claimed_on: date
    batch: int
    file_name: str
    uploaded_by: str
    is_accepted: bool | None = None
    decided_on: date | None = None
    decided_by: str | None = None
    reason: str | None = None

    @property
    def is_open(self) -> bool:
        return self.is_accepted is None


def claims(
    conn: Connection,
    scope: Scope,
    year: int | None = None,
    *,
    decided: bool = False,
    ids: Collection[int] | None = None,
    patch_id: int | None = None,
    limit: int | None = None,
) -> list[ClaimRow]:
    """Those that wait for the city, oldest first; decided: those that do not any more, latest
    first. ids, patch_id: only these, whether decided or not. limit: no more than the first."""
    c, d = Claim, Confirmation
    told = (
        *(c.id, c.kind, c.year, c.patch_id, Patch.patch_no, c.parcel_no, c.district_code),
        *(c.entity, c.row_key, c.field, c.old, c.new, c.claimed_on, c.batch_id),
        *(Upload.file_name, Upload.uploaded_by),
        *(d.is_accepted, d.decided_on, d.decided_by, d.reason),
    )
    query = (
        select(*told)
        .join_from(c, Patch, Patch.id == c.patch_id)
        .join(Upload, Upload.id == c.batch_id)
        .outerjoin(d, d.claim_id == c.id)
    )
    if scope.districts is not None:
        query = query.where(c.district_code.in_(sorted(scope.districts)))
    if year is not None:
        query = query.where(c.year == year)
    if patch_id is not None:
        query = query.where(c.patch_id == patch_id)
    if ids is not None:
        query = query.where(c.id.in_(sorted(ids)))
    elif patch_id is None:
        query = query.where(d.id.is_not(None) if decided else d.id.is_(None))
    order = d.id.desc() if decided else c.id
    return [_row(tuple(row)) for row in conn.execute(query.order_by(order).limit(limit))]


def _row(told: tuple[Any, ...]) -> ClaimRow:
    number, kind, *rest = told
    rest[8], rest[9] = orjson.loads(rest[8]), orjson.loads(rest[9])
    return ClaimRow(number, ClaimKind(kind), *rest)


def open_claim_counts(
    conn: Connection, scope: Scope, year: int | None = None
) -> dict[tuple[str, ClaimKind], int]:
    """(district, kind) → how many wait for the city."""
    c = Claim
    query = (
        select(c.district_code, c.kind, func.count())
        .outerjoin(Confirmation, Confirmation.claim_id == c.id)
        .where(Confirmation.id.is_(None))
        .group_by(c.district_code, c.kind)
    )
    if scope.districts is not None:
        query = query.where(c.district_code.in_(sorted(scope.districts)))
    if year is not None:
        query = query.where(c.year == year)
    return {(code, ClaimKind(kind)): count for code, kind, count in conn.execute(query)}


def open_claim_count(conn: Connection, scope: Scope) -> int:
    return sum(open_claim_counts(conn, scope).values())
