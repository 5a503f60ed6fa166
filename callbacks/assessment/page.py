"""年度评估: ratios with what they divide, ranking, who was overturned, earlier years, what-if."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import Dash, html
from dash.development.base_component import Component
from flask import Flask, Response

from callbacks.assessment.scenario import (
    EXPORT_PATH as SCENARIO_EXPORT_PATH,
)
from callbacks.assessment.scenario import register_scenario, scenario_panel
from callbacks.assessment.scenario_workbook import scenario_workbook
from callbacks.frame.address import search_of_request
from callbacks.frame.content import fill_place
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import file_name, serve_workbook, sheet_stamp, xlsx_response
from components import ids, paths
from components.assessment.page import (
    OVERTURN_COLUMNS,
    RATIOS,
    YEAR_COLUMNS,
    evaluation_headline,
    interval_note,
    key_figures,
    overturn_tables,
    overturn_title,
    overturn_values,
    ranked,
    ranking,
    ranking_title,
    ratio_table,
    reason_districts,
    standing_line,
    trend,
    trend_title,
    year_table,
    year_title,
    year_values,
)
from components.links import href
from components.parts.card_menu import copy_link, export_link, save_image, show_table
from components.parts.cards import card, empty, headline, problem_notes
from components.parts.figure_text import ratio_margin
from data.definitions import DEFINITIONS
from data.exports import SheetColumn, tables_to_xlsx
from data.periods import month_ends_before
from data.services import Services
from data.settings import Settings
from data.store.queries.assessment import (
    Overturns,
    ledger_by_year,
    overturns,
    ratio_intervals,
    same_day,
)
from data.store.queries.figures import figures
from data.store.queries.figures import trend as trend_points
from data.triggers.current import current_triggers
from data.triggers.matters import crossed_sentence, matters

if TYPE_CHECKING:
    from sqlalchemy import Connection

Figures = dict[str, Any]
Years = list[tuple[int, Figures | None, Figures | None]]
PATH, EXPORT_PATH = paths.ASSESSMENT, "/export/assessment.xlsx"
#: Rules whose lines the annual evaluation is about.
JUDGED_BY = ("T3", "T4", "T8", "T11")
#: Month ends of the trend: a work year reaches to February of the next.
TREND_MONTHS = 14


def points_of(conn: Connection, context: PageContext, row: Figures) -> list[Figures]:
    """The figures at each month's end of the work year and on the as-of date, oldest first."""
    days = month_ends_before(context.as_of, context.year, TREND_MONTHS)
    past = trend_points(conn, context.scope, context.year, days, context.district)
    return [*(p for p in past if p["patches"]), {**row, "as_of": context.as_of}]


def years_of(conn: Connection, context: PageContext, row: Figures) -> Years:
    """(year, figures on the same day of it, the ledger's sums) up to this one, newest first."""
    scope = context.scope.narrowed_to(context.district)
    kept = ledger_by_year(conn, scope, context.as_of)
    years = {y for y in (*context.stamp.years, *kept) if y < context.year} | {context.year}
    found: Years = []
    for year in sorted(years, reverse=True):
        own: Figures | None = row if year == context.year else None
        if own is None and year in context.stamp.years:
            day = same_day(context.as_of, context.year - year)
            own = {**figures(conn, scope, year, day)["city"], "as_of": day.isoformat()}
        found.append((year, own, kept.get(year)))
    return found


