"""What files say of a patch in words, on a day: its source, why it was returned, which deductions,
violations and responsible units its parcels have. One expression a column, for the rows of lists
and exports and for their filters.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from data.store.models import (
    AuditDecision,
    Claim,
    Confirmation,
    EnforcementCase,
    Parcel,
    Patch,
)
from data.vocabulary import AuditResult, ClaimKind, MineralViolation, PatchSource, Term

Expression = ColumnElement[Any]
#: What stands between the words of several rows, as between those of one cell.
JOINER = "、"


def _words(column: Any, *where: Any) -> Expression:
    """The words of all rows of a child table that belong to the patch, joined."""
    table = column.class_
    return (
        select(func.aggregate_strings(column, JOINER))
        .where(table.patch_id == Patch.id, *where)
        .correlate(Patch)
        .scalar_subquery()
    )


def _of_parcels(column: Any, day: Expression) -> Expression:
    return _words(column, ~Parcel.ended, Parcel.reported_on <= day)


def _reasons(day: Expression) -> Expression:
    d = AuditDecision
    returned = (d.decided_on <= day, d.result == AuditResult.RETURNED.value)
    return _words(d.reason_codes, *returned)


def _planned(_: Expression) -> Expression:
    """The day by which the last parcel is to be rectified."""
    c = EnforcementCase
    last = select(func.max(c.planned_on)).where(c.patch_id == Patch.id)
    return last.correlate(Patch).scalar_subquery()


def _claims(_: Expression) -> Expression:
    """What of it waits for the city's confirmation (data/store/queries/claims.py)."""
    c, d = Claim, Confirmation
    return (
        select(func.aggregate_strings(c.kind, JOINER))
        .select_from(c)
        .outerjoin(d, d.claim_id == c.id)
        .where(c.patch_id == Patch.id, d.id.is_(None))
        .correlate(Patch)
        .scalar_subquery()
    )


#: Key of a row → its expression on a day.
STATED: dict[str, Callable[[Expression], Any]] = {
    "source": lambda _: Patch.source,
    "reason_codes": _reasons,
    "deduction_class": lambda day: _of_parcels(Parcel.deduction_class, day),
    "mineral_violation": lambda day: _of_parcels(Parcel.mineral_violation, day),
    "responsible_unit": lambda _: _words(EnforcementCase.responsible_unit),
    "planned_on": _planned,
    "claims": _claims,
}
#: Those whose rows may repeat each other's words.
SEVERAL = ("reason_codes", "deduction_class", "mineral_violation", "responsible_unit", "claims")
STATED_DAYS = ("planned_on",)
_VOCABULARIES: dict[str, type[Term]] = {
    "source": PatchSource,
    "mineral_violation": MineralViolation,
    "claims": ClaimKind,
}


def each_once(joined: str | None) -> str | None:
    """The words of several rows, each once, in an order that is always the same."""
    if not joined:
        return None
    return JOINER.join(sorted(set(joined.split(JOINER)) - {""}))


def in_labels(name: str, day: Expression) -> Expression:
    """The expression in the words that people read and filter by."""
    expression: Expression = STATED[name](day)
    vocabulary = _VOCABULARIES.get(name)
    if vocabulary is None:
        return expression
    if name not in SEVERAL:
        return case(vocabulary.labels(), value=expression)
    for value, label in vocabulary.labels().items():
        expression = func.replace(expression, value, label)
    return expression


def filters() -> dict[str, tuple[Callable[[Expression], Expression], type]]:
    """How lists filter by each column, with the Python type of the operands."""

    def on(name: str) -> Callable[[Expression], Expression]:
        return lambda day: in_labels(name, day)

    return {name: (on(name), date if name in STATED_DAYS else str) for name in STATED}
