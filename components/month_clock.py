"""This month's clock: who still has what to report, and who is expected to miss the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import html
from dash.development.base_component import Component

from components.cards import card, empty
from components.figure_text import days_left_text, expected_missing
from components.links import href
from components.plain_table import Cell, plain_table
from components.tables import TableColumn
from data.definitions import DEFINITIONS
from data.periods import format_day, format_month
from data.units import format_count, format_rate

if TYPE_CHECKING:
    from data.workflow.outlook import Clock, Forecast, Missing

COLUMNS = (
    TableColumn("区市"),
    TableColumn("已报/应报（个）"),
    TableColumn("未上报（个）", True),
    TableColumn("每天须报（个）", True),
    TableColumn("往月补报率", True),
    TableColumn("到期时"),
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


def clock_table(
    running: Clock, forecasts: Mapping[str, Forecast], query: Mapping[str, str], year: int
) -> Component:
    rows: list[list[str | Cell]] = []
    for missing in running.missing:
        forecast = forecasts.get(missing.code)
        daily, done = per_day(missing, running), missing.total - missing.patches
        own = {**query, "district": missing.code}
        rows.append(
            [
                missing.name,
                Cell(f"{done}/{missing.total}", bar=done / missing.total),
                Cell(format_count(missing.patches), href("/patches", own, month=running.month)),
                "今日" if daily is None else f"{daily:.1f}",
                "—" if forecast is None else format_rate(forecast.share),
                Cell(verdict(forecast), tone="bad" if expected_missing(forecast) else ""),
            ]
        )
    table = plain_table(
        COLUMNS, rows, f"{format_month(running.month, year)}月清进度", "clock-table"
    )
    months = {month for forecast in forecasts.values() for month in forecast.months}
    basis = (
        f"按前{len(months)}个月同一时点推算：当时未报、到期前补报的比例即“往月补报率”，"
        "未上报数 ×（1 − 往月补报率）即预计差数。仅供提醒，不作评判。"
        if months
        else "没有往月可比，不作推算。"
    )
    return html.Div([table, html.P(basis, className="note")])


def clock_card(
    running: Clock,
    forecasts: Mapping[str, Forecast],
    total: int,
    query: Mapping[str, str],
    year: int,
    *,
    stamp: str,
    actions: Sequence[Component] = (),
    class_name: str = "",
) -> Component:
    """total: land patches of the running month."""
    due, month = format_day(running.due_on, year), format_month(running.month, year)
    left = days_left_text(running)
    title = f"{month}月清：{due}到期，{left}"
    body: Any
    if not total:
        body = empty(
            f"{month}月清暂无图斑（{due}到期）。",
            "如已收到下发图斑，请上传“下发图斑”。",
            href("/upload", query),
        )
    elif not running.missing:
        body = html.P(f"{month}的{total}个图斑已全部上报。")
    else:
        title = f"{month}月清还差{running.patches}个图斑：{due}到期，{left}"
        body = clock_table(running, forecasts, query, year)
    return card(
        title,
        body,
        definition=DEFINITIONS["clearance_rate"],
        stamp=stamp,
        actions=actions,
        class_name=class_name,
    )
