"""Time limits and numbers of measures, as functions of what the rule file sets (workflow.toml)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from data.periods import add_workdays, is_workday


def measure_deadline(
    what: str,
    start: date,
    *,
    review_workdays: int,
    issue_workdays: int,
    delivery_workdays: int,
    judge_workdays: int,
    again_workdays: int,
    warning_workdays: int,
    interview_report_days: int,
    order_days: int,
    listing_days: int,
    department_workdays: int,
    investigation_workdays: int,
    objection_workdays: int,
    correction_workdays: int,
    verification_workdays: int,
    request_after_evaluation: bool,
) -> date:
    """M1: the last day for `what`, one of the parameters, from a day on. What is counted in days
    and ends on a day off ends on the next workday."""
    length = int(locals()[what])
    if what.endswith("_workdays"):
        return add_workdays(start, length)
    end = start + timedelta(days=length)
    while not is_workday(end):
        end += timedelta(days=1)
    return end


def paper_number(
    series: str,
    year: int,
    count: int,
    *,
    notice: str,
    letter: str,
    request: str,
    report: str,
    certificate: str,
) -> str:
    """M2: `威自然资发〔2026〕9号`."""
    prefix: str = locals()[series]
    return f"{prefix}〔{year}〕{count}号"


PREDICATES: dict[str, Callable[..., Any]] = {
    "measure_deadline": measure_deadline,
    "paper_number": paper_number,
}
