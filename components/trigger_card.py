"""A trigger as a card: who, what, value against line, margin, clause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from data.units import format_mu, format_rate
from data.vocabulary import Measure, Severity

ICONS = {
    Severity.NOTICE: "●",
    Severity.EARLY_WARNING: "▲",
    Severity.INTERVIEW: "◆",
    Severity.ACCOUNTABILITY: "■",
}


def severity_mark(severity: str, line: str | None = None) -> Component:
    """Word and icon in the colour of the severity; a line reached is said plainly."""
    reached = Severity(line) if line else None
    shown = reached or Severity(severity)
    text = f"{ICONS[shown]} {Severity(severity).label}"
    if reached is not None:
        text += f" · 已达{reached.label}线"
    return html.Span(text, className=f"severity severity-{shown.value.replace('_', '-')}")


def trigger_value(trigger: Mapping[str, Any]) -> str:
    """`12.3%（线 10%）`, `30.2亩`: the value with as many decimals as keep it on its side."""
    value, threshold = trigger["value"], trigger["threshold"]
    if trigger["unit"] == "mu":
        return f"{format_mu(value, (threshold,))}亩"
    return f"{format_rate(value, (threshold,))}（线{format_rate(threshold)}）"


def trigger_card(trigger: Mapping[str, Any], count: int, href: str) -> Component:
    """count: patches behind it; href: where they are listed."""
    return html.Article(
        [
            html.Div(
                [
                    html.Strong(trigger["subject_name"]),
                    severity_mark(trigger["severity"], trigger["line"]),
                ],
                className="trigger-head",
            ),
            html.P(
                f"{trigger['rule_name']}：{trigger_value(trigger)}"
                + (f"，{trigger['note']}" if trigger["note"] else ""),
                className="trigger-value",
            ),
            html.Div(
                [
                    html.Span(f"{Measure(trigger['measure']).label} · 工作方案{trigger['clause']}"),
                    dcc.Link(f"{count}个图斑" if count else "查看图斑", href=href),
                ],
                className="trigger-foot",
            ),
        ],
        className="trigger",
        title=trigger["citation"],
    )
