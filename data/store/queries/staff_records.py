"""What staff recorded: marks, interviews, orders, freezes (workflow/records.py writes them); and
what they issued as measures instead."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, case, literal, or_, select

from data.measures.kinds import MeasureKind
from data.measures.states import StepKind
from data.scope import Scope
from data.store.models import Patch, StaffRecord
from data.store.queries.measures import measures
from data.store.queries.state import PatchState, day_literal
from data.store.queries.trigger_facts import Facts
from data.vocabulary import RecordKind

#: What parts the numbers of patches in a record.
JOINER = "、"


def staff_records(
    conn: Connection, scope: Scope, year: int, as_of: date, *, withdrawn: bool = False
) -> list[Facts]:
    """Records of the year that stand on the day (withdrawn: or that stood before), oldest first.

    Keys: id, kind, patch_id, patch_no (None: on the district), district, recorded_on, reason,
    document_no, due_on, area_mu, patch_nos (patches that a 限期整改 names), about (the
    doubt that it judges, rules/doubts.py), recorded_by, withdrawn_on. A patch's record goes with it
    to its district of the day, and is silent while the patch does not count. Interviews and orders
    that were issued as measures are among them.
    """
    r = StaffRecord
    state = PatchState(Patch, day_literal(as_of))
    district = case((r.patch_id.is_not(None), state.district), else_=r.district_code)
    query = (
        select(
            r.id,
            r.kind,
            r.patch_id,
            Patch.patch_no,
            district.label("district"),
            r.recorded_on,
            r.reason,
            r.document_no,
            r.due_on,
            r.area_mu,
            r.patch_nos,
            r.about,
            r.recorded_by,
            r.withdrawn_on,
        )
        .outerjoin(Patch, Patch.id == r.patch_id)
        .where(
            r.year == year,
            r.recorded_on <= as_of,
            or_(literal(withdrawn), r.withdrawn_on.is_(None), r.withdrawn_on > as_of),
            or_(r.patch_id.is_(None), state.active),
        )
        .order_by(r.recorded_on, r.id)
    )
    rows = [dict(row) for row in conn.execute(query).mappings()]
    for row in rows:
        row["patch_nos"] = named_patches(row["patch_nos"])
    rows += _issued(conn, scope, year, as_of, withdrawn)
    rows.sort(key=lambda row: row["recorded_on"])
    return [row for row in rows if scope.allows(row["district"])]


#: Issued papers that stand for what staff recorded before there were papers.
_PAPERS = {
    MeasureKind.INTERVIEW_NOTICE: RecordKind.INTERVIEW,
    MeasureKind.INTERVIEW_MINUTES: RecordKind.INTERVIEW,
    MeasureKind.RECTIFICATION_ORDER: RecordKind.RECTIFY_ORDER,
}


def _issued(conn: Connection, scope: Scope, year: int, as_of: date, withdrawn: bool) -> list[Facts]:
    """Interviews and orders to rectify that were issued as measures, as records; numbered below
    zero, so that none is taken for a record's. An extension moves the deadline, a reply that was
    refused does not."""
    found: list[Facts] = []
    for row in measures(conn, scope, year, kinds=_PAPERS):
        steps = {step.step: step for step in row.steps if step.on <= as_of}
        issued = steps.get(StepKind.ISSUE)
        ends = [steps[e].on for e in _ENDS if e in steps]
        ended_on = min(ends, default=None)
        if issued is None or (ended_on is not None and not withdrawn):
            continue
        found.append(
            {
                "id": -row.id,
                "kind": _PAPERS[row.kind].value,
                "patch_id": None,
                "patch_no": None,
                "district": row.draft.district,
                "recorded_on": issued.on,
                "reason": row.draft.reason or f"{issued.number}《{row.kind.label}》",
                "document_no": issued.number,
                "due_on": steps.get(StepKind.EXTEND, issued).due_on,
                "area_mu": None,
                "patch_nos": row.draft.patch_nos,
                "recorded_by": issued.account,
                "withdrawn_on": ended_on,
            }
        )
    return found


_ENDS = (StepKind.RELEASE, StepKind.WITHDRAW, StepKind.CORRECT)


def named_patches(stored: str | None) -> tuple[str, ...]:
    """The numbers that a record names, in its order."""
    return tuple((stored or "").split(JOINER)) if stored else ()
