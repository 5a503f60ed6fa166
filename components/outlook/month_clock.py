"""This month's clock: who still has what to report, and who is expected to miss the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import html
from dash.development.base_component import Component

from components import paths
from components.links import figure_href, href
from components.parts.cards import card, empty
from components.parts.figure_text import (
    band_text,
    expected_missing,
    forecast_reason,
    record_text,
)
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.definitions import DEFINITIONS
from data.periods import format_day, format_days_left, format_month
from data.units import format_count

if TYPE_CHECKING:
    from data.outlook.forecasts import Clock, Forecast, Missing, Outlook

COLUMNS = (
    TableColumn("区市"),
    TableColumn("到期时"),
    TableColumn("预测命中", True),
    TableColumn("已报/应报（个）"),
    TableColumn("未上报（个）", True),
    TableColumn("每天须报（个）", True),
)


def verdict(forecast: Forecast | None) -> str:
    """`预计差8个`, `预计可清`, or that there is nothing to go by."""
    expected = expected_missing(forecast)
    if expected is None:
        return "无往月可比"
    return f"预计差{expected}个" if expected else "预计可清"


def per_day(missing: Missing, running: Clock) -> float | None:
    """Patches a day until the due date; None on the day itself."""
    return missing.patches / running.days_left if running.days_left else None


def verdict_cell(forecast: Forecast | None) -> Cell:
    """The verdict with its band below."""
    band = band_text(forecast)
    return Cell(
        verdict(forecast),
        tone="bad" if expected_missing(forecast) else "",
        below=Cell(band) if band else None,
    )


def reasons(lines: Sequence[str]) -> Component:
    """Why each of the forecasts says what it says, one click away."""
    return html.Details(
        [html.Summary("预测依据"), html.Ul([html.Li(line) for line in lines])],
        className="more forecast-reasons",
    )


def clock_table(
    running: Clock,
    outlook: Outlook,
    query: Mapping[str, str],
    year: int,
    chosen: str | None = None,
) -> Component:
    """chosen: the district that is marked among all."""
    rows: list[list[str | Cell]] = []
    why: list[str] = []
    for missing in running.missing:
        forecast = outlook.forecasts.get(missing.code)
        daily, done = per_day(missing, running), missing.total - missing.patches
        own = {**query, "district": missing.code}
        rows.append(
            [
                missing.name,
                verdict_cell(forecast),
                record_text(forecast.record) if forecast else "—",
                Cell(f"{done}/{missing.total}", bar=done / missing.total),
                Cell(
                    format_count(missing.patches),
                    figure_href("unreported", own, month=running.month),
                ),
                "今日" if daily is None else f"{daily:.1f}",
            ]
        )
        if forecast is not None:
            why.append(
                forecast_reason(missing.name, forecast, running.days_left, ("未上报", "未按期上报"))
            )
    marked = next((at for at, m in enumerate(running.missing) if m.code == chosen), None)
    table = plain_table(
        COLUMNS,
        rows,
        f"{format_month(running.month, year)}月清进度",
        "clock-table",
        marked=marked if len(rows) > 1 else None,
    )
    note = forecast_note(outlook)
    return html.Div([table, html.P(note, className="note"), *([reasons(why)] if why else [])])


def forecast_note(outlook: Outlook) -> str:
    """How the forecast was made, and how it has come out so far."""
    if not any(f.band for f in outlook.forecasts.values()):
        return "没有往月可比，不作推算。"
    note = "按各区市往月同一时点的未报数和到期时的欠数推算，小字为八成把握的区间。"
    if outlook.record.trials:
        hits, trials = outlook.record.hits, outlook.record.trials
        note += f"同样办法回看往月，{trials}次预测中{hits}次落在区间内。"
    return note + "仅供提醒，不作评判。"


def clock_card(
    running: Clock,
    outlook: Outlook,
    total: int,
    query: Mapping[str, str],
    year: int,
    *,
    chosen: str | None = None,
    calls: Sequence[Component] = (),
    actions: Sequence[Component] = (),
    class_name: str = "",
) -> Component:
    """total: land patches of the running month. chosen: as of clock_table. calls: whom to
    call (components/parts/contacts.py)."""
    due, month = format_day(running.due_on, year), format_month(running.month, year)
    left = format_days_left(running.days_left)
    title = f"{month}月清：{due}到期，{left}"
    body: Any
    if not total:
        body = empty(
            f"{month}月清暂无图斑（{due}到期）。",
            "如已收到下发图斑，请上传“下发图斑”。",
            href(paths.UPLOAD, query),
        )
    elif not running.missing:
        body = html.P(f"{month}的{total}个图斑已全部上报。")
    else:
        title = f"{month}月清还有{running.patches}个图斑未上报：{due}到期，{left}"
        body = clock_table(running, outlook, query, year, chosen)
    return card(
        title,
        [body, *calls],
        definition=DEFINITIONS["clearance_rate"],
        actions=actions,
        class_name=class_name,
    )
