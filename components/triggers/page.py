"""Trigger cards in full: what, by how much, since when, what would end it, by which clause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from components import paths
from components.links import href
from components.parts.cards import line_points
from components.parts.contacts import Contacts, call_text
from components.parts.figure_text import Lines, shown
from components.prose import Node, line, node
from components.triggers.card import (
    behind_count,
    behind_href,
    measures,
    patches_href,
    severity_text,
)
from components.triggers.map import map_href
from data.definitions import DEFINITIONS
from data.periods import format_day, format_month
from data.trigger_row import Trigger
from data.units import format_count
from data.vocabulary import Measure, Severity

if TYPE_CHECKING:
    from data.triggers.matters import Matter
    from data.triggers.trend import Trend


Query = Mapping[str, str]

#: What has become of a trigger since the day compared with: class → word.
STATES = {"new": "新增", "worse": "加重", "eased": "缓解", "same": ""}


@dataclass(frozen=True, slots=True)
class Told:
    """One trigger as the page tells it. since: the first day it holds without a gap. state: a key
    of STATES."""

    trigger: Trigger
    since: date
    state: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A measure about a matter, or why it was left. number: of the measure."""

    number: int
    words: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class ToldMatter:
    """A matter as the page tells it: told are its triggers, the gravest first; of many patches
    only the first few. state: as of Told. to_draft: what the address of a new measure says, empty
    for who drafts none."""

    matter: Matter
    told: tuple[Told, ...]
    state: str
    sent: tuple[Sent, ...] = ()
    to_draft: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """What every card needs to know of the page. claims: district → what waits for confirmation."""

    query: Query
    year: int
    as_of: date
    lines: Lines
    contacts: Contacts = field(default_factory=dict)
    claims: Mapping[str, int] = field(default_factory=dict)


def _measures_taken(found: ToldMatter, view: View) -> list[Node]:
    """What was sent for it or why it was left, and the way to a new measure."""
    ways: list[Node] = []
    for sent in found.sent:
        link = node("a", sent.words, href=href(paths.measure(sent.number), view.query))
        ways.append(node("li", link, f"（{sent.aside}）" if sent.aside else ""))
    if found.to_draft:
        own = href(paths.MEASURES, view.query, **dict(found.to_draft))
        ways.append(node("li", node("a", "起草措施或说明不处理", href=own)))
    return [node("ul", *ways, cls="trigger-sent")] if ways else []


def subject_name(trigger: Trigger, names: Mapping[str, str]) -> str:
    """A district's short name; a patch's number after its district's."""
    if trigger["subject"] == trigger["district"] or trigger["district"] is None:
        return str(trigger["subject_name"])
    return f"{names.get(trigger['district'], '')} · 图斑 {trigger['subject']}"


def full_card(found: ToldMatter, view: View, trend: Trend | None) -> Node:
    """One rule in one district; several months or patches stand in a table."""
    matter, gravest = found.matter, found.told[0]
    first = matter.gravest
    tone = Severity(first["line"] or first["severity"]).value.replace("_", "-")
    rule = href(paths.RULES, view.query) + f"#{first['rule']}"
    if matter.of_patches:
        body = _patches(found, view)
    elif len(found.told) > 1:
        body = _several(found, view)
    else:
        body = _single(gravest, view)
    return node(
        "article",
        node(
            "div",
            node("h3", f"{matter.unit} · {first['rule_name']}"),
            node(
                "span",
                severity_text(first["severity"], first["line"]),
                cls=f"severity severity-{tone}",
            ),
            cls="trigger-head",
        ),
        node("p", *_proposal(found), cls="trigger-measure"),
        *body,
        _waiting(matter.district, view),
        *_measures_taken(found, view),
        node("p", call_text(view.contacts.get(matter.district or "")), cls="trigger-call"),
        None if trend is None else trend_part(trend, view, first),
        node(
            "details",
            node("summary", f"依据：工作方案 {first['clause']}"),
            node("p", first["citation"]),
            node("a", "查看规则口径", href=rule),
            cls="trigger-law",
        ),
        cls="trigger trigger-full",
    )


def _waiting(district: str | None, view: View) -> Node | None:
    """What the district's own files say and nobody has confirmed: the figures may change."""
    count = view.claims.get(district or "", 0)
    if not count:
        return None
    target = href(paths.CONFIRM, {**view.query, "district": district or ""})
    link = node("a", f"{count}项待确认", href=target)
    return node(
        "p", "区市自填的内容有", link, "，确认或不予认可后指标可能变动", cls="trigger-claims"
    )


def _proposal(found: ToldMatter) -> list[Node]:
    """The measures proposed; what rules noted stands here where it is one thing."""
    notes = found.matter.notes
    state = STATES[found.state]
    badges = [node("span", state, cls="trigger-state")] if state else []
    note = f"（{notes[0]}）" if len(notes) == 1 else ""
    return [*badges, node("strong", f"建议措施：{measures(found.matter)}"), note]


def since_text(told: Told, view: View) -> str:
    """`自3月5日起，第263天`."""
    days = (view.as_of - told.since).days + 1
    return f"自{format_day(told.since, view.year)}起，第{days}天"


