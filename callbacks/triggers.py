"""预警约谈: what holds, why, since when, what would end it; and what has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from flask import Flask, Response, request

from callbacks.context import PageContext, read_context
from callbacks.downloads import file_name, sheet_stamp, xlsx_response
from components import ids
from components.card_menu import copy_link, export_link
from components.cards import card, empty, problem_notes
from components.filters import EVERYTHING, Option, filter_bar, select
from components.links import href
from components.prose import prose
from components.trigger_card import SECTIONS, gravity, grouped, section_of, summary
from components.trigger_page import STATES, Told, View, full_card, since_text, subject_name
from data.exports import SheetColumn, tables_to_xlsx
from data.periods import format_day, format_month, month_end
from data.rules.loader import plan_of
from data.services import Services
from data.settings import Settings
from data.vocabulary import Measure, Severity
from data.workflow.changes import Changes, compare, key_of
from data.workflow.since import since
from data.workflow.snapshots import Snapshot, snapshots
from data.workflow.trigger_trend import Trends
from data.workflow.triggers import Trigger, current_triggers

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: So many of the last uploads are offered to compare with.
_UPLOADS_OFFERED = 5
PATH, EXPORT_PATH = "/triggers", "/export/triggers.xlsx"


@dataclass(frozen=True, slots=True)
class Asked:
    """The page's own part of the address. against: the day compared with. before: or the look
    before an upload; offered: those that there are."""

    rule: str | None
    measure: str | None
    month: str | None
    against: date
    before: Snapshot | None = None
    offered: tuple[Snapshot, ...] = ()
    problems: tuple[str, ...] = ()

    def against_words(self, year: int) -> str:
        """`10月31日`, `上传“查处整改”之前（11月22日）`."""
        if self.before is None:
            return format_day(self.against, year)
        return f"{self.before.upload}之前（{format_day(self.before.as_of, year)}）"

    @property
    def against_value(self) -> str:
        return f"v{self.before.data_version}" if self.before else self.against.isoformat()


def read_asked(context: PageContext, offered: Sequence[Snapshot] = ()) -> Asked:
    """What the address asks for; what cannot be read is named in a sentence."""
    query, problems = context.query, []
    against, before = default_against(context.as_of), None
    if "against" in query:
        try:
            by_value = {f"v{look.data_version}": look for look in offered}
            before = by_value.get(query["against"])
            if before is None:
                against = date.fromisoformat(query["against"])
            if against >= context.as_of:
                raise ValueError(query["against"])
        except ValueError:
            problems.append(
                f"比较对象“{query['against'][:20]}”无法识别、已不在或不早于基准日，"
                f"已改与{format_day(default_against(context.as_of), context.year)}比较。"
            )
            against = default_against(context.as_of)
    measure = query.get("measure")
    if measure is not None and measure not in {m.value for m in Measure}:
        problems.append(f"没有措施“{measure[:20]}”，已显示全部措施。")
        measure = None
    return Asked(
        query.get("rule"),
        measure,
        query.get("month"),
        against,
        before,
        tuple(offered[:_UPLOADS_OFFERED]),
        tuple(problems),
    )


def default_against(as_of: date) -> date:
    """The end of the month before."""
    return as_of.replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """All triggers of the day with their changes, and those that the filters leave."""

    context: PageContext
    asked: Asked
    everything: list[Trigger]
    changes: Changes
    told: list[Told]


def look(conn: Connection, settings: Settings, search: str) -> Seen:
    context = read_context(conn, settings, search)
    scope, year, as_of = context.scope, context.year, context.as_of
    seen_before = snapshots(conn, scope.narrowed_to(context.district), year)
    asked = read_asked(context, seen_before)
    everything = current_triggers(conn, scope, year, as_of, context.district)
    if asked.before is not None:
        before = asked.before.triggers
    else:
        day = asked.against
        before = current_triggers(conn, scope, year, day, context.district, with_patches=False)
    changed = compare(before, everything)
    chosen = [t for t in everything if _is_asked(t, asked)]
    states = {key_of(t): "new" for t in changed.new}
    states |= {key_of(t): "worse" for t in changed.worse}
    states |= {key_of(t): "eased" for t in changed.eased}
    told = [
        Told(trigger, day, states.get(key_of(trigger), "same"))
        for trigger, day in zip(chosen, since(conn, scope, year, as_of, chosen), strict=True)
    ]
    return Seen(context, asked, everything, changed, told)


def _is_asked(trigger: Trigger, asked: Asked) -> bool:
    return (
        asked.rule in (None, trigger["rule"])
        and asked.measure in (None, trigger["measure"])
        and asked.month in (None, trigger["period"])
    )


def headline(context: PageContext, triggers: Sequence[Trigger]) -> str:
    """The page in one sentence: how many of what, and who stands gravest."""
    day = format_day(context.as_of, context.year)
    where = context.district_name
    if not triggers:
        return f"截至{day}，{where}没有触发预警"
    gravest = max(map(gravity, triggers))
    names = dict.fromkeys(t["subject_name"] for t in triggers if gravity(t) == gravest)
    sentence = f"截至{day}，{where}{summary(triggers)}"
    if gravest >= list(Severity).index(Severity.INTERVIEW) and context.district is None:
        sentence += f"；最严重的是{'、'.join(list(names)[:4])}{'等' if len(names) > 4 else ''}"
    return sentence


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address."""
    seen = look(conn, settings, search)
    context, query = seen.context, seen.context.query
    names = {d.code: d.short_name for d in context.stamp.districts}
    view = View(query, context.year, context.as_of, context.lines)
    trends = Trends(conn, context.scope, context.year, context.as_of)
    plan = plan_of(context.year)[1]
    parts: list[Component] = [
        html.H1(headline(context, seen.everything), className="headline"),
        *problem_notes([*context.problems, *seen.asked.problems], href(PATH, query)),
        html.P(plan, className="plan-note"),
        filters_of(seen),
        changes_card(seen),
    ]
    if not seen.told:
        return [*parts, _nothing(seen)]
    for title in SECTIONS:
        own = [t for t in seen.told if section_of(t.trigger) == title]
        if own:
            groups = _groups(own)
            cards = [
                full_card(group, view, names, trends.of([t.trigger for t in group]))
                for group in groups
            ]
            parts.append(
                card(
                    f"{title}：{len(own)}项",
                    prose(cards, "triggers triggers-full"),
                    stamp=context.stamp_line,
                    actions=[
                        export_link(href(EXPORT_PATH, query, **_own(seen))),
                        copy_link(href(PATH, _fixed(context), **_own(seen))),
                    ],
                )
            )
    return parts


