"""规则口径: everything in force on a day, with its citations, and what each figure means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from flask import Flask

from callbacks import parameters
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import file_name, serve_workbook
from callbacks.frame.kept import keep_answer
from components import ids, paths
from components.links import href
from components.parameters import way_to_form
from components.parts.card_menu import card_menu, copy_link, export_link
from components.parts.cards import problem_notes
from components.prose import prose
from components.rules import (
    FollowLine,
    ParameterLine,
    RuleEntry,
    VersionLine,
    WordList,
    body,
)
from data.definitions import DEFINITIONS
from data.exports import SheetColumn, tables_to_xlsx
from data.measures.following import following
from data.periods import calendar_note, format_day, local_time
from data.rules.lists import closed_lists
from data.rules.loader import Rule, Version, governing_day, plan_of
from data.rules.plain import FORMULA_LABELS, condition, differences, range_text, value_text
from data.services import Services
from data.settings import Settings
from data.store.anchor_folder import OLD, last_anchor_at
from data.vocabulary import Measure

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATH, EXPORT_PATH = paths.RULES, "/export/rules.xlsx"


def part_of(rule_id: str) -> str:
    """The part of the page that a rule stands in."""
    if rule_id == "ratio":
        return "ratio-part"
    parts = {
        "D": "deadlines",
        "F": "checks",
        "M": "measures",
        "W": "worklists",
        "C": "confirmation",
    }
    return parts.get(rule_id[0], "triggers")


def entry_of(rule: Rule, context: PageContext) -> RuleEntry:
    """A rule as it stands on the as-of date of the work year."""
    now = rule.of(context.year, context.as_of)
    earlier = [v for v in rule.versions if v.valid_from < now.valid_from]
    later = [v for v in rule.versions if v.valid_from > now.valid_from]
    return RuleEntry(
        rule.id,
        rule.name,
        part_of(rule.id),
        Measure(rule.measure).label if rule.measure else "",
        now.clause,
        condition(rule.id, now) or "",
        now.quotations,
        now.sources,
        tuple((FORMULA_LABELS.get(name, name), line) for name, line in now.formula.items()),
        tuple(
            ParameterLine(
                p.label,
                value_text(p),
                p.basis == "local",
                range_text(p) if p.basis == "local" and not p.fixed else "",
            )
            for p in now.details.values()
        ),
        now.valid_from,
        f"复核：{now.reviewed_by}（{format_day(now.reviewed_on)}）",
        changes_of(now),
        tuple(_line(now, v) for v in reversed(earlier)),
        tuple(_line(now, v) for v in later),
    )


def changes_of(version: Version) -> tuple[str, ...]:
    """What administrators changed of it: `预警线自2024年1月1日起改为8%，理由：…（王工）`."""
    lines = []
    for change in version.changed:
        parameter = version.details[change.parameter]
        who = f"（{change.changed_by}）" if change.changed_by else ""
        lines.append(
            f"{parameter.label}自{format_day(change.valid_from)}起设为"
            f"{value_text(parameter, change.value)}，理由：{change.reason}{who}"
        )
    return tuple(lines)


def _line(now: Version, other: Version) -> VersionLine:
    reason = other.changed[0].reason if other.changed else ""
    return VersionLine(other.valid_from, other.clause, tuple(differences(now, other)), reason)


def word_lists(context: PageContext) -> list[WordList]:
    """The closed lists as they stand on the as-of date of the work year."""
    day = governing_day(context.year, context.as_of)
    found = []
    for closed in closed_lists().values():
        now = closed.on(day)
        before = (w for v in closed.versions if v.valid_from < now.valid_from for w in v.entries)
        former = tuple(dict.fromkeys(word for word in before if word not in now.entries))
        found.append(
            WordList(
                closed.id,
                closed.name,
                now.entries,
                former,
                now.clause,
                now.sources,
                now.basis == "local",
                now.valid_from,
            )
        )
    return found


def headline(context: PageContext, entries: list[RuleEntry]) -> str:
    """`2023年度，2023年11月23日：按2023年方案（…），29条规则，其中28项参数为本市设定`."""
    _, plan = plan_of(context.year)
    count = sum(len(e.locals) for e in entries)
    lead = "" if plan.startswith(str(context.year)) else f"{context.year}年度"
    return f"{lead}{plan}：现行{len(entries)}条规则，{count}项参数为本市设定"


def notes(context: PageContext) -> list[str]:
    """What a reader has to know of the day: what a plan spans, years without known holidays."""
    found = [
        f"以下为基准日{format_day(context.as_of)}适用于{context.year}年度的规则。"
        "方案适用于整个工作年度；年度内调整的参数自调整之日起适用，已结束的月份不变。"
    ]
    years = (context.year, context.year + 1)  # the year's last deadlines lie in the next
    found += [note for year in years if (note := calendar_note(year)) is not None]
    return found


def search_box(words: str) -> Component:
    """Leaves what holds all the words; they stand in the address."""
    i = ids.Rules
    return html.Div(
        [
            html.Label("查找", htmlFor=i.WORDS),
            dcc.Input(
                id=i.WORDS,
                type="search",
                value=words,
                maxLength=60,
                placeholder="规则、参数、指标里的词，如：验收",
                className="form-control",
            ),
            html.Span(id=i.FOUND, role="status"),
        ],
        className="handbook-search",
        role="search",
    )


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address."""
    context = read_context(conn, settings, search)
    entries = [entry_of(rule, context) for rule in context.rules.values()]
    actions = [
        export_link(href(EXPORT_PATH, context.query)),
        copy_link(context.permalink(PATH)),
    ]
    return [
        html.Div(
            [
                html.H1(headline(context, entries), className="headline"),
                html.Div(
                    [
                        *([way_to_form()] if parameters.may_change() else []),
                        card_menu("规则口径", actions),
                    ],
                    className="card-menu",
                ),
            ],
            className="rules-head",
        ),
        *problem_notes(context.problems, href(PATH, context.query)),
        *[html.P(note, className="subline") for note in notes(context)],
        search_box(context.query.get("q", "")),
        prose(body(entries, word_lists(context), follow_lines()), "rule-page"),
    ]


