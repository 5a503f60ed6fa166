"""Triggers as cards: who, what, value against line, margin, clause (domain.md §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from components.links import href
from components.parts.figure_text import Lines, ratio_margin
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from components.triggers.map import map_href
from data.periods import format_month
from data.units import format_mu, format_rate, margin_text
from data.vocabulary import Measure, Severity

Trigger = dict[str, Any]
Figures = Mapping[str, Any]

ICONS = {
    Severity.NOTICE: "●",
    Severity.EARLY_WARNING: "▲",
    Severity.INTERVIEW: "◆",
    Severity.ACCOUNTABILITY: "■",
}
_ORDER = tuple(Severity)
#: What leaders ask for first; the others follow by number.
_RULES = ("T11", "T3", "T4", "T10", "T1")


def severity_text(severity: str, line: str | None = None) -> str:
    """Word and icon; a line reached is said plainly."""
    reached = Severity(line) if line else None
    text = f"{ICONS[reached or Severity(severity)]} {Severity(severity).label}"
    return text if reached is None else f"{text} · 已达{reached.label}线"


def severity_mark(severity: str, line: str | None = None) -> Component:
    """The text in the colour of the severity."""
    shown = Severity(line or severity).value.replace("_", "-")
    return html.Span(severity_text(severity, line), className=f"severity severity-{shown}")


def gravity(trigger: Trigger) -> int:
    """Higher is graver; a line reached counts as its severity."""
    return _ORDER.index(Severity(trigger["line"] or trigger["severity"]))


def grouped(triggers: Sequence[Trigger]) -> list[list[Trigger]]:
    """The months of one rule on one subject together; the gravest first, then by rule, then in the
    bureau's order."""
    groups: dict[tuple[str, str], list[Trigger]] = {}
    for trigger in triggers:
        groups.setdefault((trigger["rule"], trigger["subject"]), []).append(trigger)
    return sorted(
        groups.values(),
        key=lambda group: (-max(map(gravity, group)), _place_of(group[0]["rule"])),
    )


def _place_of(rule: str) -> int:
    return _RULES.index(rule) if rule in _RULES else len(_RULES) + int(rule[1:])


#: How triggers are counted and set apart, gravest first.
SECTIONS = ("问责建议", "约谈", "已达约谈线", "预警", "提示")


def section_of(trigger: Trigger) -> str:
    """During the year a district can only be warned, though it has reached the line of an
    interview: that is said, and not counted as an interview."""
    severity, line = trigger["severity"], trigger["line"]
    if line is not None and line != severity:
        return f"已达{Severity(line).label}线"
    return Severity(severity).label


def summary(triggers: Sequence[Trigger]) -> str:
    """`2项已达约谈线，20项预警，3项提示`."""
    sections = [section_of(trigger) for trigger in triggers]
    return "，".join(f"{sections.count(s)}项{s}" for s in SECTIONS if s in sections)


def trigger_card(
    group: Sequence[Trigger],
    row: Figures,
    query: Mapping[str, str],
    lines: Lines,
) -> Component:
    """One card for a group of `grouped`.

    row: the subject's figures.
    """
    gravest = max(group, key=gravity)
    value, margin = _words(group, row, lines)
    own, target, word = _place(gravest, query)
    body: list[Any] = [html.P(value, className="trigger-value")]
    if margin:
        body.append(html.P(margin, className="trigger-margin"))
    if gravest["rule"] == "T1":
        body.append(_months(group, own))
    return html.Article(
        [
            html.Div(
                [
                    html.Strong(gravest["subject_name"]),
                    severity_mark(gravest["severity"], gravest["line"]),
                ],
                className="trigger-head",
            ),
            *body,
            html.Div(
                [
                    html.Span(
                        f"{_measures(group)} · 工作方案{gravest['clause']}",
                        title=gravest["citation"],
                    ),
                    html.Span(
                        [*_on_map(group, query), dcc.Link(word, href=target)],
                        className="trigger-links",
                    ),
                ],
                className="trigger-foot",
            ),
        ],
        className="trigger",
    )


