"""What an address means, and what it says wrongly."""

from __future__ import annotations

from datetime import date

import pytest

from callbacks.frame.context import PageContext, read_context
from data.settings import Settings
from data.store.engine import Store
from tests.callbacks.year_2023 import fill


@pytest.fixture
def filled(sqlite_store: Store) -> Store:
    fill(sqlite_store)
    return sqlite_store


def read(store: Store, search: str, today: date = date(2024, 3, 1)) -> PageContext:
    settings = Settings(local_dir=store.settings.local_dir, fixed_today=today)
    with store.read() as conn:
        return read_context(conn, settings, search)


def test_an_address_without_query_means_the_newest_year_and_its_default_day(filled: Store) -> None:
    context = read(filled, "")
    assert (context.year, context.as_of, context.district) == (2023, date(2024, 2, 29), None)
    assert context.problems == []


def test_the_default_day_is_today_while_the_work_year_runs(filled: Store) -> None:
    assert read(filled, "", today=date(2023, 6, 10)).as_of == date(2023, 6, 10)


def test_an_address_says_year_day_and_district(filled: Store) -> None:
    context = read(filled, "?year=2023&asof=2023-05-24&district=371003")
    assert (context.as_of, context.district) == (date(2023, 5, 24), "371003")
    assert context.district_name == "文登区"


@pytest.mark.parametrize(
    ("search", "named"),
    [
        ("?year=1999", "没有1999年度的数据"),
        ("?year=二〇二三", "没有二〇二三年度的数据"),
        ("?asof=2023-02-30", "基准日“2023-02-30”无法识别"),
        ("?asof=0001-01-01", "不合情理"),
        ("?district=999999", "没有区市“999999”"),
    ],
)
def test_what_is_not_understood_is_named_and_dropped_from_every_link(
    search: str, named: str, filled: Store
) -> None:
    context = read(filled, search)
    assert [named in problem for problem in context.problems] == [True]
    assert context.query == {}
    assert (context.year, context.as_of, context.district) == (2023, date(2024, 2, 29), None)


@pytest.mark.parametrize(
    ("search", "today", "said", "day", "kept"),
    [
        ("?asof=2022-12-31", date(2023, 6, 10), "早于2023年度", "2023-01-01", "2023-01-01"),
        ("?asof=2023-06-11", date(2023, 6, 10), "还没有到（今天是2023-06-10）", "2023-06-10", None),
        ("?asof=2027-01-01", date(2024, 3, 1), "还没有到", "2024-02-29", None),
    ],
)
def test_a_day_before_the_year_or_still_to_come_gives_way_to_the_nearest_sensible_one(
    search: str, today: date, said: str, day: str, kept: str | None, filled: Store
) -> None:
    context = read(filled, search, today)
    (problem,) = context.problems
    assert said in problem
    assert f"已改用{day}" in problem
    assert context.as_of == date.fromisoformat(day)
    assert context.query.get("asof") == kept


@pytest.mark.parametrize("day", ["2023-01-01", "2023-06-10", "2024-02-29", "2024-03-01"])
def test_days_of_the_year_and_after_its_last_deadline_are_taken_as_they_are(
    day: str, filled: Store
) -> None:
    context = read(filled, f"?asof={day}")
    assert (context.as_of, context.problems) == (date.fromisoformat(day), [])


def test_an_empty_store_has_this_year_and_no_problem(sqlite_store: Store) -> None:
    context = read(sqlite_store, "")
    assert (context.year, context.as_of) == (2024, date(2024, 3, 1))
    assert context.stamp.years == ()


def test_a_permalink_pins_year_and_day_and_leaves_the_wall(filled: Store) -> None:
    context = read(filled, "?district=371003&screen=1")
    assert context.permalink("/") == "/?year=2023&asof=2024-02-29&district=371003"


def test_the_lines_are_those_of_the_rules(filled: Store) -> None:
    lines = read(filled, "").lines
    assert (lines.warning_share, lines.ratios, lines.interview_mu) == (0.9, (0.10, 0.15), 30.0)
