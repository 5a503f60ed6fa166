"""The plan's deadlines (domain.md §4), case by case with the clause that sets them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import periods
from data.errors import SupervisionError
from data.periods import ClearanceRule

#: The last year whose holidays the calendar library knows; the next one is not published yet.
LAST_KNOWN_YEAR = max(chinese_calendar.constants.holidays).year


# ---- D1 §3.2: issued by the 20th, due on the 24th of the month -----------------------------------


@pytest.mark.parametrize(
    ("issued_on", "due_on", "month"),
    [
        (date(2023, 5, 1), date(2023, 5, 24), "2023-05"),
        (date(2023, 5, 20), date(2023, 5, 24), "2023-05"),
        (date(2023, 5, 21), date(2023, 6, 24), "2023-06"),
        (date(2023, 5, 24), date(2023, 6, 24), "2023-06"),
        (date(2023, 5, 31), date(2023, 6, 24), "2023-06"),
        (date(2023, 12, 20), date(2023, 12, 24), "2023-12"),
        (date(2023, 12, 21), date(2024, 1, 24), "2024-01"),
        (date(2024, 2, 29), date(2024, 3, 24), "2024-03"),
    ],
)
def test_a_patch_issued_by_the_20th_is_due_on_the_24th_and_a_later_one_a_month_after(
    issued_on: date, due_on: date, month: str
) -> None:
    assert periods.statutory_due_on(issued_on) == due_on
    assert periods.clearance_month(issued_on) == month
    assert periods.month_due_on(month) == due_on


@given(st.dates(date(2018, 1, 1), date(2040, 12, 31)))
def test_a_due_date_lies_4_to_34_days_after_the_issue(issued_on: date) -> None:
    days = (periods.statutory_due_on(issued_on) - issued_on).days
    assert 4 <= days <= 34


def test_another_city_may_set_other_days() -> None:
    rule = ClearanceRule(cutoff_day=15, due_day=28)
    assert periods.statutory_due_on(date(2023, 5, 15), rule) == date(2023, 5, 28)
    assert periods.statutory_due_on(date(2023, 5, 16), rule) == date(2023, 6, 28)
    assert periods.month_due_on("2023-06", rule) == date(2023, 6, 28)


# ---- D2 §3.3, D4-D7 §3.4 -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "due_on"),
    [
        ("2023-05", date(2023, 6, 30)),
        ("2023-12", date(2024, 1, 31)),
        ("2024-01", date(2024, 2, 29)),
        ("2025-01", date(2025, 2, 28)),
    ],
)
def test_a_month_is_audited_by_the_last_day_of_the_next(month: str, due_on: date) -> None:
    assert periods.monthly_audit_due_on(month) == due_on


def test_the_half_year_report_is_due_on_25_july_and_the_annual_one_on_25_january() -> None:
    assert periods.half_year_report_due_on(2023) == date(2023, 7, 25)
    assert periods.annual_report_due_on(2023) == date(2024, 1, 25)


def test_what_is_eliminated_by_31_january_counts_for_the_year() -> None:
    assert periods.elimination_cutoff_on(2023) == date(2024, 1, 31)


@pytest.mark.parametrize(
    ("year", "day"),
    [(2023, date(2024, 2, 29)), (2024, date(2025, 2, 28)), (2099, date(2100, 2, 28))],
)
def test_the_province_approves_by_the_end_of_february_leap_years_included(
    year: int, day: date
) -> None:
    assert periods.province_approval_on(year) == day


def test_the_as_of_day_is_today_but_not_past_the_last_deadline_of_the_year() -> None:
    assert periods.default_as_of(2023, date(2023, 11, 23)) == date(2023, 11, 23)
    assert periods.default_as_of(2023, date(2026, 1, 1)) == date(2024, 2, 29)


# ---- workdays: D3 §4.1, D9 §5.4 ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "workdays", "expected"),
    [
        # an ordinary week: Monday + 5 = next Monday
        (date(2023, 5, 8), 5, date(2023, 5, 15)),
        # 29 Sep to 6 Oct 2023 are holidays; Saturday 7 and Sunday 8 October are made up for
        (date(2023, 9, 28), 1, date(2023, 10, 7)),
        (date(2023, 9, 28), 5, date(2023, 10, 11)),
        # Labour Day: Sunday 23 April is worked, 29 April to 3 May are off, Saturday 6 May is worked
        (date(2023, 4, 21), 1, date(2023, 4, 23)),
        (date(2023, 4, 28), 3, date(2023, 5, 6)),
        # a decision on a holiday starts to count on the first workday
        (date(2023, 1, 22), 1, date(2023, 1, 28)),
        (date(2023, 5, 8), 0, date(2023, 5, 8)),
    ],
)
def test_workdays_follow_the_statutory_holidays_and_their_make_up_days(
    day: date, workdays: int, expected: date
) -> None:
    assert periods.add_workdays(day, workdays) == expected


@given(st.dates(date(2018, 1, 1), date(2030, 12, 31)), st.integers(1, 30))
def test_adding_workdays_lands_on_a_workday_with_that_many_between(
    day: date, workdays: int
) -> None:
    end = periods.add_workdays(day, workdays)
    passed = [
        date.fromordinal(n)
        for n in range(day.toordinal() + 1, end.toordinal() + 1)
        if periods.is_workday(date.fromordinal(n))
    ]
    assert len(passed) == workdays
    assert passed[-1] == end


def test_a_year_without_a_published_calendar_is_said_to_be_unknown() -> None:
    assert periods.calendar_knows(2023)
    assert periods.calendar_knows(LAST_KNOWN_YEAR)
    assert not periods.calendar_knows(LAST_KNOWN_YEAR + 1)


def test_in_an_unknown_year_monday_to_friday_are_workdays() -> None:
    year = LAST_KNOWN_YEAR + 1
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(31)]
    assert [periods.is_workday(day) for day in days] == [day.weekday() < 5 for day in days]


def test_workdays_run_on_from_a_known_into_an_unknown_year() -> None:
    new_year = date(LAST_KNOWN_YEAR + 1, 1, 1)
    january = [new_year + timedelta(days=n) for n in range(7)]
    first_weekday = next(day for day in january if day.weekday() < 5)
    assert periods.add_workdays(date(LAST_KNOWN_YEAR, 12, 31), 1) == first_weekday


@pytest.mark.parametrize(
    ("as_of", "today", "nearest"),
    [
        (date(2022, 12, 31), date(2023, 6, 1), date(2023, 1, 1)),
        (date(2022, 12, 31), date(2022, 11, 1), date(2022, 11, 1)),  # the year is still to come
        (date(2023, 6, 2), date(2023, 6, 1), date(2023, 6, 1)),
        (date(2030, 1, 1), date(2029, 1, 1), date(2024, 2, 29)),
        (date(2023, 1, 1), date(2023, 6, 1), None),
        (date(2023, 6, 1), date(2023, 6, 1), None),
        (date(2024, 3, 1), date(2024, 3, 1), None),
    ],
)
def test_a_doubtful_as_of_date_comes_with_the_nearest_sensible_one(
    as_of: date, today: date, nearest: date | None
) -> None:
    doubt = periods.doubtful_as_of(2023, as_of, today)
    assert (doubt[1] if doubt else None) == nearest


# ---- words ---------------------------------------------------------------------------------------


def test_days_and_months_name_the_year_only_where_it_differs() -> None:
    assert periods.format_day(date(2023, 11, 3), 2023) == "11月3日"
    assert periods.format_day(date(2024, 1, 24), 2023) == "2024年1月24日"
    assert periods.format_day(None) == "—"
    assert periods.format_month("2023-05", 2023) == "5月"
    assert periods.format_month("2024-01", 2023) == "2024年1月"


# ---- years that the library does not know --------------------------------------------------------


def test_an_administrator_enters_a_year_that_nobody_published_yet(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: periods.use_local_calendar(periods.LocalCalendar()))
    year = LAST_KNOWN_YEAR + 1
    note = periods.calendar_note(year)
    assert note is not None
    assert f"{year}年" in note
    holiday = next(d for d in (date(year, 10, n) for n in range(1, 8)) if d.weekday() < 5)
    made_up = next(d for d in (date(year, 10, n) for n in range(8, 15)) if d.weekday() == 6)
    assert periods.is_workday(holiday)
    path = tmp_path / "workdays.toml"
    path.write_text(f"holidays = [{holiday}]\nworkdays = [{made_up}]\n", encoding="utf-8")
    periods.use_local_calendar(periods.read_local_calendar(path))
    assert not periods.is_workday(holiday)
    assert periods.is_workday(made_up)
    assert periods.calendar_note(year) is None
    assert periods.calendar_note(2023) is None


@pytest.mark.parametrize(
    "text",
    [
        "holidays = [2030-02-31]",
        "holiday = [2030-01-01]",
        'holidays = ["2030-01-01"]',
        "holidays = 3",
        "holidays = [2030-01-01]\nworkdays = [2030-01-01]",
    ],
)
def test_a_wrong_table_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "workdays.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SupervisionError, match=r"workdays\.toml"):
        periods.read_local_calendar(path)


def test_no_table_is_no_fault(tmp_path: Path) -> None:
    assert periods.read_local_calendar(tmp_path / "none.toml") == periods.LocalCalendar()


# ---- the day it is -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 24, 15, 59, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 11, 24, 16, 0, tzinfo=UTC), date(2026, 11, 25)),
        (datetime(2026, 11, 24, 23, 0, tzinfo=timezone(timedelta(hours=-8))), date(2026, 11, 25)),
    ],
)
def test_the_day_is_that_of_china_wherever_the_server_stands(now: datetime, day: date) -> None:
    assert periods.today(now) == day