def trigger_table(
    groups: Sequence[Sequence[Trigger]],
    rows: Mapping[str, Figures],
    query: Mapping[str, str],
    lines: Lines,
) -> Component:
    """The same in a line each, for the less grave: rows are the subjects' figures by code."""
    table: list[list[str | Cell]] = []
    for group in groups:
        gravest = max(group, key=gravity)
        row = rows[gravest["district"] or gravest["subject"]]
        value, margin = _words(group, row, lines)
        target = _place(gravest, query)[1]
        severity = Severity(gravest["line"] or gravest["severity"])
        tone = f"severity-{severity.value.replace('_', '-')}"
        table.append(
            [
                Cell(gravest["subject_name"], target),
                Cell(severity_text(gravest["severity"], gravest["line"]), tone=tone),
                Cell(value, below=Cell(margin) if margin else None),
                Cell(f"{_measures(group)} · {gravest['clause']}", title=gravest["citation"]),
            ]
        )
    columns = [TableColumn("对象"), TableColumn("程度"), TableColumn("情况"), TableColumn("依据")]
    return plain_table(columns, table, "其余已触发的预警", "trigger-table")


def patches_href(trigger: Trigger, query: Mapping[str, str], year: int) -> str:
    """The patches behind a trigger: the patch itself, or a list with its map."""
    if not trigger["key"]:
        return href(f"/patches/{year}/{quote(str(trigger['subject']), safe='')}", query)
    return href("/triggers/patches", {**query, "district": ""}, trigger=trigger["key"])


def _place(gravest: Trigger, query: Mapping[str, str]) -> tuple[Mapping[str, str], str, str]:
    """(the view of the subject, address of the patches behind it, what the link says)."""
    own = query if gravest["district"] is None else {**query, "district": gravest["district"]}
    if gravest["rule"] == "T1":
        return own, href("/overdue", own), "查看逾期图斑"
    year = int(str(gravest["period"])[:4])
    return own, patches_href(gravest, query, year), "查看所依据的图斑"


def _on_map(group: Sequence[Trigger], query: Mapping[str, str]) -> list[Component]:
    """Where the protected land of T4 is occupied: the kind of which more is left."""
    address = map_href(group, query) if group[0]["rule"] == "T4" else None
    return [dcc.Link("地图", href=address)] if address else []


def _measures(group: Sequence[Trigger]) -> str:
    return "、".join(dict.fromkeys(Measure(trigger["measure"]).label for trigger in group))


def _words(group: Sequence[Trigger], row: Figures, lines: Lines) -> tuple[str, str]:
    """(what and how much, how far from which line)."""
    first = group[0]
    # an area line, or the gross ratio as the one that judges, says its own formula
    if first["rule"] == "T3" and first["unit"] == "ratio" and first["value"] == row["ratio_net"]:
        value = format_rate(first["value"], lines.ratios)
        gross = format_rate(row["ratio_gross"], lines.ratios)
        line = format_rate(lines.interview_ratio)
        return (
            f"问责比例 {value}（未扣除 {gross}）",
            f"{line} 约谈线：{ratio_margin(row, lines.interview_ratio)}",
        )
    if first["rule"] == "T4":
        kinds = (
            ("永久基本农田", row["remaining_basic_farmland_mu"]),
            ("生态保护红线", row["remaining_redline_mu"]),
        )
        line_mu = lines.interview_mu
        remaining = "、".join(f"{n} {format_mu(a, (line_mu,))} 亩" for n, a in kinds if a > 0)
        distance = line_mu - first["value"]
        side = "还差" if first["line"] is None else "超出"
        return (
            f"违法占用未消除：{remaining}",
            f"单项 {line_mu:g} 亩约谈线：{side} {margin_text(abs(distance), '亩')}",
        )
    notes = dict.fromkeys(trigger["note"] for trigger in group if trigger["note"])
    if first["rule"] == "T1":
        months = {trigger["period"] for trigger in group}
        return (
            f"{len(months)}个月份月清未完成，至今欠{row['overdue']}个图斑",
            "；".join(list(notes)[-1:]),
        )
    gravest = max(group, key=gravity)
    several = f"{len(group)}项，其中" if len(group) > 1 else ""
    return f"{first['rule_name']}：{several}{gravest['formula']}", str(gravest["margin"])


def _months(group: Sequence[Trigger], query: Mapping[str, str]) -> Component:
    """Each month with its on-time share, leading to its overdue patches."""
    shares = {trigger["period"]: trigger for trigger in group}
    return html.Ul(
        [
            html.Li(
                dcc.Link(
                    f"{format_month(month, int(month[:4]))} "
                    f"{format_rate(trigger['value'], (trigger['threshold'],))}",
                    href=href("/overdue", query, month=month),
                )
            )
            for month, trigger in sorted(shares.items())
        ],
        className="trigger-months",
    )
