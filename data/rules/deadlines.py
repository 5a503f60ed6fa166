"""The deadlines D1–D9 (domain.md §4) as functions of what the rule file sets.

The store computes with the same dates through data/periods.py, which may not import rules: what
the files state is put there when they are read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from data.periods import (
    ClearanceRule,
    add_workdays,
    month_end,
    monthly_audit_due_on,
    statutory_due_on,
)


def clearance_due(issued_on: date, *, cutoff_day: int, due_day: int, inclusive: bool) -> date:
    """D1: the last day on which the patch is reported in time."""
    return statutory_due_on(issued_on, ClearanceRule(cutoff_day, due_day, inclusive))


def monthly_audit_due(month: str, *, months_after: int) -> date:
    """D2: the last day of the month so many months after clearance month `2023-05`."""
    return monthly_audit_due_on(month, months_after)


def correction_due(returned_on: date, *, workdays: int) -> date:
    """D3."""
    return add_workdays(returned_on, workdays)


def within_year(year: int, *, month: int, day: int) -> date:
    """D4: a day of the work year."""
    return date(year, month, day)


def after_year(year: int, *, month: int, day: int) -> date:
    """D5, D6: a day of the year after the work year."""
    return date(year + 1, month, day)


def month_end_after_year(year: int, *, month: int) -> date:
    """D7: the last day of a month of the year after, 29 February where there is one."""
    return month_end(date(year + 1, month, 1))


def problem_due(listed_on: date, deadline_on: date | None, *, days: int) -> date:
    """D8: the deadline set on the item, else so many days after it was listed."""
    return deadline_on or listed_on + timedelta(days=days)


def direct_filing_from(unlawful_on: date, *, workdays: int) -> date:
    """D9: the last day on which the county itself may still file; the city may from the next."""
    return add_workdays(unlawful_on, workdays)


PREDICATES: dict[str, Callable[..., Any]] = {
    "clearance_due": clearance_due,
    "monthly_audit_due": monthly_audit_due,
    "correction_due": correction_due,
    "within_year": within_year,
    "after_year": after_year,
    "month_end_after_year": month_end_after_year,
    "problem_due": problem_due,
    "direct_filing_from": direct_filing_from,
}
