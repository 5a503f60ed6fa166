"""Cards, key figures, and what stands where there is nothing to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from components import paths
from components.parts.attributes import aria, data
from components.parts.card_menu import card_menu
from components.parts.help import Explained, help_link
from data.definitions import Definition, anchor_of


def definition_mark(definition: Definition, aside: str = "") -> Component:
    """The ⓘ beside a figure: its definition and clause, by mouse and by keyboard. aside: what else
    belongs there. A ratio's also leads to how it is checked."""
    name = anchor_of(definition)
    is_ratio = definition.unit == "%" and name.startswith(("ratio_", "land_ratio_"))
    return html.Details(
        [
            html.Summary(
                "ⓘ", className="definition-mark", **aria(label=f"{definition.label}的口径")
            ),
            html.Div(
                [
                    html.Strong(definition.label),
                    html.Span(f"（{definition.unit}）"),
                    html.P(definition.text),
                    *([html.P(aside)] if aside else []),
                    html.Small(f"依据：工作方案 {definition.clause}"),
                    rule_link(name),
                    help_link(Explained.RATIO, "三种口径，怎样核对") if is_ratio else None,
                ],
                className="definition-text",
            ),
        ],
        className="definition",
    )


def rule_link(anchor: str, words: str = "查看规则口径") -> Component:
    """To a figure or rule on /rules, in the view as the address has it (assets/js/prose.js)."""
    target = f"{paths.RULES}#{anchor}"
    return html.A(words, href=target, className="definition-more", **data(carry=target))


def headline(parts: Sequence[str]) -> Component:
    """A page in a sentence: its leading matter, and the others smaller below it."""
    rest: list[Component] = []
    if parts[1:]:
        rest = [
            html.Span("；", className="visually-hidden"),
            html.Span("；".join(parts[1:]), className="headline-rest"),
        ]
    return html.H1([parts[0], *rest], className="headline")


def card(
    title: str,
    body: Any,
    *,
    definition: Definition | None = None,
    aside: str = "",
    note: str = "",
    menu: Sequence[Component] = (),
    actions: Sequence[Component] = (),
    class_name: str = "",
) -> Component:
    """A titled box. aside: what the ⓘ says beside the definition. menu: what stands open in its
    head. actions: entries of its menu (components/parts/card_menu.py). note: what stands below. Day
    and version of the data stand once, in the frame's foot.
    """
    head: list[Any] = [html.H2(title, className="card-heading")]
    if definition is not None:
        head.append(definition_mark(definition, aside))
    if menu or actions:
        entries = [*menu, *([card_menu(title, actions)] if actions else [])]
        head.append(html.Div(entries, className="card-menu"))
    parts: list[Any] = [
        html.Div(head, className="card-head"),
        html.Div(body, className="card-body"),
    ]
    if note:
        parts.append(html.P(note, className="note"))
    return html.Section(parts, className=f"panel {class_name}".strip())


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """value: formatted. change: against the last month's end, formatted, with whether it is good.
    trend: values for the tiny line, oldest first, None for no value. note: what stands beside it.
    tone, mark: class and words of a line that it has reached, and how far it is from one.
    """

    label: str
    value: str
    unit: str
    definition: Definition
    href: str
    change: str = ""
    change_is_good: bool | None = None
    trend: tuple[float | None, ...] = ()
    note: str = ""
    tone: str = ""
    mark: str = ""


def key_figure(figure: KeyFigure) -> Component:
    tone = {True: "good", False: "bad", None: "even"}[figure.change_is_good]
    return html.Div(
        [
            html.Div(
                [html.Span(figure.label), definition_mark(figure.definition)],
                className="key-label",
            ),
            dcc.Link(
                [
                    html.Strong(figure.value),
                    html.Span(figure.unit or figure.note, className="key-unit"),
                ],
                href=figure.href,
                className=f"key-value {figure.tone}".strip(),
            ),
            *(
                [html.Div(figure.mark, className=f"key-mark {figure.tone}".strip())]
                if figure.mark
                else []
            ),
            html.Div(
                [
                    html.Span(figure.change, className=f"key-change key-{tone}"),
                    sparkline(figure.trend, figure.label),
                ],
                className="key-foot",
            ),
        ],
        className="key-figure",
    )


def line_points(values: Sequence[float | None]) -> str:
    """Points of a tiny line, 80 by 22; nothing for fewer than two values."""
    known = [(i, v) for i, v in enumerate(values) if v is not None]
    if len(known) < 2:
        return ""
    low, high = min(v for _, v in known), max(v for _, v in known)
    span, last = (high - low) or 1.0, max(len(values) - 1, 1)
    return " ".join(f"{2 + 76 * i / last:.1f},{20 - 16 * (v - low) / span:.1f}" for i, v in known)


def sparkline(values: Sequence[float | None], label: str) -> Component:
    """A tiny line as an image, drawn here: no script, prints well."""
    points = line_points(values)
    if not points:
        return html.Span(className="sparkline")
    svg = (
        "%3Csvg xmlns='http://www.w3.org/2000/svg' width='80' height='22'%3E"
        f"%3Cpolyline points='{points}' fill='none' stroke='%231F5FAE' stroke-width='1.5'/%3E"
        "%3C/svg%3E"
    )
    return html.Img(
        src=f"data:image/svg+xml,{svg}", alt=f"{label}近几个月的变化", className="sparkline"
    )


def skeleton(kind: str) -> Component:
    """Grey shapes of what is coming, in its place: "page", "list", "card"."""
    blocks = {"page": 6, "list": 8, "card": 3}[kind]
    return html.Div(
        [html.Div(className="skeleton-line") for _ in range(blocks)],
        className=f"skeleton skeleton-{kind}",
        role="status",
        **aria(label="正在加载"),
    )


def empty(reason: str, next_step: str, href: str | None = None) -> Component:
    """Why there is nothing, and what to do about it."""
    step: Any = dcc.Link(next_step, href=href) if href else next_step
    return html.Div([html.P(reason), html.P(step)], className="empty")


def error_panel(
    message: str | Sequence[str], back_href: str, back: str = "返回", help_href: str = ""
) -> Component:
    """What went wrong, a sentence or several, and the way back. help_href: what explains it."""
    sentences = [message] if isinstance(message, str) else message
    return html.Div(
        [
            html.Div([html.P(sentence) for sentence in sentences]),
            dcc.Link(back, href=back_href, className="btn btn-outline-primary btn-sm"),
            dcc.Link("怎么办", href=help_href, className="error-help") if help_href else None,
        ],
        className="error-panel",
        role="alert",
    )


def problem_notes(problems: Sequence[str], back_href: str) -> list[Component]:
    """What in the address was not understood, with the way back."""
    return [error_panel(problems, back_href, "改用默认值查看")] if problems else []
