"""Rows of figures for tests: everything zero or without value, and what a test is about."""

from __future__ import annotations

from typing import Any

from components.parts.figure_text import Lines
from data.store.measures import AREAS, COUNTS, RATES, REMAINING

LINES = Lines(warning_share=0.9, warning_ratio=0.10, interview_ratio=0.15, interview_mu=30.0)


def row(code: str = "371002", name: str = "环翠区", **figures: Any) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(COUNTS, 0)
    values |= dict.fromkeys((*AREAS, *REMAINING), 0.0)
    values |= dict.fromkeys(RATES, None)
    values |= {"code": code, "name": name, "short_name": name, "small_denominator": False}
    unknown = set(figures) - set(values) - {"month", "due_on"}
    assert not unknown, unknown
    return values | figures
