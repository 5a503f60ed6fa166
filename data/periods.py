"""Deadlines of the plan as plain date arithmetic (domain.md §4).

Their parameters are those of the rule files: data/rules/loader.py puts them here when it has read
the files (`use_deadlines`), and until then the plan of 2023 stands.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import chinese_calendar

from data.errors import SupervisionError

#: The days of the plan are days in China, wherever the server stands. No summer time, so no tables.
BEIJING = timezone(timedelta(hours=8))


def utc_now() -> datetime:
    """UTC without a zone, as the store keeps moments."""
    return datetime.now(UTC).replace(tzinfo=None)


def local_time(moment: datetime) -> datetime:
    """A moment in Beijing time; one without a zone is UTC, as SQLite gives it back."""
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(BEIJING)


def today(now: datetime | None = None) -> date:
    """The day it is in China."""
    return local_time(now or datetime.now(UTC)).date()


#: Rule → (from when on, parameters), oldest first.
Deadlines = Mapping[str, Sequence[tuple[date, Mapping[str, Any]]]]
PLAN_OF_2023: Deadlines = {
    "D1": [(date(2023, 1, 1), {"cutoff_day": 20, "due_day": 24, "inclusive": True})],
    "D2": [(date(2023, 1, 1), {"months_after": 1})],
    "D3": [(date(2023, 1, 1), {"workdays": 5})],
    "D4": [(date(2023, 1, 1), {"month": 7, "day": 25})],
    "D5": [(date(2023, 1, 1), {"month": 1, "day": 25})],
    "D6": [(date(2023, 1, 1), {"month": 1, "day": 31})],
    "D7": [(date(2023, 1, 1), {"month": 2})],
}
_deadlines = PLAN_OF_2023


def use_deadlines(deadlines: Deadlines) -> None:
    """Compute by these parameters of D1–D7 from now on, in this process."""
    global _deadlines
    _deadlines = deadlines


def deadlines() -> Deadlines:
    """The parameters of D1–D7 that this process computes by."""
    return _deadlines


def stated(rule_id: str, day: date) -> Mapping[str, Any]:
    """The parameters of a deadline as they stand on a day; before the first version, the first."""
    versions = _deadlines[rule_id]
    found = versions[0][1]
    for valid_from, parameters in versions:
        if valid_from <= day:
            found = parameters
    return found


def _stated_of(rule_id: str, year: int) -> Mapping[str, Any]:
    """Those that govern a work year."""
    return stated(rule_id, date(year, 12, 31))


@dataclass(frozen=True, slots=True)
class ClearanceRule:
    """D1 (§3.2): issued on or before `cutoff_day` → due on `due_day` of the same month, or the day
    before where that is the first day too late."""

    cutoff_day: int
    due_day: int
    inclusive: bool = True

    def due_in(self, month: date) -> date:
        """The last day of a month on which it is in time."""
        due = date(month.year, month.month, self.due_day)
        return due if self.inclusive else due - timedelta(days=1)


def _clearance_rule(day: date) -> ClearanceRule:
    return ClearanceRule(**stated("D1", day))


def first_of_next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def month_end(day: date) -> date:
    return first_of_next_month(day) - timedelta(days=1)


def _month_due(issued_on: date, rule: ClearanceRule) -> date:
    """A day of the month in which what was issued on a day is due."""
    return issued_on if issued_on.day <= rule.cutoff_day else first_of_next_month(issued_on)


def statutory_due_on(issued_on: date, rule: ClearanceRule | None = None) -> date:
    """D1, extension aside."""
    rule = rule or _clearance_rule(issued_on)
    return rule.due_in(_month_due(issued_on, rule))


def clearance_month(issued_on: date, rule: ClearanceRule | None = None) -> str:
    """`2023-05`: month of the due date by D1, extension or not (figures.md)."""
    return f"{_month_due(issued_on, rule or _clearance_rule(issued_on)):%Y-%m}"


def month_due_on(month: str, rule: ClearanceRule | None = None) -> date:
    """The due date of clearance month `2023-05`."""
    year, number = month.split("-")
    first = date(int(year), int(number), 1)
    return (rule or _clearance_rule(first)).due_in(first)


def monthly_audit_due_on(month: str, months_after: int | None = None) -> date:
    """D2 (§3.3): the last day of the month so many months after clearance month `2023-05`."""
    year, number = month.split("-")
    day = date(int(year), int(number), 1)
    if months_after is None:
        months_after = int(stated("D2", day)["months_after"])
    for _ in range(months_after):
        day = first_of_next_month(day)
    return month_end(day)


def half_year_report_due_on(year: int) -> date:
    """D4 (§3.4)."""
    return date(year, **_stated_of("D4", year))


def annual_report_due_on(year: int) -> date:
    """D5 (§3.4)."""
    return date(year + 1, **_stated_of("D5", year))


def elimination_cutoff_on(year: int) -> date:
    """D6 (§3.4): unlawful state eliminated by then counts for the work year."""
    return date(year + 1, **_stated_of("D6", year))


def cutoff_words() -> str:
    """`次年1月31日`: D6 as the newest version states it, for sentences about no year."""
    newest = _deadlines["D6"][-1][1]
    return f"次年{newest['month']}月{newest['day']}日"


def province_approval_on(year: int) -> date:
    """D7 (§3.4): the last day of a month of the next year (29 Feb 2024 for 2023)."""
    return month_end(date(year + 1, int(_stated_of("D7", year)["month"]), 1))


def default_as_of(year: int, today: date) -> date:
    """Today, but not past the work year's last deadline D7 (design.md)."""
    return min(today, province_approval_on(year))