def _fixed(context: PageContext) -> dict[str, str]:
    """The view with its day spelt out, for whoever opens it later."""
    fixed = {"year": str(context.year), "asof": context.as_of.isoformat()}
    return fixed | ({"district": context.district} if context.district else {})


def _own(seen: Seen) -> dict[str, str | None]:
    asked = seen.asked
    return {
        "rule": asked.rule,
        "measure": asked.measure,
        "month": asked.month,
        "against": None if _is_default(asked, seen.context) else asked.against_value,
    }


def _is_default(asked: Asked, context: PageContext) -> bool:
    return asked.before is None and asked.against == default_against(context.as_of)


def _groups(told: Sequence[Told]) -> list[list[Told]]:
    by_key = {key_of(t.trigger): t for t in told}
    return [[by_key[key_of(t)] for t in group] for group in grouped([t.trigger for t in told])]


def _nothing(seen: Seen) -> Component:
    if seen.everything:
        return empty("没有符合筛选条件的预警。", "清除筛选", href(PATH, seen.context.query))
    return empty(
        "各项条件均未达到，没有需要提示、预警或约谈的对象。",
        "查看各项条件和标准",
        href("/rules", seen.context.query),
    )


def filters_of(seen: Seen) -> Component:
    """Rule, measure, month, and the day compared with; the district is chosen at the top."""
    i, asked, context = ids.Triggers, seen.asked, seen.context
    rules = {t["rule"]: t["rule_name"] for t in seen.everything}
    ordered = sorted(rules, key=lambda rule: int(rule[1:]))
    measures = {t["measure"] for t in seen.everything}
    months = sorted({t["period"] for t in seen.everything if "-" in t["period"]})
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
            None if _is_default(asked, context) else asked.against_value,
        ),
    ]
    clear = html.A("清除筛选", href=href(PATH, context.query), className="btn btn-sm btn-link")
    export = html.A(
        "导出 xlsx",
        href=href(EXPORT_PATH, context.query, **_own(seen)),
        download="",
        className="btn btn-sm btn-outline-secondary",
    )
    return filter_bar(boxes, [clear, export], "筛选预警")


