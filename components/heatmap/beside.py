"""What stands beside the map of 违法占用: sums, hot spots, units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.parts.attributes import data
from components.parts.cards import definition_mark
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.definitions import Definition
from data.units import format_count


def title(text: str, definition: Definition) -> list[Component]:
    return [html.H2(text, className="card-heading"), definition_mark(definition)]


@dataclass(frozen=True, slots=True)
class Sum:
    """A part of the whole: its name, value and patches as texts, and the way to these."""

    name: str
    text: str
    patches: int
    href: str | None = None


def sums_table(sums: Sequence[Sum], unit: str) -> Component:
    """Parts and, last, what they add up to."""
    rows = [
        [
            Cell(s.name, tone="total" if at == len(sums) - 1 else ""),
            Cell(s.text, tone="total" if at == len(sums) - 1 else ""),
            Cell(format_count(s.patches), s.href if s.patches else None),
        ]
        for at, s in enumerate(sums)
    ]
    return plain_table(
        [TableColumn("范围"), TableColumn(unit, True), TableColumn("图斑（个）", True)],
        rows,
        "当前视图内外及合计",
        "sums-table",
    )


def spots_list(spots: Sequence[Mapping[str, Any]]) -> Component:
    """Ranked hot spots, each a button that moves the map there.

    Keys: rank, name, box (west, south, east, north), text, patches, change_text.
    """
    if not spots:
        return html.P("当前条件下没有集中区域。", className="muted")
    return html.Ol(
        [
            html.Li(
                html.Button(
                    [
                        html.Span(str(spot["rank"]), className="spot-rank"),
                        html.Span(spot["name"], className="spot-name"),
                        html.Span(spot["text"], className="spot-value"),
                        html.Small(
                            f"{format_count(spot['patches'])}个图斑"
                            + (f"，较一个月前{spot['change_text']}" if spot["change_text"] else ""),
                            className="spot-more",
                        ),
                    ],
                    type="button",
                    className="spot",
                    **data(box=",".join(f"{v:.6f}" for v in spot["box"])),
                )
            )
            for spot in spots
        ],
        className="spots",
    )


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A district or town: texts, or — where it has none. share: of the whole."""

    name: str
    text: str
    share: str
    density: str
    patches_href: str | None
    own_href: str | None = None


def units_table(rows: Sequence[UnitRow], kind: str, what: str, density: str) -> Component:
    """Units and, last, what they add up to."""

    def drawn(row: UnitRow, tone: str) -> list[str | Cell]:
        return [
            Cell(row.name, row.own_href, tone=tone),
            Cell(row.text, tone=tone),
            Cell(row.share, tone=tone),
            row.density,
            Cell("查看", row.patches_href) if row.patches_href else "",
        ]

    return plain_table(
        [
            TableColumn(kind),
            TableColumn(what, True),
            TableColumn("占比", True),
            TableColumn(density, True),
            TableColumn("图斑", True),
        ],
        [drawn(row, "total" if at == len(rows) - 1 else "") for at, row in enumerate(rows)],
        f"各{kind}的数量、占比和密度",
        "units-table",
    )
