"""The two later gates as cards: the monthly audit (§3.3) and the elimination cut-off (§3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import html
from dash.development.base_component import Component

from components.links import figure_href
from components.outlook.month_clock import forecast_note, reasons, verdict_cell
from components.parts.cards import card
from components.parts.figure_text import forecast_reason, record_text
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.definitions import DEFINITIONS
from data.periods import format_day, format_days_left, format_month
from data.units import format_count, format_mu

if TYPE_CHECKING:
    from data.outlook.forecasts import Forecast, Outlook

Figures = Mapping[str, Any]
Query = Mapping[str, str]


def audit_card(
    outlook: Outlook,
    document: Figures,
    query: Query,
    *,
    actions: Sequence[Component] = (),
) -> Component:
    """D2: patches of the last clearance month that the province has not passed yet."""
    assert outlook.month is not None
    year = document["year"]
    month, due = format_month(outlook.month, year), format_day(outlook.due_on, year)
    names = {d["code"]: d["short_name"] for d in document["districts"]}
    rows: list[list[str | Cell]] = []
    why: list[str] = []
    open_, total = 0, 0
    for row in document["months"]:
        forecast = outlook.forecasts.get(row["code"])
        if row["month"] != outlook.month:
            continue
        total += row["due"]
        if forecast is None:
            continue
        name, left = names[row["code"]], round(forecast.remaining)
        open_ += left
        own = {**query, "district": row["code"]}
        rows.append(
            [
                name,
                verdict_cell(forecast),
                record_text(forecast.record),
                Cell(f"{row['final']}/{row['due']}", bar=row["final"] / row["due"]),
                Cell(format_count(left), figure_href("not_final", own, month=outlook.month)),
            ]
        )
        words = ("省级未通过", "到期未通过")
        why.append(forecast_reason(name, forecast, outlook.days_left, words))
    title = f"{month}月核：{due}到期，{format_days_left(outlook.days_left)}"
    if not total:
        body: Any = html.P(f"{month}没有土地图斑。")
    elif not rows:
        body = html.P(f"{month}的{total:,}个图斑省级均已通过。")
    else:
        when = format_days_left(outlook.days_left)
        title = f"{month}月核还有{open_:,}个图斑未完成：{due}到期，{when}"
        columns = [
            TableColumn("区市"),
            TableColumn("到期时"),
            TableColumn("预测命中", True),
            TableColumn("已通过/应清（个）"),
            TableColumn("未通过（个）", True),
        ]
        table = plain_table(columns, rows, f"{month}月核进度", "clock-table")
        body = html.Div([table, html.P(forecast_note(outlook), className="note"), reasons(why)])
    return card(title, body, definition=DEFINITIONS["final"], actions=actions)


def elimination_card(
    outlook: Outlook,
    document: Figures,
    query: Query,
    *,
    actions: Sequence[Component] = (),
) -> Component:
    """D6: unlawful land that remains now, and that is expected to remain on the cut-off day."""
    due = format_day(outlook.due_on, document["year"])
    rows: list[list[str | Cell]] = []
    whole = 0.0
    for unit in document["districts"]:
        forecast = outlook.forecasts.get(unit["code"])
        if forecast is None or not unit["unlawful_mu"]:
            continue
        whole += unit["remaining_mu"]
        own = {**query, "district": unit["code"]}
        rows.append(
            [
                unit["short_name"],
                Cell(format_mu(unit["remaining_mu"]), figure_href("remaining_mu", own)),
                _range(forecast),
                record_text(forecast.record),
                Cell(format_mu(unit["unlawful_mu"]), figure_href("unlawful_mu", own)),
                Cell(format_mu(unit["eliminated_mu"]), figure_href("eliminated_mu", own)),
            ]
        )
    title = f"消除违法状态：{due}截止，{format_days_left(outlook.days_left)}"
    if not rows:
        body: Any = html.P("还没有判定违法的土地图斑。")
    else:
        title = (
            f"未消除违法用地{format_mu(whole)}亩：{due}截止，{format_days_left(outlook.days_left)}"
        )
        columns = [
            TableColumn("区市"),
            TableColumn("未消除（亩）", True),
            TableColumn("截止时预计仍有（亩）", True),
            TableColumn("预测命中", True),
            TableColumn("违法用地（亩）", True),
            TableColumn("已消除（亩）", True),
        ]
        table = plain_table(columns, rows, "各区市消除违法状态进度", "clock-table")
        body = html.Div([table, html.P(elimination_note(outlook), className="note")])
    return card(title, body, definition=DEFINITIONS["remaining_mu"], actions=actions)


def _range(forecast: Forecast) -> Cell:
    if forecast.band is None:
        return Cell("无往期可比")
    low, high = format_mu(forecast.band.low), format_mu(forecast.band.high)
    return Cell(f"约{format_mu(forecast.band.likely)}", below=Cell(f"{low}–{high}"))


def elimination_note(outlook: Outlook) -> str:
    """How the range was made, and how often it has held."""
    if not any(f.band for f in outlook.forecasts.values()):
        return f"本年度还没有满{outlook.days_left}天的往期可比，不作推算。"
    note = (
        f"按现状推算；小字下限按往期{outlook.days_left}天内消除比例最高的一次，"
        "上限按净增最多的一次。"
    )
    hits, trials = outlook.record.hits, outlook.record.trials
    if trials:
        note += f"同样办法回看往期，{trials}次中{hits}次落在区间内"
        note += "，把握不大，仅供参考。" if hits * 3 < trials * 2 else "。"
    return note + "不作评判。"
