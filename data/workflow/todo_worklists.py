"""待办 of the worklists: audits, proposals to deem, field checks, certificates, acceptances,
write-offs, rechecks, and doubts to judge. One item a district and kind, with its earliest day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from data.periods import add_workdays
from data.rights import Right
from data.rules.doubts import DoubtState
from data.rules.worklists import step_due
from data.store.queries.legality import Judged, judged
from data.triggers.rulebook import rulebook
from data.vocabulary import CheckLevel
from data.workflow.todo import Asking, Todo, TodoKind
from data.worklists.audit import waiting_of
from data.worklists.checks import checks
from data.worklists.comebacks import comebacks
from data.worklists.ledger import LedgerItem, LedgerState, ledger
from data.worklists.oddities import oddities
from data.worklists.overlay import overlay
from data.worklists.rechecks import rechecks
from data.worklists.refuted import refuted
from data.worklists.stages import Stage
from data.worklists.visits import VisitState

#: Stage → what waits for an auditor, and the step whose limit W5 sets.
_OF_STAGE = {
    Stage.CITY_AUDIT: (TodoKind.AUDIT, "audit"),
    Stage.FORWARDING: (TodoKind.FORWARD, "forward"),
    Stage.DEEMING: (TodoKind.DEEM, "deem"),
}
#: State → what waits, the step whose limit W5 sets, the day from which it runs.
_OF_LEDGER = {
    LedgerState.TO_ACCEPT: (TodoKind.ACCEPT, "accept", "eliminated_on"),
    LedgerState.TO_CERTIFY: (TodoKind.CERTIFY, "certify", "accepted_on"),
    LedgerState.TO_WRITE_OFF: (TodoKind.WRITE_OFF, None, "accepted_on"),
}
#: What a team has to visit.
_TO_VISIT = (VisitState.DUE, VisitState.ASSIGNED, VisitState.AGAIN)
#: A recheck stands in the list so long before its day.
_AHEAD_WORKDAYS = 20
#: (what waits, district, the day by which, work year)
_Waiting = tuple[TodoKind, str, date | None, int]


def worklists_waiting(asking: Asking) -> Iterator[Todo]:
    yield from _gathered(asking, (*_of_years(asking), *_of_all_years(asking)))


def _gathered(asking: Asking, waiting: Iterable[_Waiting]) -> Iterator[Todo]:
    """One item a kind, work year and district."""
    groups: dict[tuple[TodoKind, int, str], list[date | None]] = {}
    for kind, code, due, year in waiting:
        groups.setdefault((kind, year, code), []).append(due)
    for (kind, year, code), days in groups.items():
        known = [day for day in days if day is not None]
        unit = "项" if kind in _DOUBTS else "宗" if kind in _PARCELS else "个图斑"
        words = f"{year}年度{asking.names.get(code, code)}：{kind.label}{len(days)}{unit}"
        query = {"year": str(year), "district": code, **_DOUBTS.get(kind, {})}
        yield Todo(kind, code, words, min(known, default=None), _PLACES[kind], query)


_PLACES = {
    TodoKind.AUDIT: "audit",
    TodoKind.FORWARD: "audit",
    TodoKind.DEEM: "audit",
    TodoKind.CHECK: "checks",
    TodoKind.CHECK_CONFIRM: "checks",
    TodoKind.DOUBT: "audit",
    TodoKind.ODDITY: "audit",
    TodoKind.ACCEPT: "ledger",
    TodoKind.CERTIFY: "certificates",
    TodoKind.WRITE_OFF: "ledger",
    TodoKind.RECHECK: "ledger",
}
#: What is judged one by one → the tab that does it.
_DOUBTS = {TodoKind.DOUBT: {"tab": "doubts"}, TodoKind.ODDITY: {"tab": "oddities"}}
_PARCELS = {TodoKind.ACCEPT, TodoKind.CERTIFY, TodoKind.WRITE_OFF, TodoKind.RECHECK}


def _of_years(asking: Asking) -> Iterator[_Waiting]:
    audits = asking.may(Right.AUDIT)
    visits = asking.may(Right.CHECK) or asking.may(Right.REVIEW) or asking.who.is_district
    rule = rulebook(asking.conn)["W5"]
    for year in asking.years:
        if not (audits or visits):
            continue
        known = judged(asking.conn, asking.scope, year, asking.as_of)
        if audits:
            limits = rule.of(year, asking.as_of).parameters
            seen = (asking.conn, asking.scope, year, asking.as_of)
            for patch in waiting_of(*seen, known=known):
                if patch.stage in _OF_STAGE:
                    kind, step = _OF_STAGE[patch.stage]
                    yield kind, patch.district, step_due(step, patch.since, **limits), year
            yield from _doubts(asking, year, known)
        if visits:
            yield from _checks(asking, year, known)


def _of_all_years(asking: Asking) -> Iterator[_Waiting]:
    rechecks_too = asking.who.is_district or asking.may(Right.CHECK)
    if not (rechecks_too or asking.may(Right.CONFIRM)):
        return
    known = judged(asking.conn, asking.scope, None, asking.as_of)
    if asking.may(Right.CONFIRM):
        yield from _of_ledger(asking, known)
    if rechecks_too:
        yield from _rechecks(asking, known)


def _doubts(asking: Asking, year: int, known: Judged) -> Iterator[_Waiting]:
    conn, scope, day = asking.conn, asking.scope, asking.as_of
    back = [(b.state, b.district) for b in comebacks(conn, scope, day, year)]
    differ = [(f.state, f.district) for f in overlay(conn, scope, year, day, judged_year=known)]
    untrue = [(r.state, r.district) for r in refuted(conn, scope, year, day)]
    for state, district in (*back, *differ, *untrue):
        if state is DoubtState.OPEN:
            yield TodoKind.DOUBT, district, None, year
    for odd in oddities(conn, scope, year, day):
        if odd.state is DoubtState.OPEN:
            yield TodoKind.ODDITY, odd.district, None, year


def _checks(asking: Asking, year: int, known: Judged) -> Iterator[_Waiting]:
    """The county's are F1, first and continued; the city's are the others. What was found waits for
    a reviewer."""
    own = asking.who.is_district
    mine = {"F1"} if own else {"F2", "F3", "F4", "F5"} if asking.may(Right.CHECK) else set()
    reviews = asking.may(Right.REVIEW) and not own
    seen: set[tuple[str, CheckLevel]] = set()
    confirmed: set[tuple[str, CheckLevel]] = set()
    found = checks(asking.conn, asking.scope, year, asking.as_of, known=known)
    for task in found.tasks:
        visit, key = task.visit, (task.patch_no, task.level)
        if visit.state is VisitState.EXEMPT:
            continue
        if reviews and task.to_confirm and key not in confirmed:
            confirmed.add(key)
            yield TodoKind.CHECK_CONFIRM, task.district, visit.due_on, year
        if task.rule in mine and (not task.done or visit.state in _TO_VISIT) and key not in seen:
            seen.add(key)
            yield TodoKind.CHECK, task.district, visit.due_on, year


def _of_ledger(asking: Asking, known: Judged) -> Iterator[_Waiting]:
    rule = rulebook(asking.conn)["W5"]
    for item in ledger(asking.conn, asking.scope, asking.as_of, known=known).items:
        if item.state in _OF_LEDGER:
            kind, step, name = _OF_LEDGER[item.state]
            begun = _day(item, name)
            due = None
            if step is not None and begun is not None:
                due = step_due(step, begun, **rule.on(begun).parameters)
            yield kind, item.district, due, item.year


def _day(item: LedgerItem, name: str) -> date | None:
    day: date | None = getattr(item, name)
    return day


def _rechecks(asking: Asking, known: Judged) -> Iterator[_Waiting]:
    """A district's own, when they come near; the city's when they are over."""
    own = asking.who.is_district
    until = add_workdays(asking.as_of, _AHEAD_WORKDAYS) if own else asking.as_of
    for due in rechecks(asking.conn, asking.scope, asking.as_of, known=known):
        if due.due_on is not None and (due.due_on <= until if own else due.overdue):
            yield TodoKind.RECHECK, due.district, due.due_on, due.year
