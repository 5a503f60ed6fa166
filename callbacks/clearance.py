"""月清: districts by months, progress to the next due date, and who will miss it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from flask import Flask, Response, request

from callbacks.context import PageContext, read_context
from callbacks.overview import clock_card, headline
from components import ids
from components.cards import card, empty, problem_notes
from components.links import href
from components.tables import TableColumn, html_table
from components.theme import graph, tokens
from data.definitions import DEFINITIONS
from data.exports import SheetColumn, table_to_xlsx
from data.periods import format_day, format_month, month_due_on
from data.services import Services
from data.settings import Settings
from data.store.queries.figures import figures, trend
from data.units import format_count, format_rate, meets
from data.workflow.outlook import Clock, Forecast, clock, forecast

if TYPE_CHECKING:
    from sqlalchemy import Connection

Figures = dict[str, Any]
EXPORT_PATH = "/export/clearance.xlsx"
_FULL, _WARNING = 1.0, 0.9


def months_of(document: Figures) -> list[str]:
    return sorted({row["month"] for row in document["months"]})


def cell(context: PageContext, row: Figures | None, month: str) -> Component:
    """One district and month: on-time rate once due, progress before."""
    if row is None:
        return html.Td("—", className="number matrix-none")
    due_on = month_due_on(month)
    own = {**context.query, "district": row["code"]}
    missing = row["due"] - row["cleared"]
    if not row["due_reached"]:
        text = f"{row['cleared']}/{row['due']}"
        link = dcc.Link(text, href=href("/patches", own, month=month))
        title = (
            f"{due_on.isoformat()}到期，未到期不作评判；已上报{row['cleared']}个，共{row['due']}个"
        )
        return html.Td(link, className="number matrix-open", title=title)
    rate = row["on_time_rate"]
    tone = "full" if meets(rate, _FULL) else "short" if meets(rate, _WARNING) else "low"
    parts: list[Any] = [
        dcc.Link(format_rate(rate, (_WARNING,)), href=href("/patches", own, month=month))
    ]
    if missing:
        overdue = dcc.Link(f"欠{missing}", href=href("/overdue", own, month=month))
        parts.append(html.Small(overdue, className="matrix-missing"))
    title = f"到期{row['due_reached']}个，按期{row['reached_on_time']}个，未报{missing}个"
    return html.Td(parts, className=f"number matrix-{tone}", title=title)


def matrix(context: PageContext, document: Figures) -> Component:
    months = months_of(document)
    by_key = {(row["code"], row["month"]): row for row in document["months"]}
    rows = [
        [
            dcc.Link(
                unit["short_name"],
                href=href("/clearance", {**context.query, "district": unit["code"]}),
            ),
            *(cell(context, by_key.get((unit["code"], month)), month) for month in months),
            html.Td(format_rate(unit["on_time_rate"], (_WARNING,)), className="number total"),
        ]
        for unit in document["districts"]
    ]
    columns = [
        TableColumn("区市"),
        *(TableColumn(format_month(month, context.year), True) for month in months),
        TableColumn("全年按期率", True),
    ]
    legend = html.P(
        [
            html.Span("按期100%", className="key matrix-full"),
            html.Span("90%及以上", className="key matrix-short"),
            html.Span("低于90%（预警）", className="key matrix-low"),
            html.Span("未到期：已报/应报", className="key matrix-open"),
            html.Span("“欠”为至今未上报的图斑数"),
        ],
        className="matrix-legend",
    )
    table = html_table(columns, rows, "各区市各月月清情况", "matrix")
    return html.Div([table, legend])


def forecast_table(
    context: PageContext, running: Clock, forecasts: dict[str, Forecast]
) -> Component:
    rows = []
    for missing in running.missing:
        expected = forecasts[missing.code]
        if expected.expected is None or expected.share is None:
            verdict, basis = "无往月可比", "—"
        else:
            count = max(1, round(expected.expected)) if expected.will_miss else 0
            verdict = f"预计差{count}个" if expected.will_miss else "预计可清"
            basis = format_rate(expected.share)
        rows.append(
            [
                missing.name,
                format_count(missing.patches),
                basis,
                html.Td(verdict, className="bad" if expected.will_miss else ""),
            ]
        )
    note = (
        f"按前{len({m for f in forecasts.values() for m in f.months})}个月同一时点推算："
        "当时未报的图斑，到期前补报的比例即“往月补报率”，乘以现在未报数得出。仅供提醒，不作评判。"
    )
    table = html_table(
        [
            TableColumn("区市"),
            TableColumn("未上报（个）", True),
            TableColumn("往月补报率", True),
            TableColumn("到期时"),
        ],
        rows,
        "预计错过本月月清的区市",
    )
    return html.Div([table, html.P(note, className="note")])


def progress_figure(
    conn: Connection, context: PageContext, running: Clock
) -> tuple[go.Figure, list[tuple[str, str, str]]]:
    """Patches not reported by day over the running month's last five weeks, and its table."""
    end = min(context.as_of, running.due_on)
    days = [end - timedelta(days=n) for n in range(34, -1, -1)]
    series = trend(conn, context.scope, context.year, days, context.district)
    open_ = [point["due"] - point["cleared"] for point in series]
    late = [point["overdue"] for point in series]
    t = tokens()
    figure = go.Figure()
    figure.add_scatter(x=days, y=open_, mode="lines", line={"color": t["accent"], "width": 2})
    figure.add_scatter(x=days, y=late, mode="lines", line={"color": t["overdue"], "width": 2})
    for values, name, colour in ((open_, "未上报", "accent"), (late, "其中逾期", "overdue")):
        figure.add_annotation(
            x=days[-1],
            y=values[-1],
            text=name,
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"color": t[colour]},
        )
    figure.add_vline(x=running.due_on.isoformat(), line={"color": t["muted"], "dash": "dot"})
    figure.update_layout(showlegend=False, margin={"r": 72})
    figure.update_xaxes(tickformat="%m-%d", range=[days[0], running.due_on + timedelta(days=1)])
    figure.update_yaxes(title="图斑（个）", rangemode="tozero")
    table = [
        (format_day(day, context.year), format_count(o), format_count(n))
        for day, o, n in zip(days, open_, late, strict=True)
    ]
    return figure, table


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    context = read_context(conn, settings, search)
    document = figures(conn, context.scope, context.year, context.as_of, context.district)
    running = clock(document, context.as_of)
    notes = problem_notes(context.problems, href("/clearance", context.query))
    title = html.H1(headline(context, document, running), className="headline")
    if not document["months"]:
        return [
            title,
            *notes,
            empty(
                "还没有土地图斑：本年度尚未上传下发图斑，或基准日早于首批下发日期。",
                "去上传下发图斑",
                href("/upload", context.query),
            ),
        ]
    forecasts = forecast(conn, context.scope, context.year, context.as_of, document)
    figure, table = progress_figure(conn, context, running)
    total = sum(m["due"] for m in document["months"] if m["month"] == running.month)
    export = html.A(
        "导出 xlsx", href=href(EXPORT_PATH, context.query), className="card-link", download=""
    )
    cards = [
        card(
            "各区市各月按期上报率",
            matrix(context, document),
            definition=DEFINITIONS["on_time_rate"],
            menu=[export],
            class_name="wide",
        ),
        clock_card(context, running, total),
    ]
    if running.missing:
        missing = sum(f.will_miss for f in forecasts.values())
        heading = f"{missing}个区市预计错过" if missing else "各区市预计都能按期"
        cards.append(
            card(
                f"{format_day(running.due_on, context.year)}：{heading}",
                forecast_table(context, running, forecasts),
                definition=DEFINITIONS["clearance_rate"],
            )
        )
    cards.append(
        card(
            "近五周未上报图斑的变化",
            [
                graph(figure, ids.Clearance.CHART),
                html.Details(
                    [
                        html.Summary("看表格"),
                        html_table(
                            [
                                TableColumn("日期"),
                                TableColumn("未上报（个）", True),
                                TableColumn("其中逾期（个）", True),
                            ],
                            table,
                            "近五周每日未上报图斑",
                        ),
                    ]
                ),
            ],
            definition=DEFINITIONS["overdue"],
            class_name="wide",
        )
    )
    return [title, *notes, html.Div(cards, className="clearance-grid")]


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx) of the matrix: a row a district and month, as on the page."""
    context = read_context(conn, settings, search)
    document = figures(conn, context.scope, context.year, context.as_of, context.district)
    names = {d["code"]: d["short_name"] for d in document["districts"]}
    columns = [
        SheetColumn("区市"),
        SheetColumn("清理月份"),
        SheetColumn("到期日", "date"),
        SheetColumn("应清图斑（个）", "count"),
        SheetColumn("已到期（个）", "count"),
        SheetColumn("按期上报（个）", "count"),
        SheetColumn("已上报（个）", "count"),
        SheetColumn("逾期未报（个）", "count"),
        SheetColumn("按期上报率", "rate"),
    ]
    rows = [
        [
            names[m["code"]],
            m["month"],
            month_due_on(m["month"]),
            m["due"],
            m["due_reached"],
            m["reached_on_time"],
            m["cleared"],
            m["overdue"],
            m["on_time_rate"],
        ]
        for m in document["months"]
    ]
    stamp = {
        "范围": context.district_name,
        "工作年度": str(context.year),
        "基准日": context.as_of.isoformat(),
        "数据版本": str(context.stamp.data_version),
        "口径": DEFINITIONS["on_time_rate"].text,
        "依据": f"工作方案 {DEFINITIONS['on_time_rate'].clause}",
    }
    if context.stamp.is_demo:
        stamp["说明"] = "演示数据，非真实情况"
    name = f"月清_{context.year}_{context.as_of.isoformat()}.xlsx"
    return name, table_to_xlsx("月清", columns, rows, stamp)


def register(app: Dash, services: Services) -> None:
    @app.callback(
        Output(ids.Clearance.CONTENT, "children"),
        Input(ids.Clearance.CONTENT, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(_: str, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services.settings, search or "")


def register_routes(server: Flask, services: Services) -> None:
    @server.get(EXPORT_PATH)
    def export_clearance() -> Response:
        with services.store.read() as conn:
            query = request.query_string.decode()
            name, content = workbook(conn, services.settings, query)
        return xlsx_response(name, content)


def xlsx_response(name: str, content: bytes) -> Response:
    from urllib.parse import quote

    response = Response(
        content, mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
