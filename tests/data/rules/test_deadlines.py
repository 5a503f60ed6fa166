"""data/periods.py, which the store computes with, and the rule file say the same dates."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import periods
from data.rules.loader import deadline_rules
from tests.data.rules.cases_read import apply

DAYS = st.dates(date(2018, 1, 1), date(2040, 12, 31))
YEARS = st.integers(2018, 2040)


@given(DAYS)
def test_days_agree(day: date) -> None:
    assert periods.statutory_due_on(day) == apply("D1", day)
    assert periods.correction_due_on(day) == apply("D3", day)
    month = periods.clearance_month(day)
    assert periods.monthly_audit_due_on(month) == apply("D2", month)


@given(YEARS)
def test_years_agree(year: int) -> None:
    assert periods.half_year_report_due_on(year) == apply("D4", year)
    assert periods.annual_report_due_on(year) == apply("D5", year)
    assert periods.elimination_cutoff_on(year) == apply("D6", year)
    assert periods.province_approval_on(year) == apply("D7", year)


@given(DAYS, st.integers(0, 12))
def test_workdays_counted_backwards_and_forwards_agree(day: date, workdays: int) -> None:
    start = periods.workdays_ago(day, workdays)
    assert periods.add_workdays(start, workdays) <= day
    assert periods.workdays_between(start, day) >= workdays


def test_dates_that_are_stored_change_with_a_new_plan_only() -> None:
    """The store keeps due dates: a later setting would not move them."""
    for rule_id in ("D1", "D2", "D3", "D4", "D5", "D6", "D7"):
        (version,) = deadline_rules()[rule_id].versions
        assert all(p.fixed for p in version.details.values()), rule_id


@pytest.mark.parametrize(("inclusive", "last"), [(True, 24), (False, 23)])
def test_whether_the_24th_itself_is_in_time_is_a_parameter(inclusive: bool, last: int) -> None:
    rule = deadline_rules()["D1"]
    parameters = {**rule.on(date(2023, 6, 1)).parameters, "inclusive": inclusive}
    assert rule.predicate(date(2023, 5, 20), **parameters) == date(2023, 5, last)
