"""Triggers as cards: who, what, value against line, margin, clause (domain.md §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from components import paths
from components.links import href
from components.parts.contacts import call_text
from components.parts.figure_text import Lines, margin_to_line, other_variants
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from components.triggers.map import map_href
from data.periods import format_month
from data.trigger_row import Trigger
from data.units import format_mu, format_rate
from data.variants import SPLIT, dividing_lines
from data.vocabulary import Measure, Severity

if TYPE_CHECKING:
    from data.triggers.matters import Matter


Figures = Mapping[str, Any]

ICONS = {
    Severity.NOTICE: "●",
    Severity.EARLY_WARNING: "▲",
    Severity.INTERVIEW: "◆",
    Severity.ACCOUNTABILITY: "■",
}


def severity_text(severity: str, line: str | None = None) -> str:
    """Word and icon; a line reached is said plainly."""
    reached = Severity(line) if line else None
    text = f"{ICONS[reached or Severity(severity)]} {Severity(severity).label}"
    return text if reached is None else f"{text} · 已达{reached.label}线"


def severity_mark(severity: str, line: str | None = None) -> Component:
    """The text in the colour of the severity."""
    shown = Severity(line or severity).value.replace("_", "-")
    return html.Span(severity_text(severity, line), className=f"severity severity-{shown}")


def trigger_card(
    matter: Matter,
    row: Figures,
    query: Mapping[str, str],
    lines: Lines,
    contact: str = "",
) -> Component:
    """One card for a matter. row: the figures of its district, or the city's. contact: whom to
    call there."""
    gravest = matter.gravest
    value, margin = _words(matter, row, lines)
    own = query if matter.district is None else {**query, "district": matter.district}
    target, word = matter_href(matter, query)
    body: list[Any] = [html.P(value, className="trigger-value")]
    if margin:
        body.append(html.P(margin, className="trigger-margin"))
    if gravest["rule"] == "T1":
        body.append(_months(matter, own))
    return html.Article(
        [
            html.Div(
                [
                    html.Strong(matter.unit),
                    severity_mark(gravest["severity"], gravest["line"]),
                ],
                className="trigger-head",
            ),
            *body,
            *([html.P(call_text(contact), className="trigger-call")] if contact else []),
            html.Div(
                [
                    html.Span(
                        f"{measures(matter)} · 工作方案{gravest['clause']}",
                        title=gravest["citation"],
                    ),
                    html.Span(
                        [*_on_map(matter, query), dcc.Link(word, href=target)],
                        className="trigger-links",
                    ),
                ],
                className="trigger-foot",
            ),
        ],
        className="trigger",
    )


def trigger_table(
    found: Sequence[Matter],
    rows: Mapping[str, Figures],
    query: Mapping[str, str],
    lines: Lines,
) -> Component:
    """The same in a line each, for the less grave: rows are the subjects' figures by code."""
    table: list[list[str | Cell]] = []
    for matter in found:
        gravest = matter.gravest
        row = rows[gravest["district"] or gravest["subject"]]
        value, margin = _words(matter, row, lines)
        target, _ = matter_href(matter, query)
        severity = Severity(gravest["line"] or gravest["severity"])
        tone = f"severity-{severity.value.replace('_', '-')}"
        table.append(
            [
                Cell(matter.unit, target),
                Cell(severity_text(gravest["severity"], gravest["line"]), tone=tone),
                Cell(value, below=Cell(margin) if margin else None),
                Cell(f"{measures(matter)} · {gravest['clause']}", title=gravest["citation"]),
            ]
        )
    columns = [TableColumn("对象"), TableColumn("程度"), TableColumn("情况"), TableColumn("依据")]
    return plain_table(columns, table, "其余已触发的预警", "trigger-table")


def behind_count(trigger: Trigger) -> int:
    """How many patches stand behind a trigger, whether they were read or only counted."""
    return int(trigger["behind"]) if "behind" in trigger else len(trigger["patches"])


def patches_href(trigger: Trigger, query: Mapping[str, str], year: int) -> str:
    """The patches behind a trigger: the patch itself, or a list with its map."""
    if not trigger["key"]:
        return href(paths.patch(year, str(trigger["subject"])), query)
    return behind_href(trigger["key"], trigger["district"], query)


def matter_href(matter: Matter, query: Mapping[str, str]) -> tuple[str, str]:
    """(where what stands behind a matter is seen, what the link says)."""
    gravest = matter.gravest
    own = query if matter.district is None else {**query, "district": matter.district}
    if matter.rule == "T1":
        return href(paths.OVERDUE, own), "查看逾期图斑"
    if matter.count > 1 and not matter.of_patches:
        return href(paths.TRIGGERS, own, rule=matter.rule), "逐月查看"
    if matter.count > 1:
        return behind_href(matter.key, matter.district, query), f"查看{matter.count:,}个图斑"
    year = int(str(gravest["period"])[:4])
    return patches_href(gravest, query, year), "查看所依据的图斑"


def behind_href(key: str, district: str | None, query: Mapping[str, str]) -> str:
    """The list of the patches behind what a key names, on a map. district: None for a city's."""
    return href(paths.TRIGGER_PATCHES, {**query, "district": district or ""}, trigger=key)


def _on_map(matter: Matter, query: Mapping[str, str]) -> list[Component]:
    """Where the protected land of T4 is occupied: the kind of which more is left."""
    address = map_href(matter.triggers, query) if matter.rule == "T4" else None
    return [dcc.Link("地图", href=address)] if address else []


def measures(matter: Matter) -> str:
    return "、".join(dict.fromkeys(Measure(t["measure"]).label for t in matter.triggers))


def _words(matter: Matter, row: Figures, lines: Lines) -> tuple[str, str]:
    """(what and how much, how far from which line)."""
    first = matter.gravest
    # an area line says its own formula
    if first["rule"] == "T3" and first["unit"] == "ratio":
        value = format_rate(first["value"], lines.ratios)
        split = f"；{SPLIT}" if dividing_lines(row, lines.ratios) else ""
        return (
            f"问责比例（{lines.variant.label}）{value}（{other_variants(row, lines)}）",
            f"{margin_to_line(row, lines)}{split}",
        )
    if first["rule"] == "T4":
        kinds = (
            ("永久基本农田", row["remaining_basic_farmland_mu"]),
            ("生态保护红线", row["remaining_redline_mu"]),
        )
        line_mu = lines.interview_mu
        remaining = "、".join(f"{n} {format_mu(a, (line_mu,))} 亩" for n, a in kinds if a > 0)
        return (f"违法占用未消除：{remaining}", str(first["margin"]))
    if first["rule"] in ("T1", "T2"):
        return matter.words, "".join(matter.notes[:1])
    if matter.of_patches:
        return matter.words, ""
    return f"{first['rule_name']}：{first['formula']}", str(first["margin"])


def _months(matter: Matter, query: Mapping[str, str]) -> Component:
    """Each month with its on-time share, leading to its overdue patches."""
    shares = {trigger["period"]: trigger for trigger in matter.triggers}
    return html.Ul(
        [
            html.Li(
                dcc.Link(
                    f"{format_month(month, int(month[:4]))} "
                    f"{format_rate(trigger['value'], (trigger['threshold'],))}",
                    href=href(paths.OVERDUE, query, month=month),
                )
            )
            for month, trigger in sorted(shares.items())
        ],
        className="trigger-months",
    )
