"""Workdays between many pairs of days at once."""

from __future__ import annotations

from datetime import date

import numpy as np

from data.periods import is_workday
from data.store.columns import Days


def workdays_between(starts: Days, ends: Days) -> Days:
    """periods.workdays_between of each pair of ordinals."""
    if not len(starts):
        return np.zeros(0, dtype=np.int64)
    first, last = int(min(starts.min(), ends.min())), int(max(starts.max(), ends.max()))
    worked = [is_workday(date.fromordinal(day)) for day in range(first, last + 1)]
    until = np.cumsum(worked, dtype=np.int64)
    between: Days = np.maximum(until[ends - first] - until[starts - first], 0)
    return between
