"""预警约谈: what holds, why, since when, what would end it; and what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from flask import Flask

from callbacks.confirm import waiting_by_district
from callbacks.frame.content import fill_place
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import serve_workbook
from callbacks.triggers.address import (
    EXPORT_PATH,
    PATH,
    against_choices,
    default_against,
    is_default,
    next_address,
    own_part,
)
from callbacks.triggers.look import Seen, look, one_line
from callbacks.triggers.workbook import workbook
from components import ids, paths
from components.links import href
from components.parts.card_menu import copy_link, export_link
from components.parts.cards import card, empty, headline, problem_notes
from components.parts.filters import filter_bar, select
from components.prose import Node, prose
from components.triggers.page import View, full_card
from data.outlook.leading import NO_DATA
from data.periods import format_day, format_month
from data.rules.loader import plan_of
from data.services import Services
from data.settings import Settings
from data.triggers.matters import (
    Matter,
    counted,
    crossed,
    crossed_sentence,
    gravest_sentence,
    summary,
)
from data.triggers.trend import Trends
from data.vocabulary import Measure

if TYPE_CHECKING:
    from sqlalchemy import Connection


def said(context: PageContext, found: Sequence[Matter], has_patches: bool) -> list[str]:
    """The page in a sentence: how many of what, and who stands gravest and why."""
    day = format_day(context.as_of, context.year)
    where = context.district_name
    if not found:
        none = "没有触发预警" if has_patches else f"还没有下发图斑，{NO_DATA}"
        return [f"截至{day}，{where}{none}"]
    parts = [f"截至{day}，{where}{summary(found)}"]
    if context.district is None:
        parts.append(gravest_sentence(found))
    elif crossed(found):
        parts.append(crossed_sentence(found))
    return [part for part in parts if part]


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address."""
    seen = look(conn, settings, search)
    context, query = seen.context, seen.context.query
    waiting = waiting_by_district(conn, context.scope, context.year)
    view = View(query, context.year, context.as_of, context.lines, context.contacts, waiting)
    trends = Trends(conn, context.scope, context.year, context.as_of, seen.daily, context.rules)
    plan = plan_of(context.year)[1]
    parts: list[Component] = [
        headline(said(context, seen.everything, seen.has_patches)),
        *problem_notes([*context.problems, *seen.asked.problems], href(PATH, query)),
        html.P(plan, className="plan-note"),
        filters_of(seen),
        changes_card(seen),
    ]
    if not seen.told:
        return [*parts, _nothing(seen)]
    for title, count in counted(seen.chosen).items():
        cards = [
            full_card(told, view, trends.of(told.matter.triggers))
            for told in seen.told
            if told.matter.section == title
        ]
        parts.append(
            card(
                f"{title}：{count}项",
                [
                    prose(cards[:FIRST_CARDS], "triggers triggers-full"),
                    *more_cards(cards[FIRST_CARDS:]),
                ],
                actions=[
                    export_link(href(EXPORT_PATH, query, **own_part(seen.asked, context.as_of))),
                    copy_link(href(PATH, _fixed(context), **own_part(seen.asked, context.as_of))),
                ],
            )
        )
    return parts


#: Cards that a section shows at once; a phone would be scrolled for ever.
FIRST_CARDS = 6


def more_cards(cards: list[Node]) -> list[Component]:
    """The less grave of a section, one click away."""
    if not cards:
        return []
    return [
        html.Details(
            [html.Summary(f"展开其余{len(cards)}项"), prose(cards, "triggers triggers-full")],
            className="more triggers-more",
        )
    ]


def _fixed(context: PageContext) -> dict[str, str]:
    """The view with its day spelt out, for whoever opens it later."""
    fixed = {"year": str(context.year), "asof": context.as_of.isoformat()}
    return fixed | ({"district": context.district} if context.district else {})


