"""总览: what a vice mayor reads in a minute, computed by plain functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from callbacks.context import PageContext, read_context
from components import ids
from components.cards import KeyFigure, card, empty, key_figure, problem_notes
from components.links import href
from components.maps.base import Tiles, district_bounds, district_map
from components.tables import TableColumn, html_table
from components.trigger_card import trigger_card
from data.definitions import DEFINITIONS
from data.periods import format_day, format_month
from data.rules.loader import trigger_rules
from data.services import Services
from data.settings import Settings
from data.store.queries.figures import figures, trend
from data.store.queries.places import district_shapes
from data.units import format_count, format_mu, format_rate, margin_text, meets
from data.workflow.outlook import Clock, clock, month_ends_before
from data.workflow.triggers import current_triggers

if TYPE_CHECKING:
    from sqlalchemy import Connection

Figures = dict[str, Any]
#: What the leader sees first: figure, status of the list it leads to.
KEY_FIGURES: tuple[tuple[str, str], ...] = (
    ("on_time_rate", "late"),
    ("overdue", "overdue"),
    ("ratio_net", "unlawful"),
    ("remaining_farmland_mu", "unlawful"),
    ("rectification_rate", "unlawful"),
)
TREND_MONTHS = 6
_MOST_TRIGGERS = 6


def lines(context: PageContext) -> tuple[float, float]:
    """Warning and interview line of the accountability ratio in force on the day."""
    parameters = trigger_rules()["T3"].on(context.as_of).parameters
    return parameters["warning_ratio"], parameters["interview_ratio"]


def shown(name: str, value: float | int | None, ratio_lines: tuple[float, ...]) -> str:
    """A figure as text; ratios keep to their side of the lines."""
    unit = DEFINITIONS[name].unit
    if unit == "%":
        return format_rate(value, ratio_lines if "ratio" in name else ())
    if unit == "亩":
        return format_mu(value)
    return format_count(None if value is None else int(value))


def change_text(name: str, now: float | None, then: float | None) -> tuple[str, bool | None]:
    """(`较上月末 +1.2 个百分点`, whether that is good)."""
    if now is None or then is None:
        return "", None
    unit = DEFINITIONS[name].unit
    difference = (now - then) * (100 if unit == "%" else 1)
    words = {"%": "个百分点", "亩": "亩"}.get(unit, unit)
    decimals = 0 if unit in ("个", "宗") else 1
    if round(difference, decimals) == 0:
        return "与上月末持平", None
    better = DEFINITIONS[name].better
    good = None if better == "neither" else (difference > 0) == (better == "more")
    return f"较上月末 {difference:+,.{decimals}f} {words}", good


def headline(context: PageContext, document: Figures, running: Clock) -> str:
    """The page in one sentence."""
    day = format_day(context.as_of, context.year)
    where = "" if context.district is None else context.district_name
    row = document["districts"][0] if context.district else document["city"]
    if row["patches"] == 0:
        return f"截至{day}，{where or '全市'}{context.year}年度还没有下发图斑"
    due = format_day(running.due_on, context.year)
    parts: list[str] = []
    if running.missing:
        left = "今日到期" if running.days_left == 0 else f"还有{running.days_left}天"
        most = running.missing[0]
        if context.district:
            parts.append(f"{where}距{due}月清{left}，还差{most.patches}个图斑")
        else:
            parts.append(
                f"{len(running.missing)}个区市的{format_month(running.month, context.year)}月清"
                f"未完成（{due}到期，{left}），{most.name}差{most.patches}个图斑"
            )
    if row["overdue"]:
        parts.append(f"{where}{row['overdue']:,}个图斑逾期未报")
    if not parts:
        parts.append(f"{where or '各区市'}到期图斑均已上报")
    return f"截至{day}，" + "；".join(parts)


def key_figures(
    context: PageContext, row: Figures, past: list[Figures], ratio_lines: tuple[float, ...]
) -> Component:
    figures_shown = []
    last = past[-1] if past else None
    for name, status in KEY_FIGURES:
        definition = DEFINITIONS[name]
        text = shown(name, row[name], ratio_lines)
        change, good = change_text(name, row[name], last[name] if last else None)
        target = "/overdue" if status == "overdue" else "/patches"
        own = None if status == "overdue" else status
        figures_shown.append(
            key_figure(
                KeyFigure(
                    definition.label,
                    text,
                    "" if definition.unit == "%" or text == "—" else definition.unit,
                    definition,
                    href(target, context.query, status=own),
                    change,
                    good,
                    tuple([p[name] for p in past] + [row[name]]),
                )
            )
        )
    return html.Div(figures_shown, className="key-figures")


def margin(row: Figures, line: float) -> str:
    """How much unlawful farmland is still missing to the line, or over it."""
    whole = row["new_construction_farmland_mu"]
    if not whole:
        return "—"
    part = row["ratio_net_part_mu"]
    if meets(row["ratio_net"], line):
        return f"超出{margin_text(part - line * whole, '亩')}"
    return f"还差{margin_text(line * whole - part, '亩')}"


def ranking(context: PageContext, document: Figures, ratio_lines: tuple[float, float]) -> Component:
    """Districts by on-time rate; those without a base stand last, small ones are marked."""
    rows = document["districts"]

    def order(row: Figures) -> tuple[bool, float]:
        rate = row["on_time_rate"]
        return (rate is None, -(rate or 0))

    ranked = sorted(rows, key=order)
    position = 0
    table: list[list[Any]] = []
    for at, row in enumerate(ranked):
        rate = row["on_time_rate"]
        if at == 0 or rate != ranked[at - 1]["on_time_rate"]:
            position = at + 1
        own = {**context.query, "district": row["code"]}
        small = "◦" if row["small_denominator"] and row["patches"] else ""
        table.append(
            [
                dcc.Link(f"{row['short_name']}{small}", href=href("/", own)),
                str(position) if rate is not None else "—",
                dcc.Link(format_rate(rate), href=href("/patches", own, status="late")),
                dcc.Link(format_count(row["overdue"]), href=href("/overdue", own)),
                format_rate(row["ratio_gross"], ratio_lines),
                dcc.Link(
                    format_rate(row["ratio_net"], ratio_lines),
                    href=href("/patches", own, status="unlawful"),
                ),
                margin(row, ratio_lines[1]),
                format_mu(row["remaining_farmland_mu"]),
            ]
        )
    columns = [
        TableColumn("区市"),
        TableColumn("名次", True),
        TableColumn("按期率", True),
        TableColumn("逾期（个）", True),
        TableColumn("比例·未扣除", True),
        TableColumn("比例·扣除", True),
        TableColumn(f"距{format_rate(ratio_lines[1])}线", True),
        TableColumn("未消除（亩）", True),
    ]
    return html.Div(
        [
            html_table(columns, table, "各区市按期上报率排名及问责比例", "ranking"),
            html.P(
                "按期率为已到期图斑的按期上报率；比例为问责比例；未消除为未消除违法占用耕地。"
                "◦ 基数小：图斑不足10个，或新增建设占用耕地不足30亩。",
                className="note",
            ),
        ]
    )


def clock_card(context: PageContext, running: Clock, total: int) -> Component:
    due = format_day(running.due_on, context.year)
    month = format_month(running.month, context.year)
    if not total:
        body: Any = empty(
            f"{month}月清暂无图斑（{due}到期）。",
            "如已收到下发图斑，请上传“下发图斑”。",
            href("/upload", context.query),
        )
    elif not running.missing:
        body = html.P(f"{month}的{total}个图斑已全部上报。")
    else:
        rows = [
            [
                m.name,
                dcc.Link(
                    format_count(m.patches),
                    href=href(
                        "/patches",
                        {**context.query, "district": m.code},
                        month=running.month,
                    ),
                ),
                format_count(m.total),
                f"{(m.patches / running.days_left):.1f}" if running.days_left else "今日到期",
            ]
            for m in running.missing
        ]
        body = html_table(
            [
                TableColumn("区市"),
                TableColumn("未上报（个）", True),
                TableColumn("本月图斑（个）", True),
                TableColumn("每天须报（个）", True),
            ],
            rows,
            f"{month}月清未上报图斑",
        )
    left = "今日到期" if running.days_left == 0 else f"还有{running.days_left}天"
    return card(f"{month}月清：{due}到期，{left}", body, definition=DEFINITIONS["due"])


def triggers_card(context: PageContext, triggers: list[Figures]) -> Component:
    """The gravest first; the rest is counted."""
    grave = {"accountability": 0, "interview": 1, "early_warning": 2, "notice": 3}
    ordered = sorted(triggers, key=lambda t: (grave[t["line"] or t["severity"]], t["rule"] != "T3"))
    cards = []
    for trigger in ordered[:_MOST_TRIGGERS]:
        whole = trigger["subject_name"] == "全市"
        own = {**context.query, **({} if whole else {"district": trigger["subject"]})}
        if trigger["rule"] == "T1":
            address = href("/overdue", own, month=trigger["period"])
        else:
            address = href("/patches", own, status="unlawful")
        cards.append(trigger_card(trigger, len(trigger["patches"]), address))
    if not cards:
        body: Any = html.P("目前没有触发预警。")
    else:
        more = len(ordered) - len(cards)
        body = [html.Div(cards, className="triggers")]
        if more > 0:
            body.append(html.P(f"另有{more}项未列出。", className="note"))
    return card(f"已触发的预警：{len(triggers)}项", body, definition=DEFINITIONS["ratio_net"])


def map_card(conn: Connection, context: PageContext, document: Figures, tiles: Tiles | None) -> Any:
    shapes = district_shapes(conn)
    names = {d["code"]: f"{d['short_name']} {d['overdue']}" for d in document["districts"]}
    without = [
        f"{d['short_name']} {d['overdue']}"
        for d in document["districts"]
        if d["code"] not in {s["code"] for s in shapes}
    ]
    legend = html.Span("区市名后为逾期未报图斑数" + (f"；{'、'.join(without)}" if without else ""))
    body = district_map(
        ids.Overview.MAP,
        shapes,
        label="各区市逾期未报图斑数",
        names=names,
        bounds=district_bounds(shapes, context.district),
        highlighted=context.district,
        tiles=tiles,
        legend=legend,
    )
    link = dcc.Link("查看逾期图斑", href=href("/overdue", context.query))
    return card("逾期图斑在哪里", body, menu=[link], class_name="map-panel")


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address."""
    context = read_context(conn, settings, search)
    document = figures(conn, context.scope, context.year, context.as_of, context.district)
    everything = (
        document
        if context.district is None
        else figures(conn, context.scope, context.year, context.as_of)
    )
    row = document["districts"][0] if context.district else document["city"]
    ratio_lines = lines(context)
    running = clock(document, context.as_of)
    notes = problem_notes(context.problems, href("/", context.query))
    if row["patches"] == 0:
        return [
            html.H1(headline(context, document, running), className="headline"),
            *notes,
            empty(
                "还没有可以显示的图斑：本年度尚未上传下发图斑，或基准日早于首批下发日期。",
                "去上传下发图斑",
                href("/upload", context.query),
            ),
        ]
    ends = month_ends_before(context.as_of, context.year, TREND_MONTHS)
    past = trend(conn, context.scope, context.year, ends, context.district)
    triggers = current_triggers(
        conn, context.scope, context.year, context.as_of, context.district, with_patches=False
    )
    total = sum(m["due"] for m in document["months"] if m["month"] == running.month)
    tiles = Tiles(settings.tile_url, settings.tile_attribution) if settings.tile_url else None
    return [
        html.H1(headline(context, document, running), className="headline"),
        *notes,
        key_figures(context, row, past, ratio_lines),
        html.Div(
            [
                card(
                    "区市排名",
                    ranking(context, everything, ratio_lines),
                    definition=DEFINITIONS["on_time_rate"],
                    class_name="wide",
                ),
                map_card(conn, context, everything, tiles),
                clock_card(context, running, total),
                triggers_card(context, triggers),
            ],
            className="overview-grid",
        ),
    ]


def register(app: Dash, services: Services) -> None:
    @app.callback(
        Output(ids.Overview.CONTENT, "children"),
        Input(ids.Overview.CONTENT, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(_: str, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services.settings, search or "")
