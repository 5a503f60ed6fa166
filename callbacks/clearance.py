"""月清: districts by months, progress to the next due date, and who will miss it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component
from flask import Flask

from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import file_name, serve_workbook, sheet_stamp
from callbacks.frame.kept import keep_answer
from callbacks.frame.wall import wall_parts, wall_search
from components import ids, paths
from components.clearance import matrix, matrix_rows, matrix_title, months_of, progress
from components.figures.progress import progress_figure
from components.links import href
from components.outlook.deadline_card import next_card
from components.outlook.month_clock import clock_card, per_day, verdict
from components.outlook.outlook_cards import audit_card, elimination_card
from components.parts.card_menu import copy_link, export_link, save_image, show_table
from components.parts.cards import card, empty, headline, problem_notes
from components.parts.contacts import contact_part
from components.parts.html_table import TableColumn
from components.parts.plain_table import plain_table
from components.parts.theme import graph
from data.definitions import DEFINITIONS
from data.exports import SheetColumn, tables_to_xlsx
from data.outlook.calendar import month_deadlines
from data.outlook.forecasts import (
    Clock,
    Forecast,
    Outlook,
    audit_outlook,
    clearance_outlook,
    clock,
    elimination_outlook,
)
from data.outlook.leading import leading
from data.periods import format_day, format_month
from data.services import Services
from data.settings import Settings
from data.store.queries.figures import city_months, figures, of_district, trend
from data.triggers.current import current_triggers
from data.triggers.matters import matters
from data.units import format_count

if TYPE_CHECKING:
    from sqlalchemy import Connection

Figures = dict[str, Any]
PATH, EXPORT_PATH = paths.CLEARANCE, "/export/clearance.xlsx"
PROGRESS_DAYS = 35


def progress_series(conn: Connection, context: PageContext, running: Clock) -> list[Figures]:
    """The figures of each of the last five weeks' days up to the due date, oldest first."""
    end = min(context.as_of, running.due_on)
    days = [end - timedelta(days=n) for n in range(PROGRESS_DAYS)]
    return trend(conn, context.scope, context.year, days, context.district)


