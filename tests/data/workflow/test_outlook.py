"""The running month and who will miss its day."""

from __future__ import annotations

from datetime import date

import pytest

from data.scope import Scope
from data.store.engine import Store
from data.store.queries.figures import figures
from data.workflow.outlook import clock, forecast, month_ends_before, running_month
from tests.data.store.queries.stored import put_patch, summarise


@pytest.mark.parametrize(
    ("as_of", "month"),
    [
        (date(2023, 5, 1), "2023-05"),
        (date(2023, 5, 24), "2023-05"),
        (date(2023, 5, 25), "2023-06"),
        (date(2023, 12, 31), "2024-01"),
        (date(2024, 2, 29), "2024-03"),
    ],
)
def test_the_running_month_is_the_one_whose_day_comes_next(as_of: date, month: str) -> None:
    assert running_month(as_of) == month


def test_month_ends_stay_within_the_work_year() -> None:
    assert month_ends_before(date(2023, 3, 15), 2023, 6) == [date(2023, 1, 31), date(2023, 2, 28)]
    assert len(month_ends_before(date(2023, 11, 23), 2023, 6)) == 6


def test_a_forecast_takes_the_share_that_was_still_reported_in_past_months(store: Store) -> None:
    """In April 4 were open four days before the day and 1 still on it: of 8 open now, 2."""
    with store.write() as conn:
        for n, reported_on in enumerate([date(2023, 4, 22)] * 3 + [date(2023, 4, 28)]):
            put_patch(conn, f"A{n}", issued_on=date(2023, 4, 3), reported_on=reported_on)
        for n in range(8):
            put_patch(conn, f"M{n}", issued_on=date(2023, 5, 3))
        summarise(conn)
    as_of = date(2023, 5, 20)
    with store.read() as conn:
        document = figures(conn, Scope.all(), 2023, as_of)
        running = clock(document, as_of)
        result = forecast(conn, Scope.all(), 2023, as_of, document)
    assert (running.days_left, running.patches) == (4, 8)
    (own,) = result.values()
    assert (own.expected, own.share, own.months) == (2.0, 0.75, ("2023-04",))
    assert own.will_miss


def test_without_a_past_month_there_is_no_forecast(store: Store) -> None:
    with store.write() as conn:
        put_patch(conn, "M1", issued_on=date(2023, 5, 3))
        summarise(conn)
    as_of = date(2023, 5, 20)
    with store.read() as conn:
        document = figures(conn, Scope.all(), 2023, as_of)
        (own,) = forecast(conn, Scope.all(), 2023, as_of, document).values()
    assert own.expected is None
    assert not own.will_miss
