"""What staff said to doubts: open, confirmed or dismissed on a day (workflow/doubts.py records)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, func, or_, select, true

from data.rules.doubts import DoubtState
from data.scope import Scope
from data.store.models import Patch, StaffRecord
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import RecordKind

#: What a record of each kind says of the doubt that it names. T12 and T14 confirm one.
_SAYS = {
    RecordKind.DOUBT_CONFIRMED.value: DoubtState.CONFIRMED,
    RecordKind.WRONG_FILLING.value: DoubtState.CONFIRMED,
    RecordKind.FALSE_REPORTING.value: DoubtState.CONFIRMED,
    RecordKind.DOUBT_DISMISSED.value: DoubtState.DISMISSED,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """number: of the staff record, by which it can be withdrawn. subject: a patch, or a district's
    code."""

    number: int
    year: int
    subject: str
    key: str
    state: DoubtState
    recorded_on: date
    recorded_by: str
    reason: str
    kind: RecordKind


def judgements(
    conn: Connection, scope: Scope, as_of: date, years: Collection[int] | None = None
) -> dict[tuple[int, str, str], Judgement]:
    """(work year, patch or district, key of the doubt) → what stands on the day; of several the
    last."""
    r, state = StaffRecord, PatchState(Patch, day_literal(as_of))
    own = true() if scope.districts is None else r.district_code.in_(sorted(scope.districts))
    query = (
        select(
            r.id,
            r.year,
            func.coalesce(Patch.patch_no, r.district_code).label("subject"),
            r.about,
            r.kind,
            r.recorded_on,
            r.recorded_by,
            r.reason,
        )
        .outerjoin(Patch, Patch.id == r.patch_id)
        .where(
            r.about.is_not(None),
            r.kind.in_(sorted(_SAYS)),
            r.recorded_on <= as_of,
            or_(r.withdrawn_on.is_(None), r.withdrawn_on > as_of),
            or_(
                and_(r.patch_id.is_(None), own),
                and_(r.patch_id.is_not(None), state.visible_to(scope)),
            ),
        )
        .order_by(r.recorded_on, r.id)
    )
    if years is not None:
        query = query.where(r.year.in_(sorted(years)))
    return {
        (row.year, row.subject, row.about): Judgement(
            row.id,
            row.year,
            row.subject,
            row.about,
            _SAYS[row.kind],
            row.recorded_on,
            row.recorded_by,
            row.reason,
            RecordKind(row.kind),
        )
        for row in conn.execute(query)
    }
