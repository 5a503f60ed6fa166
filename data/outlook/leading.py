"""The leading matters of a page in a sentence, the gravest first: lines crossed, what is due this
week, what is overdue, what is forecast (docs/figures.md). One thought each, and no interval: these
stand on the cards with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from data.outlook.calendar import Deadline
from data.outlook.forecasts import Clock, Forecast
from data.periods import format_day, format_days_left, format_month
from data.triggers.matters import (
    Matter,
    crossed_sentence,
    gravest_sentence,
    is_warned,
    reason,
)
from data.units import format_count, format_with_unit

Figures = Mapping[str, Any]

#: What is due within so many days is said.
WEEK_DAYS = 7
#: Dates named in a sentence; all of them stand in the calendar.
_MOST_DATES = 2
NO_DATA = "尚无数据，不能判断"


def leading(
    year: int,
    as_of: date,
    row: Figures,
    found: Sequence[Matter],
    dates: Sequence[Deadline],
    running: Clock,
    forecasts: Mapping[str, Forecast],
    name: str | None,
) -> list[str]:
    """The page's sentence in parts, the leading one first; joined by `；` they are read as one.

    row: figures of the district called `name`, or of the city for None. found: the matters that
    the page is about, in order; dates: of the calendar, those that it is about.
    """
    day = format_day(as_of, year)
    if row["patches"] == 0:
        return [f"截至{day}，{name or '全市'}{year}年度还没有下发图斑，{NO_DATA}"]
    parts = [
        lines_crossed(found, name),
        due_this_week(year, as_of, dates),
        f"{format_count(row['overdue'])}个图斑逾期未报" if row["overdue"] else "",
        forecast(year, running, forecasts),
    ]
    said = [part for part in parts if part]
    if not said:
        said = [_nothing(row, name)]
    if name is not None and not said[0].startswith(name):
        said[0] = f"{name}{said[0]}"
    return [f"截至{day}，{said[0]}", *said[1:]]


def _nothing(row: Figures, name: str | None) -> str:
    """Nothing open: of what is due, not of what is not due yet."""
    if not row["due_reached"]:
        return "还没有到期的图斑"
    whose = "" if name else "各区市"
    return f"{whose}{format_count(row['due_reached'])}个到期图斑均已上报"


def lines_crossed(found: Sequence[Matter], name: str | None) -> str:
    """Who has crossed which line, who stands gravest and why. On a page about clearance months
    alone (月清) these lines are those of warnings."""
    said = crossed_sentence(found)
    if said or not all(m.rule == "T1" for m in found):
        return said
    warned = [m for m in found if is_warned(m)]
    if not warned:
        return ""
    if name is not None or len(warned) == 1:
        return f"{warned[0].unit}{reason(warned[0])}"
    return f"{'、'.join(m.unit for m in warned)}有月份达到预警线，{gravest_sentence(warned)}"


def due_this_week(year: int, as_of: date, dates: Sequence[Deadline]) -> str:
    """`11月月清上报还有1天到期（11月24日），未上报67个`: what is still open, the next first."""
    near = [d for d in dates if 0 <= (d.on - as_of).days <= WEEK_DAYS and d.open]
    near.sort(key=lambda d: (d.is_small, d.on, d.rule))
    said = [
        f"{d.title}{_when(d.on, as_of, year)}，{d.what}{format_with_unit(d.total, d.unit)}"
        for d in near[:_MOST_DATES]
    ]
    return "；".join(said)


def _when(on: date, as_of: date, year: int) -> str:
    left = format_days_left((on - as_of).days)
    return left if on == as_of else f"{left}到期（{format_day(on, year)}）"


def forecast(year: int, running: Clock, forecasts: Mapping[str, Forecast]) -> str:
    """How many districts are expected to miss the running month's day."""
    late = [m for m in running.missing if (f := forecasts.get(m.code)) and f.will_miss]
    if not late:
        return ""
    month = format_month(running.month, year)
    who = late[0].name if len(late) == 1 else f"{len(late)}个区市"
    return f"预计{who}不能按期完成{month}月清"