def _nothing(seen: Seen) -> Component:
    if seen.everything:
        return empty("没有符合筛选条件的预警。", "清除筛选", href(PATH, seen.context.query))
    if not seen.has_patches:
        return empty(
            f"{NO_DATA}：本年度尚未上传下发图斑，或基准日早于首批下发日期。",
            "去上传下发图斑",
            href(paths.UPLOAD, seen.context.query),
        )
    return empty(
        "各项条件均未达到，没有需要提示、预警或约谈的对象。",
        "查看各项条件和标准",
        href(paths.RULES, seen.context.query),
    )


def filters_of(seen: Seen) -> Component:
    """Rule, measure, month, and the day compared with; the district is chosen at the top."""
    i, asked, context = ids.Triggers, seen.asked, seen.context
    held = [t for matter in seen.everything for t in matter.triggers]
    rules = {t["rule"]: t["rule_name"] for t in held}
    ordered = sorted(rules, key=lambda rule: int(rule[1:]))
    measures = {t["measure"] for t in held}
    months = sorted({t["period"] for t in held if "-" in t["period"]})
    boxes = [
        select(i.RULE, "规则", "全部规则", [(r, rules[r]) for r in ordered], asked.rule),
        select(
            i.MEASURE,
            "措施",
            "全部措施",
            [(m.value, m.label) for m in Measure if m.value in measures],
            asked.measure,
        ),
        select(
            i.MONTH,
            "月清月份",
            "全部月份",
            [(m, format_month(m, context.year)) for m in months],
            asked.month,
        ),
        select(
            i.AGAINST,
            "与哪天比",
            f"上月末（{format_day(default_against(context.as_of), context.year)}）",
            against_choices(context, asked),
            None if is_default(asked, context.as_of) else asked.against_value,
        ),
    ]
    clear = html.A("清除筛选", href=href(PATH, context.query), className="btn btn-sm btn-link")
    export = html.A(
        "导出 xlsx",
        href=href(EXPORT_PATH, context.query, **own_part(seen.asked, context.as_of)),
        download="",
        className="btn btn-sm btn-outline-secondary",
    )
    return filter_bar(boxes, [clear, export], "筛选预警")


def changes_card(seen: Seen) -> Component:
    """New, gone, worse, eased against the day chosen, by the store as it is now."""
    changed, context = seen.changes, seen.context
    day = seen.asked.against_words(context.year)
    found = (
        ("新增", changed.new),
        ("加重", changed.worse),
        ("缓解", changed.eased),
        ("解除", changed.gone),
    )
    total = sum(len(own) for _, own in found)
    words = "，".join(f"{word}{len(own)}项" for word, own in found if own)
    title = f"与{day}相比：{words}" if total else f"与{day}相比没有变化"
    lists = [
        html.Div(
            [
                html.Strong(f"{word} {len(own)} 项："),
                "；".join(one_line(matter) for matter in own),
            ],
            className="trigger-change",
        )
        for word, own in found
        if own
    ]
    body: Any = html.Details([html.Summary("逐项查看"), *lists], className="more") if lists else []
    basis = "按当时所见" if seen.asked.before else f"按现有数据回看{day}"
    return card(title, body, note=basis, class_name="changes-panel")


def register(app: Dash, services: Services) -> None:
    i = ids.Triggers

    fill_place(app, services, i.CONTENT, render)

    @app.callback(
        Output(ids.Shell.LOCATION, "href", allow_duplicate=True),
        Input(i.RULE, "value"),
        Input(i.MEASURE, "value"),
        Input(i.MONTH, "value"),
        Input(i.AGAINST, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    def follow(
        rule: str | None,
        measure: str | None,
        month: str | None,
        against: str | None,
        search: str | None,
    ) -> Any:
        with services.store.read() as conn:
            context = read_context(conn, services.settings, search or "")
        query = context.query
        now = next_address(context, rule, measure, month, against)
        then = next_address(
            context, *(query.get(k) for k in ("rule", "measure", "month", "against"))
        )
        return no_update if now == then else now


def register_routes(server: Flask, services: Services) -> None:
    serve_workbook(server, services, EXPORT_PATH, workbook)
