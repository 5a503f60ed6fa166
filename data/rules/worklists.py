"""Predicates of the worklists: when a recheck is due (§4.6). Pure: no SQL, no clock."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date
from typing import Any


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def recheck_due(
    start: date,
    last: date | None,
    is_temporary: bool,
    approved_until: date | None,
    *,
    months: int,
    temporary_months: int,
    after_term_months: int,
) -> date | None:
    """W1: when the next recheck of an outcome is due.

    start: the day on which the outcome took effect. last: of the last recheck. approved_until: the
    term of 临时用地, where given: due on that day and once more after it; None when both are done.
    """
    if not is_temporary or approved_until is None:
        return months_after(last or start, temporary_months if is_temporary else months)
    later = months_after(approved_until, after_term_months)
    if last is None or last < approved_until:
        return approved_until
    return later if last < later else None


PREDICATES: dict[str, Callable[..., Any]] = {"recheck_due": recheck_due}
