"""What was done about unlawful parcels by a day: cases (查处), transfers (移送移交) with their
answers, and the six questions that nobody has answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CompoundSelect, Connection, or_, select, union

from data.scope import Scope
from data.store.models import AuditDecision, EnforcementCase, Parcel, Patch, Transfer
from data.store.queries.state import QUESTION_COLUMNS
from data.store.queries.worklist_frames import Standing
from data.vocabulary import Legality, TransferTo


@dataclass(frozen=True, slots=True)
class CaseFact:
    """What is dated after the day is None."""

    patch_no: str
    parcel_no: int
    district: str
    case_no: str | None
    filed_by: str | None
    stopped_on: date | None
    filed_on: date | None
    penalty_on: date | None


@dataclass(frozen=True, slots=True)
class TransferFact:
    """replied_on: by the day."""

    patch_no: str
    parcel_no: int
    district: str
    department: TransferTo
    transferred_on: date
    document_no: str | None
    replied_on: date | None
    note: str | None


def enforced(day: date) -> CompoundSelect[Any]:
    """Ids of the patches that can have something to file, filed or transferred on a day."""
    c, d, unlawful = EnforcementCase, AuditDecision, Legality.UNLAWFUL.value
    return union(
        select(Parcel.patch_id).where(Parcel.legality == unlawful),
        select(d.patch_id).where(d.determination == unlawful, d.decided_on <= day),
        select(c.patch_id).where(or_(c.filed_on <= day, c.stopped_on <= day)),
    )


def case_facts(conn: Connection, scope: Scope, year: int, day: date) -> list[CaseFact]:
    """Of the patches that count on the day; those in which something was stopped or filed by it."""
    c, of = EnforcementCase, Standing(scope, year, day)
    query = (
        select(
            Patch.patch_no, c.parcel_no, of.state.district.label("district"), c.case_no,
            c.filed_by, c.stopped_on, c.filed_on, c.penalty_decided_on,
        )
        .join(Patch, Patch.id == c.patch_id)
        .where(of.where, or_(c.filed_on <= day, c.stopped_on <= day))
        .order_by(Patch.patch_no, c.parcel_no)
    )  # fmt: skip

    def by(on: date | None) -> date | None:
        return on if on is not None and on <= day else None

    return [
        CaseFact(number, parcel, code, case, filer, by(stopped), by(filed), by(penalty))
        for number, parcel, code, case, filer, stopped, filed, penalty in conn.execute(query)
    ]


def transfer_facts(conn: Connection, scope: Scope, year: int, day: date) -> list[TransferFact]:
    """By the day, of the patches that count on it, the longest ago first."""
    t, of = Transfer, Standing(scope, year, day)
    query = (
        select(
            Patch.patch_no, t.parcel_no, of.state.district.label("district"), t.department,
            t.transferred_on, t.document_no, t.replied_on, t.note,
        )
        .join(Patch, Patch.id == t.patch_id)
        .where(of.where, t.transferred_on <= day)
        .order_by(t.transferred_on, Patch.patch_no, t.parcel_no, t.department)
    )  # fmt: skip
    return [
        TransferFact(
            number, parcel, code, TransferTo(to), on, document,
            replied if replied is not None and replied <= day else None, note,
        )
        for number, parcel, code, to, on, document, replied, note in conn.execute(query)
    ]  # fmt: skip


def unanswered(
    conn: Connection, scope: Scope, year: int, day: date
) -> dict[tuple[str, int], tuple[str, ...]]:
    """(patch, parcel) → the columns of the six questions without an answer, of the split."""
    columns = [getattr(Parcel, name) for name in QUESTION_COLUMNS]
    query = (
        select(Patch.patch_no, Parcel.parcel_no, *columns)
        .join(Patch, Patch.id == Parcel.patch_id)
        .where(
            Standing(scope, year, day).where,
            ~Parcel.ended,
            Parcel.farmland_mu > 0,
            or_(*(column.is_(None) for column in columns)),
            Parcel.patch_id.in_(enforced(day)),
        )
    )
    return {
        (number, parcel): tuple(
            name for name, answer in zip(QUESTION_COLUMNS, answers, strict=True) if answer is None
        )
        for number, parcel, *answers in conn.execute(query)
    }
