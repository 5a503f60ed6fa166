"""What stands on 月清: the matrix of districts and months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from components import paths
from components.links import figure_href, href
from components.parts.figure_text import Lines, tone, tone_legend
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.periods import format_month, month_due_on
from data.units import format_rate, format_rates

Figures = Mapping[str, Any]
Query = Mapping[str, str]


def months_of(document: Figures) -> list[str]:
    """Clearance months that any district has patches of, in order of time."""
    return sorted({row["month"] for row in document["months"]})


def matrix_rows(
    document: Figures, city: Sequence[Figures]
) -> list[tuple[Figures, list[Figures | None]]]:
    """(unit, its rows by month, None for a month without patches), in the bureau's order, and last
    the city. city: the months of all districts added up, where there are several."""
    by_key = {(row["code"], row["month"]): row for row in document["months"]}
    months = months_of(document)
    rows = [
        (unit, [by_key.get((unit["code"], month)) for month in months])
        for unit in document["districts"]
    ]
    if len(document["districts"]) < 2:
        return rows
    of_city = {row["month"]: row for row in city}
    total = {**document["city"], "code": None, "short_name": "全市"}
    return [*rows, (total, [of_city.get(month) for month in months])]


def column_texts(column: Sequence[Figures | None], lines: Lines) -> list[str]:
    """One month of all units in words, as the page and its workbook show them: rates once due, with
    one number of decimals; progress before."""
    rates = iter(
        format_rates([r["on_time_rate"] for r in column if r and r["due_reached"]], lines.shares)
    )
    return [progress(row) if row is None or not row["due_reached"] else next(rates)
            for row in column]  # fmt: skip


def progress(row: Figures | None) -> str:
    """What is reported of a month that is not due yet."""
    return "—" if row is None else f"{row['cleared']}/{row['due']}"


def _cell(query: Query, row: Figures | None, text: str, lines: Lines) -> Cell:
    """One unit and month, leading to its patches."""
    if row is None:
        return Cell("—", tone="matrix-none")
    month = row["month"]
    own: dict[str, str] = {**query, **({"district": row["code"]} if "code" in row else {})}
    rate = "on_time_rate" if row["due_reached"] else "clearance_rate"
    address = figure_href(rate, own, month=month)
    if not row["due_reached"]:
        title = (
            f"{month_due_on(month).isoformat()}到期，未到期不作评判；"
            f"已上报{row['cleared']}个，共{row['due']}个"
        )
        return Cell(text, address, "matrix-open", title)
    overdue = None
    if row["overdue"]:
        overdue = Cell(f"欠{row['overdue']}", figure_href("overdue", own, month=month))
    title = (
        f"已到期{row['due_reached']}个，按期{row['reached_on_time']}个，"
        f"逾期未报{row['overdue']}个，共{row['due']}个"
    )
    return Cell(text, address, tone(row["on_time_rate"], lines.warning_share) or "", title, overdue)


def matrix(
    query: Query,
    document: Figures,
    city: Sequence[Figures],
    year: int,
    lines: Lines,
    running: str,
    chosen: str | None = None,
) -> Component:
    """running: the current clearance month, which a narrow screen opens at. chosen: the district
    that is marked among all."""
    months, units = months_of(document), matrix_rows(document, city)
    columns = [
        TableColumn("区市"),
        *(TableColumn(format_month(m, year), True, is_current=m == running) for m in months),
        TableColumn("全年", True),
    ]
    texts = [column_texts([own[at] for _, own in units], lines) for at in range(len(months))]
    whole = format_rates([unit["on_time_rate"] for unit, _ in units], lines.shares)
    rows = [
        [
            Cell(unit["short_name"], href(paths.CLEARANCE, query, district=unit["code"]),
                 tone="" if unit["code"] else "total"),
            *(_cell(query, row, texts[at][line], lines) for at, row in enumerate(own)),
            Cell(whole[line], figure_href("on_time_rate", query, district=unit["code"]), "total"),
        ]
        for line, (unit, own) in enumerate(units)
    ]  # fmt: skip
    legend = html.P(
        [
            tone_legend(lines.warning_share),
            html.Span("未到期：已报/应报", className="key matrix-open"),
            html.Span("“欠”为逾期未报的图斑数"),
        ],
        className="matrix-legend",
    )
    marked = next((at for at, (unit, _) in enumerate(units) if unit["code"] == chosen), None)
    table = plain_table(
        columns, rows, "各区市各月按期上报率", "matrix",
        marked=marked if chosen and len(units) > 1 else None,
    )  # fmt: skip
    return html.Div([table, legend])


def matrix_title(city: Sequence[Figures], year: int, lines: Lines) -> str:
    """Names the month that went worst. city: as of matrix_rows."""
    rates = {row["month"]: row["on_time_rate"] for row in city if row["on_time_rate"] is not None}
    if not rates or min(rates.values()) == 1:
        return "各区市各月按期上报率"
    worst = min(rates, key=lambda month: rates[month])
    rate = format_rate(rates[worst], lines.shares)
    return f"各区市各月按期上报率：全市{format_month(worst, year)}最低（{rate}）"
