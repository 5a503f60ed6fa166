"""T1–T11 once more, from a World and domain.md §6 alone: slow, to compare the product with.

It shares with the product only the names of vocabulary. Figures come from reference_figures.py.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import chinese_calendar

from tests.data.store.reference_figures import (
    World,
    counts,
    district,
    document,
    parcel_figures,
    patch_figures,
)

#: rule, subject, period, severity, line, measure, value to six decimals
Said = tuple[str, str, str, str, str | None, str, str]


def six(value: Fraction | float | int) -> Decimal:
    exact = Fraction(value)
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    return quotient.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)


def meets(value: Fraction | int | None, line: str) -> bool:
    """≥ after rounding to 1e-6; a missing value meets nothing."""
    return value is not None and six(value) >= Decimal(line)


def month_ends(year: int, D: date) -> list[date]:
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((D - first).days + 1)]
    return [day for day in days if (day + timedelta(days=1)).day == 1]


def _next(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02}"


def _of_months(code: str, months: dict[str, Any]) -> list[Said]:
    said: list[Said] = []
    row = 0
    previous = ""
    for month in sorted(months):
        figures = months[month]
        share, errors = figures["on_time_rate"], figures["error_rate"]
        warned = share is not None and not meets(share, "0.9")
        row = (row + 1 if previous and _next(previous) == month else 1) if warned else 0
        previous = month
        if share is not None and share < 1 and figures["overdue"]:
            severity = "early_warning" if warned else "notice"
            said.append(("T1", code, month, severity, None, "reminder", str(six(share))))
            if row >= 3:
                said.append(("T1", code, month, severity, None, "public_notice", str(six(share))))
        if meets(errors, "0.1"):
            measure = "full_verification" if meets(errors, "0.2") else "public_notice"
            said.append(("T2", code, month, "early_warning", None, measure, str(six(errors))))
    return said


def _ratio(subject: str, figures: Any, year: str) -> list[Said]:
    ratio = figures["ratio_net"]
    if not meets(ratio, "0.1"):
        return []
    line = "interview" if meets(ratio, "0.15") else None
    return [("T3", subject, year, "early_warning", line, "reminder", str(six(ratio)))]


def _protected(code: str, figures: Any, year: str) -> list[Said]:
    most = max(figures["remaining_basic_farmland_mu"], figures["remaining_redline_mu"])
    if six(most) <= 0:
        return []
    line = "interview" if meets(most, "30") else None
    return [("T4", code, year, "early_warning", line, "reminder", str(six(most)))]


def _of_district(code: str, figures: Any, year: int, D: date) -> list[Said]:
    name = str(year)
    said = [*_ratio(code, figures, name), *_protected(code, figures, name)]
    rate, remaining = figures["rectification_rate"], figures["remaining_mu"]
    if date(year + 1, 1, 31) < D:
        if six(remaining) > 0:
            said.append(
                ("T5", code, name, "early_warning", None, "public_notice", str(six(remaining)))
            )
    elif date(year, 10, 1) <= D and rate is not None and not meets(rate, "0.6"):
        said.append(("T5", code, name, "early_warning", None, "public_notice", str(six(rate))))
    minerals = figures["mineral_unlawful_patches"]
    if minerals:
        said.append(("T8", code, name, "early_warning", None, "reminder", str(six(minerals))))
    return said


def workdays_after(start: date, end: date) -> int:
    days = (end - start).days
    return sum(chinese_calendar.is_workday(start + timedelta(days=n)) for n in range(1, days + 1))


def _fifth_workday_after(day: date) -> date:
    workdays = 0
    while workdays < 5:
        day += timedelta(days=1)
        workdays += chinese_calendar.is_workday(day)
    return day


def _of_patches(world: World, year: int, D: date) -> tuple[list[Said], dict[str, Fraction]]:
    """T6 and T7, and per district the farmland that T9 forecasts."""
    said: list[Said] = []
    unrectified: dict[str, Fraction] = {}
    for patch in world.patches:
        if patch["year"] != year or not counts(patch, D):
            continue
        counted = [p for p in parcel_figures(world, patch, D) if p["counted"]]
        left = [p for p in counted if not p["rectified"]]
        if patch["domain"] == "land":
            code = district(patch, D)
            area = sum((p["area"]["_farmland"] for p in left), Fraction())
            unrectified[code] = unrectified.get(code, Fraction()) + area
        farmland = sum((p["area"]["_farmland"] for p in counted), Fraction())
        basic = sum((p["area"]["_basic_farmland"] for p in counted), Fraction())
        number, name = patch["patch_no"], str(year)
        if left and (meets(farmland, "50") or meets(basic, "30")):
            value = farmland if meets(farmland, "50") else basic
            said.append(
                ("T6", number, name, "early_warning", None, "listed_supervision", str(six(value)))
            )
        open_on = patch_figures(world, patch, D)["open_return_on"]
        if open_on is not None:
            overdue = workdays_after(_fifth_workday_after(open_on), D)
            if overdue >= 10:
                said.append(
                    ("T7", number, name, "notice", None, "deem_unlawful", str(six(overdue)))
                )
    return said, unrectified


def triggers(world: World, year: int, D: date, codes: list[str], city: str) -> set[Said]:
    found = document(world, year, D, codes)
    said, unrectified = _of_patches(world, year, D)
    name = str(year)
    ends = [document(world, year, end, codes)["districts"] for end in month_ends(year, D)]
    for code, figures in found["districts"].items():
        own = _of_district(code, figures, year, D)
        said += own
        said += _of_months(code, {m: f for (c, m), f in found["months"].items() if c == code})
        if six(unrectified.get(code, Fraction())) > 0:
            value = str(six(unrectified[code]))
            said.append(("T9", code, name, "notice", None, "freeze", value))
        row = 0
        for figures_then in ends:
            then = figures_then[code]
            held = _ratio(code, then, name) or _protected(code, then, name)
            row = row + 1 if held else 0
        if row >= 3:
            said.append(("T10", code, name, "early_warning", None, "key_monitoring", str(six(row))))
        reached = [s for s in own if s[0] in ("T3", "T4", "T8") and s[4] == "interview"]
        if reached and date(year + 1, 1, 31) < D:
            said.append(("T11", code, name, "interview", None, "interview", reached[0][6]))
    said += _ratio(city, found["city"], name)
    return set(said)
