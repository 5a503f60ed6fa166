"""总览: what a vice mayor reads in a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component
from flask import Flask

from callbacks import deadlines
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import file_name, serve_workbook, sheet_stamp
from callbacks.frame.kept import keep_answer
from callbacks.frame.tiles import tiles_of
from callbacks.frame.wall import wall_parts, wall_search
from callbacks.triggers.sheet import matter_columns, matter_row
from components import ids, paths
from components.links import href
from components.outlook.deadline_card import next_card
from components.outlook.month_clock import clock_card
from components.overview import (
    domain_line,
    key_figures,
    map_card,
    ranking,
    standing_title,
    triggers_card,
)
from components.parts.card_menu import copy_link, export_link
from components.parts.cards import card, empty, headline, problem_notes
from components.parts.contacts import contact_part
from components.parts.figure_text import ratio_margin
from data.definitions import DEFINITIONS
from data.exports import SheetColumn, tables_to_xlsx
from data.outlook.forecasts import clearance_outlook, clock
from data.outlook.leading import leading
from data.periods import month_ends_before
from data.services import Services
from data.settings import Settings
from data.store.queries.figures import figures, of_district, trend
from data.store.queries.places import unit_shapes
from data.triggers.current import city_code, first_triggers
from data.triggers.matters import Matter, matters, standings, summary

if TYPE_CHECKING:
    from sqlalchemy import Connection

Figures = dict[str, Any]
PATH, EXPORT_PATH = paths.OVERVIEW, "/export/overview.xlsx"
TREND_MONTHS = 6


def rows_by_subject(document: Figures) -> dict[str, Figures]:
    """Code → figures: every district, and the city under its own code."""
    rows = {row["code"]: row for row in document["districts"]}
    return rows | {city_code(list(rows)): document["city"]}


def held_matters(conn: Connection, context: PageContext, everything: Figures) -> list[Matter]:
    """What holds on the day, of all districts and the city, in order."""
    triggers = first_triggers(
        conn, context.scope, context.year, context.as_of,
        most=1, document=everything, book=context.rules,
    )  # fmt: skip
    return matters(triggers, context.names)


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
    held = held_matters(conn, context, everything)
    found = [m for m in held if context.district in (None, m.district)]
    stands = standings(held, deadlines.names_of(everything))
    dates = deadlines.of_view(conn, context, document)
    top = [
        *wall_parts(context, settings.today()),
        headline(leading(year, as_of, row, found, dates, running, outlook.forecasts, name)),
        *problem_notes(context.problems, href(PATH, query)),
    ]
    if row["patches"] == 0:
        return [
            *top,
            empty(
                "还没有可以显示的图斑：本年度尚未上传下发图斑，或基准日早于首批下发日期。",
                "去上传下发图斑",
                href(paths.UPLOAD, query),
            ),
        ]
    past = trend(conn, scope, year, month_ends_before(as_of, year, TREND_MONTHS), context.district)
    lines = context.lines
    actions = [export_link(href(EXPORT_PATH, query)), copy_link(context.permalink(PATH))]
    districts, rows = everything["districts"], rows_by_subject(everything)
    total = sum(m["due"] for m in shown["months"] if m["month"] == running.month)
    return [
        *top,
        domain_line(query, row, year),
        key_figures(query, row, past, lines),
        html.Div(
            [
                card(
                    standing_title(stands),
                    ranking(query, rows, stands, lines, context.district),
                    definition=DEFINITIONS["ratio_net"],
                    actions=actions,
                    class_name="ranking-panel",
                ),
                map_card(
                    query,
                    unit_shapes(conn),
                    districts,
                    context.district,
                    tiles_of(settings),
                    lines,
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
                    class_name="clock-panel",
                ),
                triggers_card(
                    found,
                    summary(found),
                    rows,
                    query,
                    lines,
                    contacts=context.contacts,
                    actions=actions,
                ),
                *(
                    [next_card(dates, as_of, year)]
                    if context.on_wall
                    else [deadlines.card_for(context, document, dates, actions)]
                ),
            ],
            className="overview-grid",
        ),
    ]


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx): the districts and the warnings in the order of the screen."""
    context = read_context(conn, settings, search)
    everything = figures(conn, context.scope, context.year, context.as_of)
    held = held_matters(conn, context, everything)
    found = [m for m in held if context.district in (None, m.district)]
    tables = {
        "区市情况": _standing_sheet(context, everything, held),
        "已触发的预警": (matter_columns(), [matter_row(m, context.contacts) for m in found]),
        "期限": deadlines.sheet(conn, context, of_district(everything, context.district)),
    }
    name = file_name("总览", context)
    return name, tables_to_xlsx(tables, sheet_stamp(context, "ratio_net"))


def _standing_sheet(
    context: PageContext, document: Figures, held: list[Matter]
) -> tuple[list[SheetColumn], list[list[Any]]]:
    columns = [
        SheetColumn("区市"),
        SheetColumn("最重的情况"),
        SheetColumn("条件", width=20),
        SheetColumn("问责比例（扣除已消除）", "rate"),
        SheetColumn("较约谈线"),
        SheetColumn("问责比例（未扣除）", "rate"),
        SheetColumn("问责比例（从严扣除）", "rate"),
        SheetColumn("按期上报率", "rate"),
        SheetColumn("逾期未报（个）", "count"),
        SheetColumn("未消除违法占用耕地（亩）", "area"),
        SheetColumn("基数小"),
    ]
    rows_of = {row["code"]: row for row in document["districts"]}
    stands = standings(held, deadlines.names_of(document))
    rows = [
        [
            row["short_name"],
            matter.section if matter else None,
            matter.gravest["rule_name"] if matter else None,
            row["ratio_net"],
            ratio_margin(row, context.lines.interview_ratio, context.lines.variant),
            row["ratio_gross"],
            row["ratio_strict"],
            row["on_time_rate"],
            row["overdue"],
            row["remaining_farmland_mu"],
            bool(row["small_denominator"] and row["patches"]),
        ]
        for code, matter in stands.items()
        for row in (rows_of[code],)
    ]
    return columns, rows


def register(app: Dash, services: Services) -> None:
    @app.callback(
        Output(ids.Overview.CONTENT, "children"),
        Input(ids.Overview.TICK, "n_intervals"),
        State(ids.Shell.LOCATION, "search"),
    )
    @keep_answer
    def content(tick: int | None, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services.settings, wall_search(conn, search or "", tick or 0))


def register_routes(server: Flask, services: Services) -> None:
    serve_workbook(server, services, EXPORT_PATH, workbook)
