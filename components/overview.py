"""What stands on 总览: key figures, ranking, map, triggers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.links import figure_href, href
from components.maps.base import Tiles, district_bounds, district_map
from components.parts.cards import KeyFigure, card, key_figure
from components.parts.contacts import Contacts
from components.parts.figure_text import (
    Lines,
    change_text,
    judged_ratio,
    other_variants,
    ratio_legend,
    ratio_margin,
    ratio_mark,
    ratio_standing,
    ratio_tone,
    shown,
)
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from components.triggers.card import ICONS, trigger_card, trigger_table
from data.definitions import DEFINITIONS, small_note
from data.units import SMALL, format_areas, format_count, format_rate, format_rates, meets
from data.vocabulary import RatioVariant, Severity

if TYPE_CHECKING:
    from data.triggers.matters import Matter

Figures = Mapping[str, Any]
Query = Mapping[str, str]

#: What the leader sees first; each leads to the list that adds up to it.
KEY_FIGURES = (
    "on_time_rate",
    "overdue",
    "ratio_net",
    "remaining_farmland_mu",
    "rectification_rate",
)
MOST_TRIGGERS = 3


def domain_line(query: Query, row: Figures, year: int) -> Component:
    """Land and mineral patches apart: only land has due dates and areas."""

    def counted(name: str) -> Component:
        link: Component = dcc.Link(f"{row[name]:,}个", href=figure_href(name, query))
        return link

    parts: list[Component | str] = [f"{year}年度已下发土地图斑", counted("due")]
    if row["mineral_patches"]:
        parts += ["、矿产图斑", counted("mineral_patches")]
        if row["mineral_unlawful_patches"]:
            parts += ["，其中判定违法", counted("mineral_unlawful_patches")]
        parts.append("（矿产不计月清、面积和比例）")
    return html.P([*parts, "。"], className="subline")


def key_figures(query: Query, row: Figures, past: Sequence[Figures], lines: Lines) -> Component:
    """At most five, each with its change against the last month's end and a tiny trend."""
    last = past[-1] if past else None
    boxes = []
    for key in KEY_FIGURES:
        name = f"ratio_{lines.variant}" if key == "ratio_net" else key
        definition = DEFINITIONS[name]
        text = shown(name, row[name], lines)
        change, good = change_text(name, row[name], last[name] if last else None)
        note, tone_of, mark = "", "", ""
        if key == "ratio_net":
            note = other_variants(row, lines)
            text += SMALL if row["small_denominator"] and row[name] is not None else ""
            tone_of, mark = ratio_mark(row, lines)
        boxes.append(
            key_figure(
                KeyFigure(
                    definition.label,
                    text,
                    "" if definition.unit == "%" or text == "—" else definition.unit,
                    definition,
                    figure_href(name, query),
                    change,
                    good,
                    tuple([p[name] for p in past] + [row[name]]),
                    note,
                    tone_of,
                    mark,
                )
            )
        )
    return html.Div(boxes, className="key-figures")


def standing_title(stands: Mapping[str, Matter | None]) -> str:
    """How many districts stand in which section, the gravest first."""
    sections = [matter.section for matter in stands.values() if matter is not None]
    said = "，".join(
        f"{sections.count(s)}个{_IN.get(s, '有' + s)}" for s in dict.fromkeys(sections)
    )
    return f"区市情况，由重到轻：{said}" if said else "区市情况：均未触发预警"


_IN = {"已达约谈线": "已达约谈线", "约谈": "达到约谈条件", "问责建议": "达到问责建议条件"}


def ranking(
    query: Query,
    rows: Mapping[str, Figures],
    stands: Mapping[str, Matter | None],
    lines: Lines,
    chosen: str | None,
) -> Component:
    """The districts in the order of `stands` (data.triggers.matters.standings), the gravest first.

    rows: their figures by code. What leads stands first, so that a phone shows it.
    """
    order = [rows[code] for code in stands]
    ratios = {v: format_rates([r[f"ratio_{v}"] for r in order], lines.ratios) for v in RatioVariant}
    others = [v for v in RatioVariant if v is not lines.variant]
    judged = f"ratio_{lines.variant}"
    on_time = format_rates([r["on_time_rate"] for r in order], lines.shares)
    areas = format_areas([r["remaining_farmland_mu"] for r in order])
    table: list[list[str | Cell]] = []
    for at, row in enumerate(order):
        own = {**query, "district": row["code"]}
        small = SMALL if row["small_denominator"] and row["patches"] else ""
        matter = stands[row["code"]]
        tone_of, word = ratio_standing(judged_ratio(row, lines), lines)
        if matter is not None and matter.rule == "T3":
            word = ""  # the column beside it says so
        table.append(
            [
                Cell(f"{row['short_name']}{small}", href(paths.OVERVIEW, own)),
                Cell(ratios[lines.variant][at], figure_href(judged, own), tone_of),
                Cell(ratio_margin(row, lines.interview_ratio, lines.variant), tone=tone_of,
                     below=Cell(word) if word else None),
                _standing(matter, own),
                *(Cell(ratios[v][at], figure_href(f"ratio_{v}", own)) for v in others),
                Cell(on_time[at], figure_href("on_time_rate", own)),
                Cell(format_count(row["overdue"]), figure_href("overdue", own)),
                Cell(areas[at], figure_href("remaining_farmland_mu", own)),
            ]
        )  # fmt: skip
    columns = [
        TableColumn("区市"),
        TableColumn("问责比例", True),
        TableColumn(f"较{format_rate(lines.interview_ratio)}线", True),
        TableColumn("最重的情况"),
        *(TableColumn(variant.label, True) for variant in others),
        TableColumn("按期率", True),
        TableColumn("逾期（个）", True),
        TableColumn("未消除（亩）", True),
    ]
    marked = next((at for at, row in enumerate(order) if row["code"] == chosen), None)
    return html.Div(
        [
            plain_table(columns, table, "各区市情况，由重到轻", "ranking", marked=marked),
            html.P(
                f"问责比例为{lines.variant.label}的口径；按期率为已到期图斑的按期上报率；"
                f"未消除为未消除违法占用耕地。{SMALL} {small_note()}。",
                className="note",
            ),
        ]
    )


