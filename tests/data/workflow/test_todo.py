"""待办: each waits for who may do it, and nobody else."""

from __future__ import annotations

from datetime import date

import pytest

from components import paths
from data.rights import Account, Right, Role
from data.store.engine import Store
from data.workflow import measures as steps
from data.workflow.todo import Asking, Todo, TodoKind, anybody, todo
from data.workflow.todo_worklists import worklists_waiting
from tests.data.store.queries.stored import put_case, put_parcel, put_patch, summarise
from tests.data.workflow.test_measures import (
    AS_OF,
    CLERK,
    DRAFTER,
    HEAD,
    HUANCUI,
    ISSUED,
    ISSUER,
    OTHER,
    REVIEWER,
    TODAY,
    Desk,
    fill,
)

OF_MEASURES = {kind for kind in TodoKind if kind.value.startswith("measure_")}


@pytest.fixture
def desk(sqlite_store: Store) -> Desk:
    fill(sqlite_store)
    return Desk(sqlite_store)


def waiting(desk: Desk, who: Account, as_of: date = TODAY) -> list[Todo]:
    with desk.store.read() as conn:
        return todo(Asking(conn, who, as_of))


def kinds(desk: Desk, who: Account, as_of: date) -> set[TodoKind]:
    return {item.kind for item in waiting(desk, who, as_of)} & OF_MEASURES


def test_a_measure_waits_for_who_takes_its_next_step(desk: Desk) -> None:
    number = desk.draft()
    everybody = (DRAFTER, REVIEWER, ISSUER, HEAD, CLERK, OTHER)

    def who(as_of: date) -> list[set[TodoKind]]:
        return [kinds(desk, account, as_of) for account in everybody]

    none: set[TodoKind] = set()
    assert who(AS_OF) == [none, {TodoKind.MEASURE_REVIEW}, none, none, none, none]
    desk.take(steps.review, REVIEWER, ISSUED, number)
    issue = {TodoKind.MEASURE_ISSUE}
    assert who(ISSUED) == [none, none, issue, issue, none, none]
    desk.take(steps.issue, ISSUER, ISSUED, number)
    deliver = {TodoKind.MEASURE_DELIVER}
    assert who(ISSUED) == [deliver, none, none, none, deliver, none]
    desk.take(steps.deliver, CLERK, ISSUED, number)
    late = date(2023, 12, 1)
    overdue, reply = {TodoKind.MEASURE_OVERDUE}, {TodoKind.MEASURE_REPLY}
    assert who(ISSUED) == [none, none, none, none, reply, none]
    assert who(late) == [none, none, overdue, overdue, reply, none]
    desk.take(steps.reply, CLERK, late, number, "已整改")
    assert who(late) == [none, {TodoKind.MEASURE_JUDGE}, none, none, none, none]


def test_a_warning_waits_until_it_has_a_measure_or_a_reason(desk: Desk) -> None:
    def left(rule: str) -> list[str]:
        items = waiting(desk, DRAFTER, AS_OF)
        return [i.subject for i in items if i.kind is TodoKind.TRIGGER and i.query["rule"] == rule]

    assert HUANCUI in left("T3")
    desk.draft()
    assert HUANCUI not in left("T3")
    assert [i for i in waiting(desk, ISSUER, AS_OF) if i.kind is TodoKind.TRIGGER] == []


def test_a_district_has_its_own_work_in_order_of_its_dates_on_pages_that_are(desk: Desk) -> None:
    found = waiting(desk, anybody(Role.DISTRICT, "371003"), date(2023, 5, 10))
    assert {item.subject for item in found} == {"371003"}
    assert found[0].kind is TodoKind.REPORT
    assert [i.due_on for i in found] == sorted(i.due_on for i in found if i.due_on)
    assert found[0].days_left(date(2023, 5, 10)) == 14
    known = {value for name, value in vars(paths).items() if name.isupper()}
    assert {item.page.partition("?")[0] for item in found} <= known


def test_the_worklists_wait_for_who_holds_the_right(sqlite_store: Store) -> None:
    """Reported, to be accepted, and to be checked by the county: one item a kind and district."""
    with sqlite_store.write() as conn:
        waits = put_patch(conn, "WAITS", reported_on=date(2023, 5, 19), farmland_mu=12.0)
        put_parcel(conn, waits)
        gone = put_patch(conn, "GONE", reported_on=date(2023, 5, 19))
        put_parcel(conn, gone)
        put_case(conn, gone, eliminated_on=date(2023, 5, 22), way="demolition")
        summarise(conn)
    with sqlite_store.read() as conn:

        def told(role: Role, rights: set[Right], district: str | None = None) -> set[object]:
            who = Account("某人", role, frozenset(rights), district)
            items = worklists_waiting(Asking(conn, who, date(2023, 6, 1)))
            return {(i.kind, i.subject, i.due_on, i.place) for i in items}

        assert told(Role.CITY, {Right.AUDIT}) == {
            (TodoKind.AUDIT, HUANCUI, date(2023, 5, 26), "audit")
        }
        assert told(Role.CITY, {Right.CONFIRM}) == {
            (TodoKind.ACCEPT, HUANCUI, date(2023, 6, 12), "ledger")
        }
        assert told(Role.CITY, set()) == told(Role.DISTRICT, set(), "371003") == set()
        assert told(Role.DISTRICT, set(), HUANCUI) == {
            (TodoKind.CHECK, HUANCUI, date(2023, 5, 11), "checks")
        }