def anchor_note(settings: Settings, now: datetime) -> Component:
    """How old the last anchor is, with a warning where it is old or there is none."""
    last = last_anchor_at(settings)
    if last is None:
        text = (
            "还没有防篡改锚点：整个库被换成旧的，只有锚点能发现。"
            "请管理员设置 WEIPIAN_ANCHOR_DIR，把锚点存到另一台机器。"
        )
        return html.P(text, className="note anchor-note", role="note")
    local = local_time(last)
    said = f"最近一次防篡改锚点：{format_day(local.date())} {local:%H:%M}"
    days = (now - last).days
    if now - last < OLD:
        return html.P(f"{said}。", className="subline anchor-note")
    text = f"{said}，已过{days}天。请管理员检查锚点文件夹能否写入、后台任务是否在运行。"
    return html.P(text, className="note anchor-note", role="note")


def follow_lines() -> list[FollowLine]:
    """What may follow which measure (law/workflow.toml)."""
    return [
        FollowLine(f.before.label, f.after.label, f.only, f.basis == "local", f.clause)
        for f in following()
    ]


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx): rules, their parameters, and the definitions of the figures."""
    context = read_context(conn, settings, search)
    entries = [entry_of(rule, context) for rule in context.rules.values()]
    tables = {
        "规则": (
            [SheetColumn(h, width=w) for h, w in _RULE_SHEET],
            [
                [
                    e.id,
                    e.name,
                    e.condition or "；".join(line for _, line in e.formula),
                    e.measure,
                    e.clause,
                    "……".join(e.quotations),
                    "；".join(e.sources),
                    e.valid_from.isoformat(),
                    e.reviewed,
                ]
                for e in entries
            ],
        ),
        "参数": (
            [SheetColumn(h, width=w) for h, w in _PARAMETER_SHEET],
            [
                [e.id, e.name, p.label, p.value, "本市设定" if p.local else "方案规定", p.allowed]
                for e in entries
                for p in e.parameters
            ],
        ),
        "固定词表": (
            [SheetColumn(h, width=w) for h, w in (("词表", 16), ("可填的词", 28), ("来源", 12),
                                                 ("依据", 14))],
            [
                [words.name, word, "本市设定" if words.local else "方案规定", words.clause]
                for words in word_lists(context)
                for word in words.words
            ],
        ),
        "措施的先后": (
            [SheetColumn(h, width=w) for h, w in _FOLLOW_SHEET],
            [
                [f.before, f.after, f.only, "本市设定" if f.local else "方案规定", f.clause]
                for f in follow_lines()
            ],
        ),
        "指标口径": (
            [SheetColumn(h, width=w) for h, w in (("指标", 24), ("单位", 8), ("口径", 80),
                                                 ("依据", 14))],
            [[d.label, d.unit, d.text, d.clause] for d in DEFINITIONS.values()],
        ),
    }  # fmt: skip
    stamp = {
        "工作年度": str(context.year),
        "基准日": context.as_of.isoformat(),
        "方案": plan_of(context.year)[1],
        "数据版本": str(context.stamp.data_version),
    }
    return file_name("规则口径", context), tables_to_xlsx(tables, stamp)


_RULE_SHEET = (
    ("编号", 8),
    ("规则", 20),
    ("内容", 60),
    ("措施", 14),
    ("依据", 14),
    ("方案原文", 60),
    ("另据", 30),
    ("自何日起", 12),
    ("复核", 30),
)
_FOLLOW_SHEET = (("措施", 20), ("其后可以", 20), ("条件", 40), ("来源", 12), ("依据", 14))
_PARAMETER_SHEET = (
    ("编号", 8),
    ("规则", 20),
    ("参数", 28),
    ("现值", 14),
    ("来源", 12),
    ("可设范围", 20),
)


def register(app: Dash, services: Services) -> None:
    app.clientside_callback(
        ClientsideFunction("rules", "narrow"),
        Output(ids.Rules.FOUND, "children"),
        Input(ids.Rules.WORDS, "value"),
    )

    @app.callback(
        Output(ids.Rules.CONTENT, "children"),
        Input(ids.Rules.CONTENT, "id"),
        Input(ids.Rules.CHANGED, "data"),
        State(ids.Shell.LOCATION, "search"),
    )
    @keep_answer
    def content(_: str, _changed: int, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            shown = render(conn, services.settings, search or "")
            return [*shown, *parameters.render(conn, services.settings.today())]

    @app.callback(Output(ids.Rules.ANCHOR, "children"), Input(ids.Rules.CONTENT, "id"))
    def anchor(_: str) -> Component:
        return anchor_note(services.settings, datetime.now(UTC))


def register_routes(server: Flask, services: Services) -> None:
    serve_workbook(server, services, EXPORT_PATH, workbook)
