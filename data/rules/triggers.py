"""Predicates of the triggers: pure functions of figures, no SQL and no clock (domain.md §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from data.units import THRESHOLD_DECIMALS, meets
from data.vocabulary import Measure, Severity

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a predicate found: value against threshold, in a share, ratio or 亩 (`unit`).

    line: the highest line reached while the severity is still lower, or None.
    about: which patches stand behind it (`queries/behind.py`).
    """

    severity: Severity
    value: float
    threshold: float
    unit: str
    about: str
    line: Severity | None = None
    measure: Measure | None = None
    period: str | None = None
    note: str = ""


def clearance_shortfall(
    months: Sequence[Figures],
    as_of: date,
    *,
    full_share: float,
    warning_share: float,
    months_in_row: int,
) -> list[Finding]:
    """T1 for one district: its month rows in order of time.

    The share is that of patches reported by their due date among those whose due date has passed;
    it stands, whatever is reported later, until all of the month's are cleared.
    """
    findings: list[Finding] = []
    streak = 0
    previous: str | None = None
    for row in months:
        month, reached = row["month"], row["due_reached"]
        share = row["reached_on_time"] / reached if reached else None
        warned = share is not None and not meets(share, warning_share)
        follows = previous is None or _month_number(month) == _month_number(previous) + 1
        streak = (streak + 1 if follows else 1) if warned else 0
        previous = month
        # overdue = due reached and not cleared: the month is open while any is left
        if share is None or meets(share, full_share) or row["overdue"] == 0:
            continue
        severity = Severity.EARLY_WARNING if warned else Severity.NOTICE
        threshold = warning_share if warned else full_share
        findings.append(Finding(severity, share, threshold, "share", "overdue", period=month))
        if streak >= months_in_row:
            findings.append(
                Finding(
                    Severity.EARLY_WARNING,
                    share,
                    warning_share,
                    "share",
                    "overdue",
                    measure=Measure.PUBLIC_NOTICE,
                    period=month,
                    note=f"连续{streak}个月达到预警",
                )
            )
    return findings


def _month_number(month: str) -> int:
    year, number = month.split("-")
    return int(year) * 12 + int(number)


def accountability_ratio(
    figures: Figures, *, warning_ratio: float, interview_ratio: float
) -> list[Finding]:
    """T3: net ratio of a district or the city for the year to the as-of date."""
    ratio = figures["ratio_net"]
    if meets(ratio, interview_ratio):
        return [
            Finding(
                Severity.EARLY_WARNING,
                ratio,
                interview_ratio,
                "ratio",
                "ratio",
                line=Severity.INTERVIEW,
            )
        ]
    if meets(ratio, warning_ratio):
        return [Finding(Severity.EARLY_WARNING, ratio, warning_ratio, "ratio", "ratio")]
    return []


def protected_land_remaining(figures: Figures, *, interview_mu: float) -> list[Finding]:
    """T4: unlawful basic farmland or redline remaining; the larger speaks, never their sum."""
    remaining, about = max(
        (figures["remaining_basic_farmland_mu"], "basic_farmland"),
        (figures["remaining_redline_mu"], "redline"),
    )
    if round(remaining, THRESHOLD_DECIMALS) <= 0:
        return []
    reached = meets(remaining, interview_mu)
    return [
        Finding(
            Severity.EARLY_WARNING,
            remaining,
            interview_mu if reached else 0.0,
            "mu",
            about,
            line=Severity.INTERVIEW if reached else None,
        )
    ]


PREDICATES: dict[str, Callable[..., list[Finding]]] = {
    "clearance_shortfall": clearance_shortfall,
    "accountability_ratio": accountability_ratio,
    "protected_land_remaining": protected_land_remaining,
}