def seen(row: Figures) -> bool:
    return bool(row["patches"])


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address; what follows from a what-if is filled in afterwards."""
    context = read_context(conn, settings, search)
    scope, year, as_of, query = context.scope, context.year, context.as_of, context.query
    everything = figures(conn, scope, year, as_of)
    districts = everything["districts"]
    row = next((d for d in districts if d["code"] == context.district), everything["city"])
    lines, stamp = context.lines, context.stamp_line
    held = current_triggers(
        conn, scope, year, as_of,
        with_patches=False, rules=JUDGED_BY, document=everything, book=context.rules,
    )  # fmt: skip
    found = [m for m in matters(held, context.names) if context.district in (None, m.district)]
    top = [
        headline(
            evaluation_headline(
                year, as_of, row, crossed_sentence(found), lines, context.district_name
            )
        ),
        *problem_notes(context.problems, href(PATH, query)),
    ]  # fmt: skip
    if not seen(row):
        return [
            *top,
            empty(
                "还没有可以评估的图斑：本年度尚未上传下发图斑，或基准日早于首批下发日期。",
                "去上传下发图斑",
                href(paths.UPLOAD, query),
            ),
        ]
    points = points_of(conn, context, row)
    turned = overturns(conn, scope.narrowed_to(context.district), year, as_of)
    years = years_of(conn, context, row)
    shown = [d for d in districts if context.district in (None, d["code"])]
    actions = [export_link(href(EXPORT_PATH, query)), copy_link(context.permalink(PATH))]
    title = ranking_title(districts, lines)
    change = trend_title(points, lines)
    place = f"{context.district_name} · {stamp}"
    return [
        *top,
        standing_line(year, as_of),
        key_figures(query, row, points[:-1], lines),
        html.Div(
            [
                card(
                    title,
                    ranking(query, districts, lines, context.district),
                    definition=DEFINITIONS["ratio_net"],
                    aside=interval_note(
                        districts, ratio_intervals(conn, scope, year, as_of, districts)
                    ),
                    actions=[
                        show_table(ids.Assessment.RANKING_TABLE),
                        save_image(ids.Assessment.RANKING, title, stamp),
                        *actions,
                    ],
                    class_name="assessment-wide",
                ),
                card(
                    "如果这些图斑整改了，比例和预警会怎样？",
                    scenario_panel(conn, context),
                    definition=DEFINITIONS["ratio_net"],
                    class_name="assessment-wide scenario-panel",
                ),
                card(
                    f"{context.district_name}全部比例：分子、分母和图斑",
                    ratio_table(query, row, lines),
                    definition=DEFINITIONS["new_construction_farmland_mu"],
                    actions=actions,
                ),
                card(
                    change,
                    trend(points, year, lines),
                    definition=DEFINITIONS["ratio_net"],
                    actions=[
                        show_table(ids.Assessment.TREND_TABLE),
                        save_image(ids.Assessment.TREND, change, place),
                        *actions,
                    ],
                    class_name="chart-panel",
                ),
                card(
                    overturn_title(turned.city),
                    overturn_tables(query, shown, turned.districts, turned.city, turned.reasons),
                    definition=DEFINITIONS["overturn_rate"],
                    actions=actions,
                    class_name="assessment-wide",
                ),
                card(
                    year_title(years, year),
                    year_table(query, years, year, lines),
                    definition=DEFINITIONS["ledger_unrectified_rate"],
                    actions=actions,
                    class_name="assessment-wide",
                ),
            ],
            className="assessment-grid",
        ),
    ]


# ---- the workbook --------------------------------------------------------------------------------

Sheet = tuple[list[SheetColumn], list[list[Any]]]


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx): what the page shows, a sheet a card, in its order."""
    context = read_context(conn, settings, search)
    scope, year, as_of = context.scope, context.year, context.as_of
    everything = figures(conn, scope, year, as_of)
    districts = everything["districts"]
    row = next((d for d in districts if d["code"] == context.district), everything["city"])
    shown = [d for d in districts if context.district in (None, d["code"])]
    turned = overturns(conn, scope.narrowed_to(context.district), year, as_of)
    names = {d["code"]: d["short_name"] for d in districts}
    tables = {
        "区市排名": _ranking_sheet(context, districts),
        "全部比例": _ratio_sheet(row),
        "逐月变化": _trend_sheet(points_of(conn, context, row)),
        "改判": _overturn_sheet(shown, turned),
        "改判理由": (
            [
                SheetColumn("改判时的审核意见", width=40),
                SheetColumn("地块（宗）", "count"),
                SheetColumn("区市", width=30),
            ],
            [
                [text, sum(counts.values()), reason_districts(counts, names)]
                for text, counts in turned.reasons
            ],
        ),
        "与往年比较": _year_sheet(years_of(conn, context, row)),
    }
    return file_name("年度评估", context), tables_to_xlsx(tables, sheet_stamp(context, "ratio_net"))