def _standing(matter: Matter | None, query: Query) -> Cell:
    """What weighs most of a district, in its word and colour, leading to its warnings."""
    if matter is None:
        return Cell("—")
    gravest = matter.gravest
    tone_of = Severity(gravest["line"] or gravest["severity"]).value.replace("_", "-")
    icon = ICONS[Severity(gravest["line"] or gravest["severity"])]
    name = str(gravest["rule_name"])
    return Cell(f"{icon} {matter.section}", href(paths.TRIGGERS, query), f"severity-{tone_of}",
                below=Cell(name))  # fmt: skip


def map_card(
    query: Query,
    shapes: Sequence[dict[str, Any]],
    districts: Sequence[Figures],
    chosen: str | None,
    tiles: Tiles | None,
    lines: Lines,
) -> Component:
    """Districts coloured by their ratio and named with it: one figure, one meaning. Units without a
    shape stand in the map's frame with the same colours."""
    ratios = format_rates([judged_ratio(d, lines) for d in districts], lines.ratios)
    names = {
        d["code"]: f"{d['short_name']} {text}" for d, text in zip(districts, ratios, strict=True)
    }
    fills = {d["code"]: ratio_tone(judged_ratio(d, lines), lines) for d in districts}
    drawn = {shape["code"] for shape in shapes}
    undrawn = [d["code"] for d in districts if d["code"] not in drawn]
    inside = None
    if undrawn:
        chips = [
            html.Li(dcc.Link(names[code], href=href(paths.OVERVIEW, query, district=code)),
                    className=f"map-unit {fills[code] or ''}".strip())
            for code in undrawn
        ]  # fmt: skip
        inside = html.Div(
            [html.Span("界线未上传：" if drawn else "区市：", className="map-units-said"),
             html.Ul(chips)],
            className="map-units",
        )  # fmt: skip
    over = [d for d in districts if meets(judged_ratio(d, lines), lines.interview_ratio)]
    warned = [d for d in districts if meets(judged_ratio(d, lines), lines.warning_ratio)]
    line = format_rate(lines.interview_ratio if over else lines.warning_ratio)
    title = f"问责比例：{len(over or warned)}个区市达到{line}线"
    if not warned:
        judged = [d for d in districts if judged_ratio(d, lines) is not None]
        title = f"问责比例：各区市均低于{line}" if judged else "问责比例：尚无数据，不能判断"
    body = district_map(
        ids.Overview.MAP,
        shapes,
        label=f"各区市问责比例（{lines.variant.label}）",
        names=names,
        fills={code: fill for code, fill in fills.items() if fill},
        bounds=district_bounds(shapes, chosen),
        highlighted=chosen,
        tiles=tiles,
        legend=html.Span(
            [ratio_legend(lines), html.Span(f"数字和颜色均为问责比例（{lines.variant.label}）")],
            className="overview-legend",
        ),
        inside=inside,
    )
    return card(
        title,
        body,
        definition=DEFINITIONS["ratio_net"],
        menu=[
            dcc.Link("地图", href=href(paths.HEATMAP, query)),
        ],
        class_name="map-panel",
    )


def triggers_card(
    found: Sequence[Matter],
    said: str,
    rows: Mapping[str, Figures],
    query: Query,
    lines: Lines,
    *,
    contacts: Contacts,
    actions: Sequence[Component] = (),
) -> Component:
    """found: the matters in order. said: their number (data.triggers.matters.summary). rows:
    figures of every district and the city by code. The gravest stand open, the rest one click away.
    """
    first, rest = found[:MOST_TRIGGERS], found[MOST_TRIGGERS:]
    cards = [
        trigger_card(
            matter,
            rows[matter.district or matter.gravest["subject"]],
            query,
            lines,
            contacts.get(matter.district or "", ""),
        )
        for matter in first
    ]
    body: list[Component] = [html.Div(cards, className="triggers")]
    if rest:
        body.append(
            html.Details(
                [
                    html.Summary(f"展开其余{len(rest)}项"),
                    trigger_table(rest, rows, query, lines),
                ],
                className="more",
            )
        )
    if cards:
        body.append(
            html.P(
                dcc.Link("查看全部预警：算式、持续、解除条件", href=href(paths.TRIGGERS, query)),
                className="triggers-all",
            )
        )
    return card(
        f"已触发的预警：{said}" if found else "目前没有触发预警",
        body if cards else html.P("按现有数据，各项条件均未达到。"),
        definition=DEFINITIONS["ratio_net"],
        actions=actions,
        class_name="triggers-panel",
    )