def doubtful_as_of(year: int, as_of: date, today: date) -> tuple[str, date] | None:
    """(what is wrong with an as-of date, the nearest sensible one); None for a sensible date.

    Before the work year nothing of it has begun, and of a day to come nothing is known. Days after
    the year's last deadline D7 are sensible: what is late is still being made good.
    """
    first, default = date(year, 1, 1), default_as_of(year, today)
    if as_of > today:
        return f"基准日{as_of.isoformat()}还没有到（今天是{today.isoformat()}）", default
    if as_of < first:
        return f"基准日{as_of.isoformat()}早于{year}年度（自{first.isoformat()}起）", min(
            first, default
        )
    return None


@dataclass(frozen=True, slots=True)
class LocalCalendar:
    """What an administrator entered (workdays.toml) for years that the library does not know yet:
    days off, and weekend days that are worked."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    @property
    def years(self) -> frozenset[int]:
        return frozenset(day.year for day in self.holidays | self.workdays)


_local = LocalCalendar()


def read_local_calendar(path: Path) -> LocalCalendar:
    """The file's days; nothing where there is no file. Raises SupervisionError for a wrong one."""
    if not path.exists():
        return LocalCalendar()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        unknown = document.keys() - {"holidays", "workdays"}
        days = {name: document.get(name, []) for name in ("holidays", "workdays")}
        if unknown or any(type(day) is not date for given in days.values() for day in given):
            raise ValueError
        if set(days["holidays"]) & set(days["workdays"]):
            raise ValueError
    except (ValueError, UnicodeDecodeError, TypeError) as error:
        raise SupervisionError(
            f"工作日表“{path}”读不懂。应有 holidays（放假）和 workdays（调休上班）两项，"
            "各为日期的列表，同一天不能两边都有。"
        ) from error
    return LocalCalendar(frozenset(days["holidays"]), frozenset(days["workdays"]))


def use_local_calendar(calendar_: LocalCalendar) -> None:
    """Count workdays by these days too, in this process."""
    global _local
    _local = calendar_


def calendar_knows(year: int) -> bool:
    """Whether the statutory holiday calendar covers this year, or the administrator's table."""
    if year in _local.years:
        return True
    try:
        chinese_calendar.is_workday(date(year, 12, 31))
    except NotImplementedError:
        return False
    return True


