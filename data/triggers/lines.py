"""The lines that rules draw for figures: no value crosses one by rounding (domain.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from data.rules.loader import Rule
from data.vocabulary import RatioVariant

#: Rule → the figures that it judges, and its parameters that are lines.
_DRAWN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "T1": (("on_time_rate", "clearance_rate"), ("warning_share", "full_share")),
    "T2": (("error_rate",), ("warning_rate", "verification_rate")),
    "T3": (tuple(f"ratio_{v}" for v in RatioVariant), ("warning_ratio", "interview_ratio")),
    "T5": (("rectification_rate",), ("warning_rate",)),
}


def lines_of(rules: Mapping[str, Rule], year: int, day: date) -> dict[str, tuple[float, ...]]:
    """Figure → the lines by which the rules judge it in the year, as they stand on the day."""
    found: dict[str, tuple[float, ...]] = {}
    for rule_id, (figures, names) in _DRAWN.items():
        parameters = rules[rule_id].of(year, day).parameters
        found |= dict.fromkeys(figures, tuple(parameters[name] for name in names))
    return found