def progress_card(context: PageContext, running: Clock, series: list[Figures]) -> Component:
    days = [point["as_of"] for point in series]
    unreported = [point["due"] - point["cleared"] for point in series]
    overdue = [point["overdue"] for point in series]
    title = f"未上报图斑：现有{unreported[-1]:,}个，其中逾期{overdue[-1]:,}个"
    table = plain_table(
        [
            TableColumn("日期"),
            TableColumn("未上报（个）", True),
            TableColumn("其中逾期（个）", True),
        ],
        [
            [format_day(day, context.year), format_count(open_), format_count(late)]
            for day, open_, late in zip(
                reversed(days), reversed(unreported), reversed(overdue), strict=True
            )
        ],
        "近五周每日未上报图斑",
    )
    return card(
        title,
        [
            graph(progress_figure(days, unreported, overdue, running.due_on), ids.Clearance.CHART),
            html.Details(
                [html.Summary("看表格"), table], id=ids.Clearance.CHART_TABLE, className="more"
            ),
        ],
        definition=DEFINITIONS["overdue"],
        actions=[
            show_table(ids.Clearance.CHART_TABLE),
            export_link(href(EXPORT_PATH, context.query)),
            save_image(
                ids.Clearance.CHART, title, f"{context.district_name} · {context.stamp_line}"
            ),
            copy_link(context.permalink(PATH)),
        ],
        class_name="chart-panel",
    )


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address."""
    context = read_context(conn, settings, search)
    scope, year, as_of, query = context.scope, context.year, context.as_of, context.query
    everything = figures(conn, scope, year, as_of)
    document = of_district(everything, context.district)
    row = document["districts"][0] if context.district else document["city"]
    running = clock(document, as_of)
    # a wall keeps all districts in its tables and marks the one whose turn it is
    shown = everything if context.on_wall else document
    outlook = clearance_outlook(conn, scope, year, as_of, shown)
    name = context.district_name if context.district else None
    months = current_triggers(
        conn, scope, year, as_of, context.district,
        with_patches=False, rules=("T1",), document=document, book=context.rules,
    )  # fmt: skip
    top = [
        *wall_parts(context, settings.today()),
        headline(
            leading(
                year,
                as_of,
                row,
                matters(months, context.names),
                month_deadlines(year, document),
                running,
                outlook.forecasts,
                name,
            )
        ),
        *problem_notes(context.problems, href(PATH, query)),
    ]
    if not document["months"]:
        return [
            *top,
            empty(
                "还没有土地图斑：本年度尚未上传下发图斑，或基准日早于首批下发日期。",
                "去上传下发图斑",
                href(paths.UPLOAD, query),
            ),
        ]
    lines, city = context.lines, city_months(shown)
    total = sum(m["due"] for m in shown["months"] if m["month"] == running.month)
    actions = [export_link(href(EXPORT_PATH, query)), copy_link(context.permalink(PATH))]
    cards = [
        card(
            matrix_title(city, year, lines),
            matrix(query, shown, city, year, lines, running.month, context.district),
            definition=DEFINITIONS["on_time_rate"],
            actions=actions,
        ),
        clock_card(
            clock(shown, as_of),
            outlook,
            total,
            query,
            year,
            chosen=context.district,
            calls=contact_part(context.names_seen, context.contacts, context.district),
            actions=actions,
        ),
    ]
    if context.on_wall:
        cards.append(next_card(month_deadlines(year, document), as_of, year))
    else:
        cards += later_gates(conn, context, document, actions)
        cards.append(progress_card(context, running, progress_series(conn, context, running)))
    return [*top, html.Div(cards, className="clearance-grid with-next")]


def later_gates(
    conn: Connection, context: PageContext, document: Figures, actions: list[Component]
) -> list[Component]:
    """What follows the clearance: the monthly audit, and the elimination cut-off until then."""
    query = context.query
    audit = audit_outlook(conn, context.scope, context.year, context.as_of)
    cards = [audit_card(audit, document, query, actions=actions)]
    elimination = elimination_outlook(conn, context.scope, context.year, context.as_of)
    if elimination is not None:
        cards.append(elimination_card(elimination, document, query, actions=actions))
    return cards


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx): the matrix, what it counts, this month's clock and the days' series."""
    context = read_context(conn, settings, search)
    document = figures(conn, context.scope, context.year, context.as_of, context.district)
    running = clock(document, context.as_of)
    series = progress_series(conn, context, running)
    tables = {
        "月清": _matrix_sheet(context, document),
        "各月明细": _detail_sheet(document),
        f"{format_month(running.month)}进度": _clock_sheet(conn, context, document, running),
        **_later_sheets(conn, context, document),
        "近五周": (
            [
                SheetColumn("日期", "date"),
                SheetColumn("未上报（个）", "count"),
                SheetColumn("其中逾期（个）", "count"),
            ],
            [[p["as_of"], p["due"] - p["cleared"], p["overdue"]] for p in reversed(series)],
        ),
    }
    return file_name("月清", context), tables_to_xlsx(tables, sheet_stamp(context, "on_time_rate"))


Sheet = tuple[list[SheetColumn], list[list[Any]]]


def _matrix_sheet(context: PageContext, document: Figures) -> Sheet:
    """The matrix as on the page: rates as numbers, months not due yet as 已报/应报."""
    months = [format_month(month, context.year) for month in months_of(document)]
    columns = [SheetColumn("区市"), *(SheetColumn(m, "rate") for m in (*months, "全年"))]
    rows = [
        [
            unit["short_name"],
            *(
                row["on_time_rate"] if row is not None and row["due_reached"] else progress(row)
                for row in rows_of_unit
            ),
            unit["on_time_rate"],
        ]
        for unit, rows_of_unit in matrix_rows(document, city_months(document))
    ]
    return columns, rows


def _detail_sheet(document: Figures) -> Sheet:
    names = {d["code"]: d["short_name"] for d in document["districts"]}
    columns = [
        SheetColumn("区市"),
        SheetColumn("清理月份"),
        SheetColumn("到期日"),
        *(
            SheetColumn(f"{DEFINITIONS[key].label}（个）", "count")
            for key in ("due", "due_reached", "reached_on_time", "cleared", "overdue")
        ),
        SheetColumn("按期上报率", "rate"),
    ]
    rows = [
        [
            names[m["code"]],
            m["month"],
            m["due_on"],
            m["due"],
            m["due_reached"],
            m["reached_on_time"],
            m["cleared"],
            m["overdue"],
            m["on_time_rate"],
        ]
        for m in document["months"]
    ]
    return columns, rows


