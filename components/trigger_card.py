"""Triggers as cards: who, what, value against line, margin, clause (domain.md §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from components.figure_text import Lines, ratio_margin
from components.links import href
from components.plain_table import Cell, plain_table
from components.tables import TableColumn
from data.periods import format_month
from data.units import format_mu, format_rate, margin_text
from data.vocabulary import Measure, Severity

Trigger = Mapping[str, Any]
Figures = Mapping[str, Any]

ICONS = {
    Severity.NOTICE: "●",
    Severity.EARLY_WARNING: "▲",
    Severity.INTERVIEW: "◆",
    Severity.ACCOUNTABILITY: "■",
}
_ORDER = tuple(Severity)
_RULES = ("T3", "T4", "T1")


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
    """The months of one district's T1 together, everything else alone; the gravest first, then by
    rule, then in the bureau's order."""
    groups: dict[tuple[str, str], list[Trigger]] = {}
    for trigger in triggers:
        groups.setdefault((trigger["rule"], trigger["subject"]), []).append(trigger)
    return sorted(
        groups.values(),
        key=lambda group: (-max(map(gravity, group)), _RULES.index(group[0]["rule"])),
    )


def summary(triggers: Sequence[Trigger]) -> str:
    """`2项已达约谈线，20项预警，3项提示`."""
    counts = {
        "项已达约谈线": sum(t["line"] is not None for t in triggers),
        "项预警": sum(
            t["line"] is None and t["severity"] == Severity.EARLY_WARNING for t in triggers
        ),
        "项提示": sum(t["severity"] == Severity.NOTICE for t in triggers),
    }
    return "，".join(f"{count}{words}" for words, count in counts.items() if count)


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
                    dcc.Link(word, href=target),
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
        value, margin = _words(group, rows[gravest["subject"]], lines)
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


def _place(gravest: Trigger, query: Mapping[str, str]) -> tuple[Mapping[str, str], str, str]:
    """(the view of the subject, address of the patches behind it, what the link says)."""
    whole_city = gravest["subject_name"] == "全市"
    own = query if whole_city else {**query, "district": gravest["subject"]}
    if gravest["rule"] == "T1":
        return own, href("/overdue", own), "查看逾期图斑"
    return own, href("/patches", own, status="unlawful"), "查看违法图斑"


def _measures(group: Sequence[Trigger]) -> str:
    return "、".join(dict.fromkeys(Measure(trigger["measure"]).label for trigger in group))


def _words(group: Sequence[Trigger], row: Figures, lines: Lines) -> tuple[str, str]:
    """(what and how much, how far from which line)."""
    first = group[0]
    if first["rule"] == "T3":
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
    months = {trigger["period"] for trigger in group}
    notes = dict.fromkeys(trigger["note"] for trigger in group if trigger["note"])
    return (
        f"{len(months)}个月份月清未完成，至今欠{row['overdue']}个图斑",
        "；".join(list(notes)[-1:]),
    )


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
