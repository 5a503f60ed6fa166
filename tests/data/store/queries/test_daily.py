"""Figures on many days, computed when asked for, and what they were read from."""

from __future__ import annotations

from datetime import date

import pytest

from data.scope import Scope
from data.store.engine import Store
from data.store.queries.daily import DailyFigures
from data.store.queries.figures import FIGURES, figures
from tests.data.store.worlds import make_world, put_world

DAYS = (date(2023, 4, 24), date(2023, 8, 1), date(2023, 12, 31), date(2024, 2, 29))


@pytest.mark.parametrize("seed", [3, 11])
def test_they_are_the_figures_of_the_day(store: Store, seed: int) -> None:
    with store.write() as conn:
        put_world(conn, make_world(seed, 12))
    with store.read() as conn:
        daily = DailyFigures(conn, Scope.all(), 2023, DAYS[-1])
        for day in DAYS:
            document = figures(conn, Scope.all(), 2023, day)
            assert {n: daily.on(None, day)[n] for n in FIGURES} == document["city"]
            for row in document["districts"]:
                now = daily.on(row["code"], day)
                assert {n: now[n] for n in FIGURES} == {n: row[n] for n in FIGURES}
            for row in document["months"]:
                now = daily.on(row["code"], day, row["month"])
                assert {n: now[n] for n in FIGURES} == {n: row[n] for n in FIGURES}


def test_a_row_knows_since_when_what_was_read_of_it_is_the_same(store: Store) -> None:
    with store.write() as conn:
        put_world(conn, make_world(5, 12))
    with store.read() as conn:
        daily = DailyFigures(conn, Scope.all(), 2023, DAYS[-1])
    day = DAYS[-1]
    for name in FIGURES:
        row = daily.on(None, day)
        value = row[name]
        first = daily.changed_on(row, day)
        earlier = [
            date.fromordinal(n) for n in range(date(2023, 1, 1).toordinal(), day.toordinal())
        ]
        since = [d for d in earlier if first is None or d >= first]
        assert {daily.on(None, d)[name] for d in since} <= {value}


def test_what_was_not_read_does_not_count(store: Store) -> None:
    with store.write() as conn:
        put_world(conn, make_world(5, 12))
    with store.read() as conn:
        daily = DailyFigures(conn, Scope.all(), 2023, DAYS[-1])
    assert daily.changed_on(daily.on(None, DAYS[-1]), DAYS[-1]) is None


def test_a_name_that_is_no_figure_is_a_fault(store: Store) -> None:
    with store.read() as conn:
        row = DailyFigures(conn, Scope.all(), 2023, DAYS[-1]).on(None, DAYS[-1])
    with pytest.raises(KeyError):
        row["no_such_figure"]
