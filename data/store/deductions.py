"""What the accountability ratio deducts beside its definition: the dated parameters of the rule
`ratio` that change sums, kept in the store so that the day summary can be made with them.

The store knows no rules: data/workflow/deductions.py says what holds when.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Select,
    and_,
    case,
    delete,
    insert,
    literal,
    or_,
    select,
)

from data.store.models import Deduction, EnforcementCase, Parcel, Patch

Expression = ColumnElement[Any]
#: An elimination is deducted once it is accepted (require_acceptance).
ACCEPTANCE = "acceptance"
#: Parcels of this 扣减类型 are deducted by the strict ratio (deducted_classes).
CLASS = "class"


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """A row of `deduction`."""

    kind: str
    word: str
    from_on: date | None
    to_on: date | None


def terms(conn: Connection) -> list[Term]:
    d = Deduction
    rows = conn.execute(select(d.kind, d.word, d.from_on, d.to_on).order_by(d.id))
    return [Term(*row) for row in rows]


def put_terms(conn: Connection, wanted: Collection[Term]) -> None:
    conn.execute(delete(Deduction))
    for number, term in enumerate(wanted, start=1):
        values = {"kind": term.kind, "word": term.word, "from_on": term.from_on}
        conn.execute(insert(Deduction).values(id=number, to_on=term.to_on, **values))


def holds(kind: str, word: Expression | str, day: Expression, year: int) -> Expression:
    """Whether a term holds on a day for a patch of the work year: a plan governs its whole year and
    nothing after it, so that earlier days count as the year's first and later ones as its last."""
    d = Deduction
    first, last = literal(date(year, 1, 1), Date), literal(date(year, 12, 31), Date)
    governed = case((day < first, first), (day > last, last), else_=day)
    return (
        select(literal(1))
        .select_from(d)
        .where(
            d.kind == kind,
            d.word == word,
            or_(d.from_on.is_(None), d.from_on <= governed),
            or_(d.to_on.is_(None), d.to_on > governed),
        )
        .correlate_except(d)
        .exists()
    )


def turning_days() -> list[Select[Any]]:
    """(patch_id, day): the days on which a term begins or ends for patches that it concerns."""
    d, c = Deduction, EnforcementCase
    found: list[Select[Any]] = []
    days: tuple[Any, ...] = (d.from_on, d.to_on)
    for day in days:
        of_class = and_(d.kind == CLASS, d.word == Parcel.deduction_class)
        accepted = and_(d.kind == ACCEPTANCE, c.eliminated_on.is_not(None))
        for child, concerned in ((Parcel, of_class), (c, accepted)):
            chosen = select(child.patch_id.label("patch_id"), day.label("on_date")).join_from(
                child, d, concerned
            )
            found.append(chosen.join(Patch, Patch.id == child.patch_id))
    return found


def concerned(conn: Connection, changed: Collection[Term]) -> list[int]:
    """Ids of the patches whose sums these terms can change."""
    words = {term.word for term in changed if term.kind == CLASS}
    ids = set(conn.scalars(select(Parcel.patch_id).where(Parcel.deduction_class.in_(words))))
    if any(term.kind == ACCEPTANCE for term in changed):
        c = EnforcementCase
        ids |= set(conn.scalars(select(c.patch_id).where(c.eliminated_on.is_not(None))))
    return sorted(ids)
