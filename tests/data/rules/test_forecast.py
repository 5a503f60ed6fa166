"""The statistics of the forecasts, by small cases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.rules.forecast import (
    Band,
    Look,
    Occasion,
    Window,
    area_band,
    area_trials,
    count_band,
    count_trials,
    record,
)


def months(unit: str, *counts: tuple[int, int], later: int = 0) -> list[Occasion]:
    """(open, missed) of January, February, …"""
    return [
        Occasion(unit, f"2023-{n:02}", open_, later, missed)
        for n, (open_, missed) in enumerate(counts, start=1)
    ]


#: Each month looked at ten days before its 24th, settled on the 25th.
LOOKS = {f"2023-{n:02}": Look(date(2023, n, 14), date(2023, n, 25)) for n in range(1, 13)}


def test_a_district_that_always_clears_is_expected_to_clear() -> None:
    assert count_band(12, "A", months("A", (20, 0), (25, 0), (30, 0))) == Band(0, 0, 0)


def test_what_a_district_missed_before_it_is_expected_to_miss_again() -> None:
    band = count_band(20, "A", months("A", (20, 10), (20, 9), (20, 11)))
    assert band is not None
    assert (band.low, band.likely, band.high) == (7, 10, 13)


def test_nothing_past_gives_no_forecast() -> None:
    assert count_band(5, "A", []) is None
    assert count_band(5, "A", months("A", (0, 0))) is None


def test_a_district_without_a_past_starts_from_the_citys() -> None:
    past = months("B", (40, 20), (40, 20))
    band = count_band(10, "A", past)
    assert band is not None
    assert band.likely == 5
    own = count_band(10, "B", past)
    assert own is not None
    assert own.high - own.low < band.high - band.low  # one's own months say more


def test_patches_still_to_come_are_counted_in() -> None:
    past = months("A", (10, 10), (10, 10), later=10)
    band = count_band(10, "A", past)
    assert band is not None
    assert band.likely == 10  # half of what was open or came in missed the day: of 20, 10


@given(
    st.integers(0, 30_000),
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 5_000)), max_size=12),
)
def test_a_band_is_in_order_and_within_what_is_open(
    count: int, past: list[tuple[int, int]]
) -> None:
    occasions = months("A", *((whole, min(missed, whole)) for whole, missed in past))
    band = count_band(count, "A", occasions)
    if band is not None:
        assert 0 <= band.low <= band.likely <= band.high <= count


def test_large_numbers_keep_a_band_as_wide_as_months_differ() -> None:
    """Ten thousand patches: chance alone would give ±0.5 points, months differ by more."""
    band = count_band(10_000, "A", months("A", *[(10_000, 2_000)] * 10))
    assert band is not None
    assert band.likely == pytest.approx(2_000, abs=100)
    assert band.high - band.low > 800


def test_a_trial_knows_only_the_months_before_it() -> None:
    calm = months("A", (20, 0), (20, 0), (20, 0))
    changed = [*calm[:2], Occasion("A", "2023-03", 20, 0, 20)]
    bands = [[trial.band for trial in count_trials(m, 12, LOOKS)] for m in (calm, changed)]
    assert bands[0] == bands[1]
    assert [trial.hit for trial in count_trials(changed, 12, LOOKS)] == [True, False]


@pytest.mark.parametrize(
    ("looked_on", "learns"), [(date(2023, 2, 24), False), (date(2023, 2, 25), True)]
)
def test_a_trial_does_not_know_a_month_that_was_not_settled_on_its_day(
    looked_on: date, learns: bool
) -> None:
    """March looked at a month ahead, when February is due and not yet seen to have been missed."""
    looks = {**LOOKS, "2023-03": Look(looked_on, date(2023, 3, 25))}
    calm = months("A", (20, 0), (20, 0), (20, 0))
    other = [calm[0], Occasion("A", "2023-02", 20, 0, 20), calm[2]]
    bands = [count_trials(m, 1, looks)[0].band for m in (calm, other)]
    assert (bands[0] != bands[1]) == learns


def test_the_record_counts_hits_of_one_district_or_of_all() -> None:
    trials = count_trials(
        [*months("A", (20, 0), (20, 20)), *months("B", (20, 0), (20, 0))], 12, LOOKS
    )
    assert (record(trials).hits, record(trials).trials) == (1, 2)
    assert (record(trials, "A").hits, record(trials, "B").hits) == (0, 1)


def test_a_month_in_which_nothing_was_open_is_no_trial() -> None:
    assert [t.period for t in count_trials(months("A", (9, 1), (0, 0), (9, 1)), 12, LOOKS)] == [
        "2023-03"
    ]


def test_only_the_last_months_are_tried() -> None:
    trials = count_trials(months("A", *[(9, 1)] * 6), 2, LOOKS)
    assert [t.period for t in trials] == ["2023-05", "2023-06"]


def test_an_area_stays_between_the_best_and_the_worst_past_window() -> None:
    past = [Window(100.0, 0.0, 40.0), Window(60.0, 20.0, 10.0)]
    assert area_band(50.0, past) == Band(30.0, 50.0, 60.0)
    assert area_band(50.0, []) is None


def test_an_area_is_never_expected_below_nothing() -> None:
    band = area_band(50.0, [Window(10.0, -5.0, 12.0)])
    assert band is not None
    assert band.low == 0.0


def test_area_trials_use_windows_that_had_ended() -> None:
    start = date(2023, 1, 1)
    days = [start + timedelta(days=n) for n in (0, 10, 20, 30)]
    windows = [(day, Window(100.0, 0.0, 10.0)) for day in days]
    trials = area_trials("A", windows, timedelta(days=20))
    assert [t.period for t in trials] == ["2023-01-21", "2023-01-31"]
    assert all(t.hit for t in trials)
