"""A trend is the figures of each of its days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from data.scope import Scope
from data.store.engine import Store
from data.store.queries.figures import figures, trend
from tests.callbacks.year_2023 import fill

DAYS = [date(2023, 4, 30) + timedelta(days=n) for n in range(0, 60, 3)]


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


@pytest.mark.parametrize("district", [None, "371003"])
def test_each_point_equals_the_figures_of_its_day(filled: Store, district: str | None) -> None:
    with filled.read() as conn:
        points = trend(conn, Scope.all(), 2023, DAYS, district)
        for day, point in zip(DAYS, points, strict=True):
            document = figures(conn, Scope.all(), 2023, day, district)
            row = document["districts"][0] if district else document["city"]
            assert {k: row[k] for k in point if k != "as_of"} | {"as_of": day} == point


def test_days_come_back_oldest_first_and_none_give_none(filled: Store) -> None:
    with filled.read() as conn:
        points = trend(conn, Scope.all(), 2023, [DAYS[3], DAYS[0], DAYS[3]])
        assert [point["as_of"] for point in points] == [DAYS[0], DAYS[3], DAYS[3]]
        assert trend(conn, Scope.all(), 2023, []) == []


def test_a_trend_outside_the_scope_is_all_zero(filled: Store) -> None:
    scope = Scope(frozenset({"371002"}))
    with filled.read() as conn:
        (point,) = trend(conn, scope, 2023, [DAYS[-1]], "371003")
    assert point["patches"] == 0
