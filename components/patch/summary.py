"""A patch in short: the facts that the side drawer and the patch page begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.lists.columns import legality_text, status_text
from data.periods import format_day, format_month
from data.units import format_count, format_mu
from data.vocabulary import Domain, Legality, PatchType

Detail = Mapping[str, Any]
Fact = tuple[str, str]


def place_text(detail: Detail, names: Mapping[str, str]) -> str:
    """区市 · 乡镇 · 坐落, as far as known."""
    district = names.get(detail["district_code"], detail["district_code"])
    return " · ".join(p for p in (district, detail["town_name"], detail["location"]) if p)


def due_facts(detail: Detail) -> list[Fact]:
    """Days and deadlines of the procedure: D1, the correction, D2 (domain.md §4)."""
    year = detail["year"]
    facts = [("下发", format_day(detail["issued_on"], year))]
    if detail["domain"] == Domain.LAND.value:
        due = format_day(detail["due_on"], year)
        if detail["extended_to"]:
            due += "（已延期）"
        facts.append(("月清应上报", due))
    reported = format_day(detail["reported_on"], year) if detail["cleared"] else "—"
    if detail["late"]:
        days = (detail["reported_on"] - detail["due_on"]).days
        reported += f"（逾期{format_count(days)}天）"
    facts.append(("上报", reported))
    if detail["days_overdue"]:
        facts.append(("逾期", f"{format_count(detail['days_overdue'])} 天"))
    if detail["correction_due"]:
        facts.append(("改正期限", format_day(detail["correction_due"], year)))
    return facts


def area_facts(detail: Detail) -> list[Fact]:
    """Areas of the patch itself; unlawful ones only once a parcel was judged so."""
    facts = [
        ("监测面积", f"{format_mu(detail['area_mu'])} 亩"),
        ("占耕地", f"{format_mu(detail['farmland_mu'])} 亩"),
    ]
    if detail["basic_farmland_mu"]:
        facts.append(("占永久基本农田", f"{format_mu(detail['basic_farmland_mu'])} 亩"))
    if detail["redline_mu"]:
        facts.append(("占生态保护红线", f"{format_mu(detail['redline_mu'])} 亩"))
    if detail["unlawful_farmland_mu"]:
        facts.append(("违法占耕地", f"{format_mu(detail['unlawful_farmland_mu'])} 亩"))
        facts.append(("其中未整改", f"{format_mu(detail['remaining_farmland_mu'])} 亩"))
    return facts


def kind_facts(detail: Detail, names: Mapping[str, str]) -> list[Fact]:
    facts = [
        ("位置", place_text(detail, names)),
        ("图斑类型", PatchType(detail["patch_type"]).label),
    ]
    if detail["mineral"]:
        strategic = "（战略性矿种）" if detail.get("strategic_mineral") else ""
        facts.append(("矿种", detail["mineral"] + strategic))
    if detail["clearance_month"]:
        facts.append(("月清月份", format_month(detail["clearance_month"], detail["year"])))
    return facts


def fact_list(facts: Sequence[Fact]) -> html.Dl:
    return html.Dl(
        [html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts], className="fact-list"
    )


def legality_mark(value: str) -> Component:
    """The determination as a word with its colour; 待判定 carries hatching, not a fill."""
    return html.Span(
        [html.Span(className=f"swatch swatch-{Legality(value).value}"), legality_text(value)],
        className="legality",
    )


def status_marks(detail: Detail) -> html.Div:
    """What it is on the day, in two words."""
    tone = "late" if detail["late"] else "overdue" if detail["overdue"] else "plain"
    return html.Div(
        [
            html.Span(status_text(detail), className=f"status status-{tone}"),
            legality_mark(detail["legality"]),
        ],
        className="status-marks",
    )


def drawer_summary(detail: Detail, names: Mapping[str, str], href: str) -> html.Div:
    """The drawer's body; href: the patch's own page."""
    year = detail["year"]
    recent = list(detail["timeline"])[-4:][::-1]
    return html.Div(
        [
            status_marks(detail),
            fact_list([*kind_facts(detail, names), *due_facts(detail), *area_facts(detail)]),
            html.H3("最近办理", className="drawer-heading"),
            html.Ol(
                [
                    html.Li(
                        [
                            html.Time(format_day(event["on"], year)),
                            html.Span(event["what"], className="event-what"),
                            html.Span(event["detail"], className="event-detail"),
                        ]
                    )
                    for event in recent
                ],
                className="timeline timeline-short",
            ),
            dbc.Button("打开图斑页", href=href, color="primary", className="w-100"),
        ],
        className="drawer-summary",
    )