def _ranking_sheet(context: PageContext, districts: list[Figures]) -> Sheet:
    columns = [
        SheetColumn("区市"),
        SheetColumn("名次", "count"),
        SheetColumn("扣除已消除", "rate"),
        SheetColumn("较约谈线"),
        SheetColumn("未扣除", "rate"),
        SheetColumn("从严扣除", "rate"),
        SheetColumn("未消除违法占用耕地（亩）", "area"),
        SheetColumn("新增建设耕地（亩）", "area"),
        SheetColumn("违法图斑占比", "rate"),
        SheetColumn("基数小"),
    ]
    rows = [
        [
            row["short_name"],
            rank,
            row["ratio_net"],
            ratio_margin(row, context.lines.interview_ratio, context.lines.variant),
            row["ratio_gross"],
            row["ratio_strict"],
            row["ratio_net_part_mu"],
            row["new_construction_farmland_mu"],
            row["hit_rate"],
            bool(row["small_denominator"] and row["patches"]),
        ]
        for rank, row in ranked(districts)
    ]
    return columns, rows


def _ratio_sheet(row: Figures) -> Sheet:
    columns = [
        SheetColumn("比例", width=26),
        SheetColumn("值", "rate"),
        SheetColumn("分子", "area"),
        SheetColumn("分母", "area"),
        SheetColumn("单位"),
        SheetColumn("口径", width=60),
    ]
    rows = [
        [
            DEFINITIONS[name].label,
            row[name],
            row[part],
            row[whole],
            DEFINITIONS[part].unit,
            DEFINITIONS[name].text,
        ]
        for name, part, whole in RATIOS
    ]
    return columns, rows


def _trend_sheet(points: list[Figures]) -> Sheet:
    columns = [
        SheetColumn("日期", "date"),
        SheetColumn("扣除已消除", "rate"),
        SheetColumn("未扣除", "rate"),
        SheetColumn("从严扣除", "rate"),
        SheetColumn("未消除违法占用耕地（亩）", "area"),
        SheetColumn("新增建设耕地（亩）", "area"),
    ]
    keys = (
        "as_of", "ratio_net", "ratio_gross", "ratio_strict", "ratio_net_part_mu",
        "new_construction_farmland_mu",
    )  # fmt: skip
    return columns, [[p[key] for key in keys] for p in reversed(points)]


def _overturn_sheet(districts: list[Figures], turned: Overturns) -> Sheet:
    columns = [
        SheetColumn(name, "rate" if name.endswith("率") else "count") for name in OVERTURN_COLUMNS
    ]
    columns[0] = SheetColumn(OVERTURN_COLUMNS[0])
    rows = [[d["short_name"], *overturn_values(turned.districts.get(d["code"]))] for d in districts]
    if len(districts) > 1:
        rows.append(["合计", *overturn_values(turned.city)])
    return columns, rows


def _year_sheet(years: Years) -> Sheet:
    formats: list[Any] = ["rate", "rate", "rate", "area", "rate", "count", "area", "area", "rate"]
    columns = [
        SheetColumn(YEAR_COLUMNS[0]),
        *(SheetColumn(n, f) for n, f in zip(YEAR_COLUMNS[1:], formats, strict=True)),
    ]
    return columns, [[str(year), *year_values(own, kept)] for year, own, kept in years]


def register(app: Dash, services: Services) -> None:
    fill_place(app, services, ids.Assessment.CONTENT, render)

    register_scenario(app, services)


def register_routes(server: Flask, services: Services) -> None:
    serve_workbook(server, services, EXPORT_PATH, workbook)

    @server.get(SCENARIO_EXPORT_PATH)
    def export_scenario() -> Response:
        with services.store.read() as conn:
            context = read_context(conn, services.settings, search_of_request())
        name, content = scenario_workbook(services.store, context)
        return xlsx_response(name, content)
