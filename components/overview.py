"""What stands on 总览: key figures, ranking, map, triggers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.links import href
from components.maps.base import Tiles, district_bounds, district_map
from components.parts.cards import KeyFigure, card, key_figure
from components.parts.figure_text import (
    Lines,
    change_text,
    ratio_margin,
    shown,
    tone,
    tone_legend,
)
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from components.triggers.card import trigger_card, trigger_table
from data.definitions import DEFINITIONS
from data.units import SMALL, format_count, format_mu, format_rate

if TYPE_CHECKING:
    from data.triggers.matters import Matter

Figures = Mapping[str, Any]
Query = Mapping[str, str]

#: What the leader sees first: figure, status of the list it leads to ("" for /overdue).
KEY_FIGURES: tuple[tuple[str, str], ...] = (
    ("on_time_rate", "late"),
    ("overdue", ""),
    ("ratio_net", "unlawful"),
    ("remaining_farmland_mu", "unlawful"),
    ("rectification_rate", "unlawful"),
)
MOST_TRIGGERS = 3


def domain_line(row: Figures, year: int) -> Component:
    """Land and mineral patches apart: only land has due dates and areas."""
    text = f"{year}年度已下发土地图斑{row['due']:,}个"
    if row["mineral_patches"]:
        unlawful = row["mineral_unlawful_patches"]
        judged = f"，其中判定违法{unlawful:,}个" if unlawful else ""
        text += f"、矿产图斑{row['mineral_patches']:,}个{judged}（矿产不计月清、面积和比例）"
    return html.P(f"{text}。", className="subline")


def key_figures(query: Query, row: Figures, past: Sequence[Figures], lines: Lines) -> Component:
    """At most five, each with its change against the last month's end and a tiny trend."""
    last = past[-1] if past else None
    boxes = []
    for name, status in KEY_FIGURES:
        definition = DEFINITIONS[name]
        text = shown(name, row[name], lines)
        change, good = change_text(name, row[name], last[name] if last else None)
        note = ""
        if name == "ratio_net":
            note = f"未扣除 {shown('ratio_gross', row['ratio_gross'], lines)}"
            text += SMALL if row["small_denominator"] and row[name] is not None else ""
        boxes.append(
            key_figure(
                KeyFigure(
                    definition.label,
                    text,
                    "" if definition.unit == "%" or text == "—" else definition.unit,
                    definition,
                    href("/patches", query, status=status) if status else href("/overdue", query),
                    change,
                    good,
                    tuple([p[name] for p in past] + [row[name]]),
                    note,
                )
            )
        )
    return html.Div(boxes, className="key-figures")


def ranked(districts: Sequence[Figures]) -> list[tuple[int | None, Figures]]:
    """(rank, district) by on-time rate; equal rates share a rank, no base no rank, those last."""

    def order(row: Figures) -> tuple[bool, float]:
        return row["on_time_rate"] is None, -(row["on_time_rate"] or 0.0)

    result: list[tuple[int | None, Figures]] = []
    for at, row in enumerate(sorted(districts, key=order), start=1):
        before = result[-1] if result else None
        same = before is not None and before[1]["on_time_rate"] == row["on_time_rate"]
        rank = None if row["on_time_rate"] is None else before[0] if before and same else at
        result.append((rank, row))
    return result


def ranking_title(districts: Sequence[Figures], lines: Lines) -> str:
    """Names the first and the last, unless few patches put them there."""
    fair = [r for r in districts if r["on_time_rate"] is not None and not r["small_denominator"]]
    if len(fair) < 2:
        return "区市按期上报率排名"
    worst = min(fair, key=lambda row: row["on_time_rate"])
    best = max(fair, key=lambda row: row["on_time_rate"])
    if best["on_time_rate"] == worst["on_time_rate"]:
        return "各区市按期上报率相同"
    low = format_rate(worst["on_time_rate"], lines.shares)
    return f"{best['short_name']}按期上报率最高，{worst['short_name']}最低（{low}）"