def _clock_sheet(
    conn: Connection, context: PageContext, document: Figures, running: Clock
) -> Sheet:
    outlook = clearance_outlook(conn, context.scope, context.year, context.as_of, document)
    columns = [
        SheetColumn("区市"),
        SheetColumn("已报（个）", "count"),
        SheetColumn("应报（个）", "count"),
        SheetColumn("未上报（个）", "count"),
        SheetColumn("每天须报（个）", "number"),
        SheetColumn("往月补报率", "rate"),
        *_FORECAST_COLUMNS,
    ]
    rows = []
    for missing in running.missing:
        expected = outlook.forecasts.get(missing.code)
        rows.append(
            [
                missing.name,
                missing.total - missing.patches,
                missing.total,
                missing.patches,
                per_day(missing, running),
                expected.share if expected else None,
                *_forecast_cells(expected),
            ]
        )
    return columns, rows


_FORECAST_COLUMNS = (
    SheetColumn("到期时"),
    SheetColumn("低（个）", "count"),
    SheetColumn("高（个）", "count"),
    SheetColumn("预测次数", "count"),
    SheetColumn("命中次数", "count"),
)


def _forecast_cells(forecast: Forecast | None) -> list[Any]:
    if forecast is None:
        return [verdict(None), None, None, None, None]
    band, held = forecast.band, forecast.record
    ends = [round(band.low), round(band.high)] if band else [None, None]
    return [verdict(forecast), *ends, held.trials, held.hits]


def _later_sheets(conn: Connection, context: PageContext, document: Figures) -> dict[str, Sheet]:
    """The monthly audit and the elimination cut-off, as on their cards."""
    names = {d["code"]: d["short_name"] for d in document["districts"]}
    scope, year, as_of = context.scope, context.year, context.as_of
    audit = audit_outlook(conn, scope, year, as_of)
    sheets: dict[str, Sheet] = {
        "月核预测": (
            [
                SheetColumn("区市"),
                SheetColumn("清理月份"),
                SheetColumn("到期日", "date"),
                SheetColumn("省级未通过（个）", "count"),
                *_FORECAST_COLUMNS,
            ],
            [
                [names[code], audit.month, audit.due_on, f.remaining, *_forecast_cells(f)]
                for code, f in audit.forecasts.items()
                if code in names
            ],
        )
    }
    elimination = elimination_outlook(conn, scope, year, as_of)
    if elimination is not None:
        sheets["消除预测"] = _elimination_sheet(elimination, names)
    return sheets


def _elimination_sheet(outlook: Outlook, names: dict[str, str]) -> Sheet:
    columns = [
        SheetColumn("区市"),
        SheetColumn("截止日", "date"),
        SheetColumn("未消除（亩）", "area"),
        SheetColumn("截止时低（亩）", "area"),
        SheetColumn("截止时高（亩）", "area"),
        SheetColumn("预测次数", "count"),
        SheetColumn("命中次数", "count"),
    ]
    rows: list[list[Any]] = []
    for code, forecast in outlook.forecasts.items():
        if code in names:
            band, held = forecast.band, forecast.record
            ends = [band.low, band.high] if band else [None, None]
            rows.append(
                [
                    names[code],
                    outlook.due_on,
                    forecast.remaining,
                    *ends,
                    held.trials,
                    held.hits,
                ]
            )
    return columns, rows


def register(app: Dash, services: Services) -> None:
    @app.callback(
        Output(ids.Clearance.CONTENT, "children"),
        Input(ids.Clearance.TICK, "n_intervals"),
        State(ids.Shell.LOCATION, "search"),
    )
    @keep_answer
    def content(tick: int | None, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services.settings, wall_search(conn, search or "", tick or 0))


def register_routes(server: Flask, services: Services) -> None:
    serve_workbook(server, services, EXPORT_PATH, workbook)