def calendar_note(year: int) -> str | None:
    """What a page says beside dates counted in workdays of a year that nobody entered."""
    if calendar_knows(year):
        return None
    return f"{year}年的放假调休安排尚未录入，工作日暂按周一至周五计。请管理员在工作日表中补录。"


def is_workday(day: date) -> bool:
    """By China's statutory calendar with its make-up days, an administrator's table before it;
    Monday to Friday for years that neither knows."""
    if day in _local.holidays:
        return False
    if day in _local.workdays:
        return True
    return _is_statutory_workday(day)


@lru_cache(maxsize=4096)
def _is_statutory_workday(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def add_workdays(day: date, workdays: int) -> date:
    """The last of the `workdays` workdays that follow `day`, itself not counted (D3, D9)."""
    current = day
    while workdays > 0:
        current += timedelta(days=1)
        if is_workday(current):
            workdays -= 1
    return current


def workdays_between(start: date, end: date) -> int:
    """How many workdays follow `start` up to and including `end`."""
    days = (end - start).days
    return sum(is_workday(start + timedelta(days=n)) for n in range(1, days + 1))


def workdays_ago(day: date, workdays: int) -> date:
    """The latest day from which the workdays that follow are over by `day`."""
    start = day
    while add_workdays(start, workdays) > day:
        start -= timedelta(days=1)
    return start


def correction_due_on(returned_on: date, workdays: int | None = None) -> date:
    """D3 (§4.1): the day by which a patch returned on `returned_on` is resubmitted."""
    if workdays is None:
        workdays = int(stated("D3", returned_on)["workdays"])
    return add_workdays(returned_on, workdays)


def format_day(day: date | None, in_year: int | None = None) -> str:
    """`11月23日`, with the year where it differs from `in_year`; `—` for none (ui.md)."""
    if day is None:
        return "—"
    text = f"{day.month}月{day.day}日"
    return text if day.year == in_year else f"{day.year}年{text}"


def format_month(month: str, in_year: int | None = None) -> str:
    """`2023-05` → `5月`, with the year where it differs from `in_year`."""
    year, number = month.split("-")
    text = f"{int(number)}月"
    return text if int(year) == in_year else f"{year}年{text}"


def format_days_left(days: int) -> str:
    """`今日到期`, `还有4天`, `已过12天`: how far ahead a day lies."""
    return "今日到期" if days == 0 else f"还有{days}天" if days > 0 else f"已过{-days}天"


def months_before(month: str, count: int) -> list[str]:
    """The `count` calendar months before `2023-05`, latest first."""
    months: list[str] = []
    day = month_due_on(month).replace(day=1)
    for _ in range(count):
        day = (day - timedelta(days=1)).replace(day=1)
        months.append(f"{day:%Y-%m}")
    return months


def month_ends(first: date, last: date) -> list[date]:
    """Every month end from one day to another, both included."""
    ends: list[date] = []
    day = month_end(first)
    while day <= last:
        ends.append(day)
        day = month_end(first_of_next_month(day))
    return ends


def last_month_end(day: date) -> date:
    """The end of the month before a day's."""
    return day.replace(day=1) - timedelta(days=1)


def month_ends_before(as_of: date, year: int, count: int) -> list[date]:
    """The last `count` month ends of the work year before a day, oldest first."""
    ends = month_ends(date(year, 1, 1), as_of - timedelta(days=1))
    return ends[-count:] if count else []


def month_ends_until(year: int, as_of: date) -> list[date]:
    """The month-ends from the work year's first on that are over by the end of the day."""
    return month_ends(date(year, 1, 1), as_of)


def shown_days(year: int, as_of: date) -> list[date]:
    """What the time bar offers: the month ends of the work year, and last the as-of date."""
    last = min(as_of - timedelta(days=1), date(year, 12, 31))
    return [*month_ends(date(year, 1, 1), last), as_of]