def against_choices(context: PageContext, asked: Asked) -> list[Option]:
    """What to compare with: before each of the last uploads, yesterday, a week ago, month ends."""
    as_of, year = context.as_of, context.year
    looks = [
        (f"v{look.data_version}", f"{look.upload}之前（{format_day(look.as_of, year)}）")
        for look in asked.offered
    ]
    days = {
        as_of - timedelta(days=1): "前一天",
        as_of - timedelta(days=7): "一周前",
    }
    end = default_against(as_of)
    for _ in range(5):
        end = month_end(end.replace(day=1) - timedelta(days=1))
        days.setdefault(end, "月末")
    if not _is_default(asked, context):
        days.setdefault(asked.against, "所选日期")
    days.pop(default_against(as_of), None)
    return looks + [
        (day.isoformat(), f"{word}（{format_day(day, year)}）")
        for day, word in sorted(days.items(), reverse=True)
        if day < as_of
    ]


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
    total = sum(len(triggers) for _, triggers in found)
    names = {d.code: d.short_name for d in context.stamp.districts}
    words = "，".join(f"{word}{len(triggers)}项" for word, triggers in found if triggers)
    title = f"与{day}相比：{words}" if total else f"与{day}相比没有变化"
    lists = [
        html.Div(
            [
                html.Strong(f"{word} {len(triggers)} 项："),
                "；".join(_one_line(t, names, context.year) for t in triggers),
            ],
            className="trigger-change",
        )
        for word, triggers in found
        if triggers
    ]
    body: Any = html.Details([html.Summary("逐项查看"), *lists], className="more") if lists else []
    basis = "按当时所见" if seen.asked.before else f"按现有数据回看{day}"
    return card(title, body, stamp=f"{context.stamp_line} · {basis}", class_name="changes-panel")


def _one_line(trigger: Trigger, names: Mapping[str, str], year: int) -> str:
    period = f"{format_month(trigger['period'], year)}" if "-" in trigger["period"] else ""
    measure = Measure(trigger["measure"]).label
    return f"{subject_name(trigger, names)} {trigger['rule_name']}{period}（{measure}）"


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx): the triggers on the screen, the patches behind each, the changes."""
    seen = look(conn, settings, search)
    context = seen.context
    names = {d.code: d.short_name for d in context.stamp.districts}
    view = View(context.query, context.year, context.as_of, context.lines)
    tables = {
        "预警": _trigger_sheet(seen, view, names),
        "所依据的图斑": (
            [
                SheetColumn("对象"),
                SheetColumn("条件"),
                SheetColumn("期间"),
                SheetColumn("图斑编号"),
            ],
            [
                [subject_name(t.trigger, names), t.trigger["rule_name"], t.trigger["period"], no]
                for t in seen.told
                for no in t.trigger["patches"]
            ],
        ),
        "变化": (
            [SheetColumn("变化"), SheetColumn("预警", width=48)],
            [
                [word, _one_line(t, names, context.year)]
                for word, triggers in (
                    ("新增", seen.changes.new),
                    ("加重", seen.changes.worse),
                    ("缓解", seen.changes.eased),
                    ("解除", seen.changes.gone),
                )
                for t in triggers
            ],
        ),
    }
    stamp = sheet_stamp(context, "ratio_net") | {"比较对象": seen.asked.against_words(context.year)}
    return file_name("预警约谈", context), tables_to_xlsx(tables, stamp)


def _trigger_sheet(
    seen: Seen, view: View, names: Mapping[str, str]
) -> tuple[list[SheetColumn], list[list[Any]]]:
    columns = [
        SheetColumn("对象", width=20),
        SheetColumn("条件", width=18),
        SheetColumn("期间"),
        SheetColumn("程度"),
        SheetColumn("已达"),
        SheetColumn("建议措施", width=14),
        SheetColumn("算式", width=44),
        SheetColumn("距离", width=26),
        SheetColumn("持续", width=18),
        SheetColumn("解除条件", width=40),
        SheetColumn("图斑（个）", "count"),
        SheetColumn("较比较日"),
        SheetColumn("说明", width=24),
        SheetColumn("依据", width=20),
    ]
    rows = [
        [
            subject_name(t.trigger, names),
            t.trigger["rule_name"],
            t.trigger["period"],
            Severity(t.trigger["severity"]).label,
            f"{Severity(t.trigger['line']).label}线" if t.trigger["line"] else None,
            Measure(t.trigger["measure"]).label,
            t.trigger["formula"],
            t.trigger["margin"],
            since_text(t, view),
            t.trigger["ends"],
            len(t.trigger["patches"]),
            STATES[t.state] or None,
            t.trigger["note"] or None,
            f"工作方案 {t.trigger['clause']}",
        ]
        for group in _groups(seen.told)
        for t in group
    ]
    return columns, rows


def next_address(
    context: PageContext,
    rule: str | None,
    measure: str | None,
    month: str | None,
    against: str | None,
) -> str:
    """The address that says what the filters now say."""

    def chosen(value: str | None) -> str | None:
        return None if value in (None, "", EVERYTHING) else value

    return href(
        PATH,
        context.query,
        rule=chosen(rule),
        measure=chosen(measure),
        month=chosen(month),
        against=chosen(against),
    )


def register(app: Dash, services: Services) -> None:
    i = ids.Triggers

    @app.callback(
        Output(i.CONTENT, "children"),
        Input(i.CONTENT, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(_: str, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services.settings, search or "")

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
    @server.get(EXPORT_PATH)
    def export_triggers() -> Response:
        with services.store.read() as conn:
            name, content = workbook(conn, services.settings, request.query_string.decode())
        return xlsx_response(name, content)