def _single(told: Told, view: View) -> list[Node]:
    trigger = told.trigger
    count = behind_count(trigger)
    period = str(trigger["period"])
    month = f"{format_month(period, view.year)}月清：" if "-" in period else ""
    words = f"查看{format_count(count)}个图斑" if trigger["key"] else "打开图斑页"
    ways: list[Node] = ["没有所依据的图斑"]
    if count or not trigger["key"]:
        link = node("a", words, href=patches_href(trigger, view.query, view.year))
        ways = [link, *_on_map([told], view)]
    return [
        node("p", f"{month}{trigger['formula']}", cls="trigger-value"),
        node("p", trigger["margin"], cls="trigger-margin"),
        node(
            "dl",
            node("dt", "已持续"),
            node("dd", since_text(told, view)),
            node("dt", "何时解除"),
            node("dd", trigger["ends"]),
            cls="trigger-facts",
        ),
        node("p", *ways, cls="trigger-link"),
    ]


def _on_map(group: Sequence[Told], view: View) -> list[Node]:
    """The way to the map of what the patches behind these triggers are."""
    held = [told.trigger for told in group if behind_count(told.trigger)]
    address = map_href(held, view.query) if held else None
    return [node("a", "地图", href=address)] if address else []


def _several(found: ToldMatter, view: View) -> list[Node]:
    """What its months come to in a line, all of them one click away."""
    return [
        node("p", found.matter.words, cls="trigger-value"),
        *[node("p", way, cls="trigger-link") for way in _on_map(found.told, view)],
        node(
            "details",
            node("summary", "逐月查看算式、持续、解除条件和图斑"),
            _periods(found.told, view),
            cls="trigger-periods",
        ),
    ]


def _patches(found: ToldMatter, view: View) -> list[Node]:
    """The gravest patches one by one, and the way to all of them."""
    matter = found.matter
    rows: list[list[Node]] = []
    for told in found.told:
        trigger = told.trigger
        rows.append(
            [
                node(
                    "a",
                    str(trigger["subject"]),
                    href=patches_href(trigger, view.query, view.year),
                ),
                node("div", str(trigger["formula"]), node("small", str(trigger["margin"]))),
                node("div", since_text(told, view), node("small", str(trigger["ends"]))),
                STATES[told.state],
            ]
        )
    shown, whole = len(found.told), matter.count
    ways: list[Node] = []
    if whole > 1:
        more = f"（此处列出最重的{shown}个）" if whole > shown else ""
        link = behind_href(matter.key, matter.district, view.query)
        ways = [
            node("p", node("a", f"查看全部{whole:,}个图斑", href=link), more, cls="trigger-link")
        ]
    return [
        node("p", matter.words, cls="trigger-value"),
        _table(("图斑", "情况与距离", "持续与解除", "变化"), rows, "所依据的图斑"),
        *ways,
    ]


def _periods(group: Sequence[Told], view: View) -> Node:
    rows: list[list[Node]] = []
    for told in sorted(group, key=lambda t: (t.trigger["period"], t.trigger["mark"])):
        trigger = told.trigger
        severity = Severity(trigger["line"] or trigger["severity"])
        period = str(trigger["period"])
        count = f"{format_count(behind_count(trigger))} 个"
        state = STATES[told.state]
        rows.append(
            [
                format_month(period, view.year) if "-" in period else f"{period}年",
                node(
                    "span",
                    Measure(trigger["measure"]).label,
                    node("small", state) if state else None,
                    cls=f"severity-{severity.value.replace('_', '-')}",
                ),
                node("div", str(trigger["formula"]), node("small", str(trigger["margin"]))),
                node("div", since_text(told, view), node("small", str(trigger["ends"]))),
                node("a", count, href=patches_href(trigger, view.query, view.year)),
            ]
        )
    headers = ("月份", "措施", "情况与距离", "持续与解除", "图斑")
    return _table(headers, rows, "各月份的预警")


def _table(headers: Sequence[str], rows: Sequence[Sequence[Node]], caption: str) -> Node:
    """The last column holds numbers."""
    last = len(headers) - 1

    def cells(row: Sequence[Node]) -> list[Node]:
        return [
            node("td" if at else "th", cell, cls="number" if at == last else "")
            for at, cell in enumerate(row)
        ]

    head = [node("th", h, cls="number" if at == last else "") for at, h in enumerate(headers)]
    table = node(
        "table",
        node("caption", caption, cls="visually-hidden"),
        node("thead", node("tr", *head)),
        node("tbody", *[node("tr", *cells(row)) for row in rows]),
        cls="plain-table trigger-table",
    )
    return node("div", table, cls="table-frame")


def trend_part(trend: Trend, view: View, trigger: Trigger) -> Node:
    """The tiny line, and its table one click away."""
    definition = DEFINITIONS[trend.figure]
    texts = [shown(trend.figure, value, view.lines) for value in trend.values]
    month = str(trigger["period"])
    of = f"（{format_month(month, view.year)}）" if trigger["rule"] == "T2" else ""
    rows: list[list[Node]] = [
        [format_day(day, view.year), text]
        for day, text in zip(reversed(trend.days), reversed(texts), strict=True)
    ]
    header = f"{definition.label}{of}（{definition.unit}）"
    return node(
        "details",
        node(
            "summary",
            node("span", f"{definition.label}{of}走势"),
            line(line_points(trend.values), f"{definition.label}近几个月的变化"),
        ),
        _table(("日期", header), rows, f"{definition.label}近几个月末"),
        cls="trigger-trend",
    )
