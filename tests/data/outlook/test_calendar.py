"""The dates of a work year and what is open for each."""

from __future__ import annotations

from datetime import date

import pytest

from data.outlook.calendar import Deadline, deadlines
from data.scope import Scope
from data.store.engine import Store
from data.store.models import Problem, Submission
from data.store.queries.figures import figures
from data.vocabulary import AuditLevel
from tests.data.store.queries.stored import (
    HIGH_TECH,
    HUANCUI,
    WENDENG,
    put,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)

ON = date(2023, 6, 10)


@pytest.fixture
def filled(store: Store) -> Store:
    """Due in May: A1 of 环翠区, reported, unlawful, returned on 1 June and answered on the 12th; A2
    unreported. Due in June: B1 of 文登区, on the problem list. 高区 has none.
    """
    with store.write() as conn:
        a1 = put_patch(conn, "A1", reported_on=date(2023, 5, 20))
        put_parcel(conn, a1)
        put_decision(
            conn,
            a1,
            AuditLevel.CITY,
            date(2023, 6, 1),
            "returned",
            resubmitted_on=date(2023, 6, 12),
        )
        put_patch(conn, "A2")
        b1 = put_patch(conn, "B1", district_code=WENDENG, issued_on=date(2023, 6, 1))
        put(conn, Problem, patch_id=b1, listed_on=date(2023, 6, 5), written_off_on=None)
        put(
            conn,
            Problem,
            patch_id=b1,
            listed_on=date(2023, 6, 6),
            deadline_on=date(2023, 6, 20),
            written_off_on=date(2023, 6, 9),
        )
        put(
            conn,
            Submission,
            district_code=HUANCUI,
            report="half_year",
            period="2023上半年",
            received_on=date(2023, 6, 9),
        )
        summarise(conn)
    return store


def dates(store: Store, as_of: date = ON, scope: Scope | None = None) -> dict[str, Deadline]:
    scope = scope or Scope.all()
    with store.read() as conn:
        document = figures(conn, scope, 2023, as_of)
        return {d.key: d for d in deadlines(conn, scope, 2023, as_of, document)}


def test_every_date_of_the_year_is_there_in_order_of_time(store: Store) -> None:
    with store.read() as conn:
        document = figures(conn, Scope.all(), 2023, ON)
        found = deadlines(conn, Scope.all(), 2023, ON, document)
    assert [d.on for d in found] == sorted(d.on for d in found)
    days = {d.key: d.on for d in found}
    assert days["D1-2023-01"] == date(2023, 1, 24)
    assert days["D1-2024-01"] == date(2024, 1, 24)
    assert days["D2-2023-05"] == date(2023, 6, 30)
    assert days["D2-2024-01"] == date(2024, 2, 29)
    assert (days["D4"], days["D5"]) == (date(2023, 7, 25), date(2024, 1, 25))
    assert (days["D6"], days["D7"]) == (date(2024, 1, 31), date(2024, 2, 29))
    assert len([key for key in days if key.startswith("D1")]) == 13


def test_a_month_without_patches_is_neither_open_nor_done(filled: Store) -> None:
    august = dates(filled)["D1-2023-08"]
    assert (august.begun, august.done, august.open) == (False, False, {})


def test_each_month_says_who_has_not_reported_and_what_is_not_final(filled: Store) -> None:
    found = dates(filled)
    assert found["D1-2023-05"].open == {HUANCUI: 1}
    assert found["D1-2023-06"].open == {WENDENG: 1}
    assert found["D2-2023-05"].open == {HUANCUI: 2}
    assert found["D7"].open == {HUANCUI: 2, WENDENG: 1}


def test_a_return_is_due_five_workdays_later_until_it_is_answered(filled: Store) -> None:
    """1 June 2023 was a Thursday: five workdays later is Thursday the 8th."""
    assert dates(filled)["D3-2023-06-08"].open == {HUANCUI: 1}
    assert "D3-2023-06-08" not in dates(filled, date(2023, 6, 12))
    assert "D3-2023-06-08" not in dates(filled, date(2023, 5, 31))


def test_an_item_without_a_deadline_is_due_thirty_days_after_it_was_listed(filled: Store) -> None:
    found = dates(filled)
    assert found["D8-2023-07-05"].open == {WENDENG: 1}
    assert "D8-2023-06-20" not in found  # written off on the 9th
    assert dates(filled, date(2023, 6, 8))["D8-2023-06-20"].open == {WENDENG: 1}
    assert not [key for key in dates(filled, date(2023, 6, 4)) if key.startswith("D8")]


def test_a_report_received_is_no_longer_missing(filled: Store) -> None:
    half = dates(filled)["D4"]
    assert HUANCUI not in half.open
    assert half.open[WENDENG] == 1
    assert HUANCUI in dates(filled, date(2023, 6, 8))["D4"].open
    assert HUANCUI in dates(filled)["D5"].open


def test_what_remains_unlawful_is_open_for_the_cut_off_in_mu(filled: Store) -> None:
    cutoff = dates(filled)["D6"]
    assert dict(cutoff.open) == pytest.approx({HUANCUI: 3.0})
    assert cutoff.unit == "亩"


def test_a_district_sees_its_own_dates_only(filled: Store) -> None:
    own = dates(filled, scope=Scope(frozenset({WENDENG})))
    assert set(own["D7"].open) == {WENDENG}
    assert set(own["D4"].open) == {WENDENG}
    assert not [key for key in own if key.startswith("D3")]
    other = dates(filled, scope=Scope(frozenset({HIGH_TECH})))
    assert not [key for key in other if key.startswith("D8")]


def test_a_key_stays_the_same_from_day_to_day(filled: Store) -> None:
    fixed = {key for key in dates(filled) if key[:2] not in ("D3", "D8")}
    assert fixed == {key for key in dates(filled, date(2023, 12, 1)) if key[:2] not in ("D3", "D8")}
