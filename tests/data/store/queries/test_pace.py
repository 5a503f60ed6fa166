"""How far each clearance month had come on chosen days, and what was eliminated."""

from __future__ import annotations

from datetime import date

import pytest

from data.scope import Scope
from data.store.engine import Store
from data.store.queries.pace import Days, MonthPace, Removal, month_paces, removals
from data.units import PARTS_PER_MU
from data.vocabulary import AuditLevel
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put_case,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)

MAY = {"2023-05": Days(date(2023, 5, 10), date(2023, 5, 24), date(2023, 5, 25))}


@pytest.fixture
def filled(store: Store) -> Store:
    """Due in May: A1 of 环翠区, reported on the 9th and final on the 20th, A2 issued on the 15th;
    B1 of 文登区, reported late, unlawful and eliminated. In June: A3. Of the year before: Z1.
    """
    with store.write() as conn:
        a1 = put_patch(conn, "A1", issued_on=date(2023, 5, 2), reported_on=date(2023, 5, 9))
        put_parcel(conn, a1, legality="lawful", reported_on=date(2023, 5, 9))
        put_decision(conn, a1, AuditLevel.PROVINCE, date(2023, 5, 20), "passed")
        put_patch(conn, "A2", issued_on=date(2023, 5, 15))
        b1 = put_patch(conn, "B1", district_code=WENDENG, reported_on=date(2023, 5, 25))
        put_parcel(conn, b1, reported_on=date(2023, 5, 25))
        put_case(conn, b1, eliminated_on=date(2023, 6, 1))
        put_patch(conn, "A3", issued_on=date(2023, 6, 1))
        put_patch(conn, "Z1", year=2022, issued_on=date(2023, 5, 3))
        summarise(conn)
    return store


def test_a_month_is_counted_on_its_start_its_end_and_when_it_is_settled(filled: Store) -> None:
    with filled.read() as conn:
        own, other = month_paces(conn, Scope.all(), (2023,), MAY)
    assert own == MonthPace(2023, HUANCUI, "2023-05", 1, 0, 1, 2, 1, 1)
    assert other == MonthPace(2023, WENDENG, "2023-05", 1, 1, 1, 1, 1, 1)


def test_each_work_year_has_rows_of_its_own(filled: Store) -> None:
    with filled.read() as conn:
        rows = month_paces(conn, Scope.all(), (2022, 2023), MAY)
        assert [(r.year, r.district) for r in rows] == [
            (2022, HUANCUI),
            (2023, HUANCUI),
            (2023, WENDENG),
        ]
        assert month_paces(conn, Scope.all(), (2023,), {}) == []


def test_a_scope_sees_its_own_districts_only(filled: Store) -> None:
    own = Scope(frozenset({WENDENG}))
    with filled.read() as conn:
        assert [r.district for r in month_paces(conn, own, (2023,), MAY)] == [WENDENG]
        assert set(removals(conn, own, 2023, date(2023, 7, 1))) == {WENDENG}
        assert removals(conn, Scope(frozenset({HUANCUI})), 2023, date(2023, 7, 1)) == {}


def test_what_was_found_and_eliminated_adds_up_by_day_until_the_day(filled: Store) -> None:
    with filled.read() as conn:
        found = removals(conn, Scope.all(), 2023, date(2023, 7, 1))
        before = removals(conn, Scope.all(), 2023, date(2023, 5, 31))
    assert found == {
        WENDENG: [
            Removal(date(2023, 5, 25), 3 * PARTS_PER_MU, 0),
            Removal(date(2023, 6, 1), 3 * PARTS_PER_MU, 3 * PARTS_PER_MU),
        ]
    }
    assert before == {WENDENG: found[WENDENG][:1]}
