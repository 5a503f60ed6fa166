"""What stands on 月清: the matrix of districts and months."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.links import href
from components.parts.figure_text import Lines, tone, tone_legend
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.periods import format_month, month_due_on
from data.units import format_rate

Figures = Mapping[str, Any]
Query = Mapping[str, str]


def months_of(document: Figures) -> list[str]:
    """Clearance months that any district has patches of, in order of time."""
    return sorted({row["month"] for row in document["months"]})


def matrix_rows(document: Figures) -> list[tuple[Figures, list[Figures | None]]]:
    """(district, its rows by month, None for a month without patches), in the bureau's order."""
    by_key = {(row["code"], row["month"]): row for row in document["months"]}
    months = months_of(document)
    return [
        (unit, [by_key.get((unit["code"], month)) for month in months])
        for unit in document["districts"]
    ]


def cell_text(row: Figures | None, lines: Lines) -> str:
    """The cell in words, as the page and its workbook show it."""
    if row is None:
        return "—"
    if not row["due_reached"]:
        return f"{row['cleared']}/{row['due']}"
    return format_rate(row["on_time_rate"], lines.shares)


def _cell(query: Query, row: Figures | None, lines: Lines) -> Cell:
    """One district and month: on-time rate once due, progress before."""
    if row is None:
        return Cell("—", tone="matrix-none")
    own, month = {**query, "district": row["code"]}, row["month"]
    text, address = cell_text(row, lines), href("/patches", own, month=month)
    if not row["due_reached"]:
        title = (
            f"{month_due_on(month).isoformat()}到期，未到期不作评判；"
            f"已上报{row['cleared']}个，共{row['due']}个"
        )
        return Cell(text, address, "matrix-open", title)
    overdue = None
    if row["overdue"]:
        overdue = Cell(f"欠{row['overdue']}", href("/overdue", own, month=month))
    title = (
        f"已到期{row['due_reached']}个，按期{row['reached_on_time']}个，"
        f"逾期未报{row['overdue']}个，共{row['due']}个"
    )
    return Cell(text, address, tone(row["on_time_rate"], lines.warning_share) or "", title, overdue)


def matrix(query: Query, document: Figures, year: int, lines: Lines) -> Component:
    columns = [
        TableColumn("区市"),
        *(TableColumn(format_month(month, year), True) for month in months_of(document)),
        TableColumn("全年", True),
    ]
    rows = [
        [
            Cell(unit["short_name"], href("/clearance", {**query, "district": unit["code"]})),
            *(_cell(query, row, lines) for row in rows_of_unit),
            Cell(format_rate(unit["on_time_rate"], lines.shares), tone="total"),
        ]
        for unit, rows_of_unit in matrix_rows(document)
    ]
    legend = html.P(
        [
            tone_legend(lines.warning_share),
            html.Span("未到期：已报/应报", className="key matrix-open"),
            html.Span("“欠”为逾期未报的图斑数"),
        ],
        className="matrix-legend",
    )
    return html.Div([plain_table(columns, rows, "各区市各月按期上报率", "matrix"), legend])


def matrix_title(document: Figures, year: int, lines: Lines) -> str:
    """Names the month that went worst."""
    reached: dict[str, tuple[int, int]] = {}
    for row in document["months"]:
        done, whole = reached.get(row["month"], (0, 0))
        reached[row["month"]] = (done + row["reached_on_time"], whole + row["due_reached"])
    rates = {month: done / whole for month, (done, whole) in reached.items() if whole}
    if not rates or min(rates.values()) == 1:
        return "各区市各月按期上报率"
    worst = min(rates, key=lambda month: rates[month])
    rate = format_rate(rates[worst], lines.shares)
    return f"各区市各月按期上报率：{format_month(worst, year)}最低（{rate}）"
