"""What is open for the deadlines that the figures do not count: corrections, the problem list,
reports received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, literal, or_, select

from data.scope import Scope
from data.store.models import AuditDecision, Patch, Problem, Submission
from data.store.queries.among import among
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import AuditResult


@dataclass(frozen=True, slots=True)
class OpenReturns:
    """Patches of a district whose earliest 退回 of a day is not answered (D3)."""

    district: str
    returned_on: date
    patches: int


def open_returns(conn: Connection, scope: Scope, year: int, as_of: date) -> list[OpenReturns]:
    """Returned patches that are neither resubmitted nor decided on again, by district and day."""
    d, day = AuditDecision, day_literal(as_of)
    state = PatchState(Patch, day)
    unanswered = select(d.patch_id).where(
        # in the statement itself, so that the index of returned decisions can be seen to fit
        d.result == literal(AuditResult.RETURNED.value, literal_execute=True),
        d.decided_on <= as_of,
        or_(d.resubmitted_on.is_(None), d.resubmitted_on > as_of),
    )
    rows = (
        select(state.district.label("district"), state.open_return_on.label("returned_on"))
        .where(
            Patch.year == year, state.active, state.visible_to(scope), among(Patch.id, unanswered)
        )
        .subquery()
    )
    query = (
        select(rows.c.district, rows.c.returned_on, func.count())
        .where(rows.c.returned_on.is_not(None))
        .group_by(rows.c.district, rows.c.returned_on)
        .order_by(rows.c.returned_on, rows.c.district)
    )
    return [OpenReturns(*row) for row in conn.execute(query)]


@dataclass(frozen=True, slots=True)
class OpenProblems:
    """Items of a district's problem list with the same days, not written off (D8)."""

    district: str
    listed_on: date
    deadline_on: date | None
    items: int


def open_problems(conn: Connection, scope: Scope, year: int, as_of: date) -> list[OpenProblems]:
    """What stands on the province's problem list on the day, by district and deadline."""
    p = Problem
    state = PatchState(Patch, day_literal(as_of))
    query = (
        select(state.district, p.listed_on, p.deadline_on, func.count())
        .join(Patch, Patch.id == p.patch_id)
        .where(
            Patch.year == year,
            state.active,
            state.visible_to(scope),
            p.listed_on <= as_of,
            or_(p.written_off_on.is_(None), p.written_off_on > as_of),
        )
        .group_by(state.district, p.listed_on, p.deadline_on)
        .order_by(p.listed_on)
    )
    return [OpenProblems(*row) for row in conn.execute(query)]


def reports_received(
    conn: Connection, scope: Scope, year: int, as_of: date
) -> frozenset[tuple[str, str]]:
    """(district, report) of the year's reports received by the day. 期次 begins with the year."""
    s = Submission
    query = select(s.district_code, s.report).where(
        s.period.startswith(str(year), autoescape=True), s.received_on <= as_of
    )
    if scope.districts is not None:
        query = query.where(s.district_code.in_(sorted(scope.districts)))
    return frozenset((code, report) for code, report in conn.execute(query))