def ranking(
    query: Query,
    districts: Sequence[Figures],
    lines: Lines,
    chosen: str | None,
) -> Component:
    table: list[list[str | Cell]] = []
    chosen_at: int | None = None
    for at, (rank, row) in enumerate(ranked(districts)):
        own = {**query, "district": row["code"]}
        small = SMALL if row["small_denominator"] and row["patches"] else ""
        if row["code"] == chosen:
            chosen_at = at
        table.append(
            [
                Cell(f"{row['short_name']}{small}", href("/", own)),
                "—" if rank is None else str(rank),
                Cell(
                    format_rate(row["on_time_rate"], lines.shares),
                    href("/patches", own, status="late"),
                ),
                Cell(format_count(row["overdue"]), href("/overdue", own)),
                format_rate(row["ratio_gross"], lines.ratios),
                Cell(
                    format_rate(row["ratio_net"], lines.ratios),
                    href("/patches", own, status="unlawful"),
                ),
                ratio_margin(row, lines.interview_ratio),
                format_mu(row["remaining_farmland_mu"]),
            ]
        )
    columns = [
        TableColumn("区市"),
        TableColumn("名次", True),
        TableColumn("按期率", True),
        TableColumn("逾期（个）", True),
        TableColumn("比例·未扣除", True),
        TableColumn("比例·扣除", True),
        TableColumn(f"距{format_rate(lines.interview_ratio)}线", True),
        TableColumn("未消除（亩）", True),
    ]
    return html.Div(
        [
            plain_table(
                columns, table, "各区市按期上报率排名及问责比例", "ranking", marked=chosen_at
            ),
            html.P(
                "按期率为已到期图斑的按期上报率；比例为问责比例，扣除指扣除已消除违法状态的；"
                f"未消除为未消除违法占用耕地。{SMALL} 基数小：图斑不足10个，或新增建设占用耕地不足"
                "30亩。",
                className="note",
            ),
        ]
    )


def map_card(
    query: Query,
    shapes: Sequence[dict[str, Any]],
    districts: Sequence[Figures],
    chosen: str | None,
    tiles: Tiles | None,
    lines: Lines,
    stamp: str,
) -> Component:
    """Districts coloured by on-time rate, with their overdue patches."""
    drawn = {shape["code"] for shape in shapes}
    names = {d["code"]: f"{d['short_name']} {d['overdue']}" for d in districts}
    without = "、".join(names[d["code"]] for d in districts if d["code"] not in drawn)
    legend = html.Span(
        [
            tone_legend(lines.warning_share),
            html.Span("数字为逾期未报图斑（个）" + (f"；另有 {without}" if without else "")),
        ],
        className="overview-legend",
    )
    overdue = sum(d["overdue"] for d in districts)
    most = max(districts, key=lambda d: d["overdue"], default=None)
    title = "没有逾期未报的图斑"
    if overdue and most is not None:
        title = f"{overdue:,}个图斑逾期未报，{most['short_name']}最多（{most['overdue']:,}个）"
    body = district_map(
        ids.Overview.MAP,
        shapes,
        label="各区市按期上报率和逾期未报图斑数",
        names=names,
        fills={
            d["code"]: fill
            for d in districts
            if (fill := tone(d["on_time_rate"], lines.warning_share))
        },
        bounds=district_bounds(shapes, chosen),
        highlighted=chosen,
        tiles=tiles,
        legend=legend,
    )
    return card(
        title,
        body,
        definition=DEFINITIONS["overdue"],
        stamp=stamp,
        menu=[
            dcc.Link("地图", href=href("/heatmap", query)),
            dcc.Link("查看图斑", href=href("/overdue", query)),
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
    stamp: str,
    actions: Sequence[Component] = (),
) -> Component:
    """found: the matters in order. said: their number (data.triggers.matters.summary). rows:
    figures of every district and the city by code. The gravest stand open, the rest one click away.
    """
    first, rest = found[:MOST_TRIGGERS], found[MOST_TRIGGERS:]
    cards = [
        trigger_card(matter, rows[matter.district or matter.gravest["subject"]], query, lines)
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
                dcc.Link("查看全部预警：算式、持续、解除条件", href=href("/triggers", query)),
                className="triggers-all",
            )
        )
    return card(
        f"已触发的预警：{said}" if found else "目前没有触发预警",
        body if cards else html.P("按现有数据，各项条件均未达到。"),
        definition=DEFINITIONS["ratio_net"],
        stamp=stamp,
        actions=actions,
        class_name="triggers-panel",
    )
