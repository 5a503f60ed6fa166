"""Patches on a map: shapes or points while they are few, counted cells when they are many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_leaflet as dl
from dash import html
from dash.development.base_component import Component

from components.maps.base import functions
from data.geo import collection, feature, geometry, point, rectangle
from data.units import format_count, format_mu
from data.vocabulary import Legality

#: Above this many patches in view they are drawn as counted cells.
MOST_FEATURES = 2000
#: From this zoom on a patch is larger than a dot and is drawn with its shape.
SHAPE_ZOOM = 13
#: Cells across the view.
CELLS = 40


def patch_layer(layer_id: str) -> dl.GeoJSON:
    """The layer that callbacks fill; hideout {"selected": id} marks one patch."""
    return dl.GeoJSON(
        id=layer_id,
        data=collection([]),
        style=functions("patchStyle"),
        pointToLayer=functions("patchPoint"),
        onEachFeature=functions("patchTooltip"),
        hideout={"selected": None},
    )


def _hint(row: dict[str, Any]) -> str:
    overdue = f"，逾期{row['days_overdue']}天" if row["days_overdue"] else ""
    return f"{row['patch_no']}：{format_mu(row['area_mu'])}亩{overdue}"


def patch_features(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Rows of queries.patch_list.map_features → FeatureCollection; without a shape a point."""
    return collection(
        [
            feature(
                geometry(row["geom"]) if row["geom"] else point(row["lon"], row["lat"]),
                id=row["id"],
                patch_no=row["patch_no"],
                kind="shape" if row["geom"] else "point",
                overdue=bool(row["overdue"]),
                hint=_hint(row),
            )
            for row in rows
        ]
    )


def bin_features(bins: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Cells of queries.patch_list.map_bins → FeatureCollection; strength 0–1 by rank of count."""
    steps = bin_steps(bins)
    return collection(
        [
            feature(
                rectangle(cell["box"]),
                kind="bin",
                strength=sum(cell["count"] >= low for low, _ in steps) / max(len(steps), 1),
                hint=f"{format_count(cell['count'])}个图斑，{format_mu(cell['area_mu'])}亩",
            )
            for cell in bins
        ]
    )


def bin_steps(bins: Sequence[dict[str, Any]]) -> list[tuple[int, int]]:
    """Up to four classes of counts, as inclusive (low, high) pairs: 1, then tripling."""
    if not bins:
        return []
    highest = max(cell["count"] for cell in bins)
    lows = [1]
    while len(lows) < 4 and lows[-1] * 3 <= highest:
        lows.append(lows[-1] * 3 if lows[-1] > 1 else 3)
    highs = [low - 1 for low in lows[1:]] + [highest]
    return list(zip(lows, highs, strict=True))


def patch_legend(shown: int, named: str, *, overdue_only: bool = True) -> Component:
    """Shown as points or shapes. named: what the list calls its patches."""
    marks: list[Any] = [html.Span(className="legend-dot")]
    if not overdue_only:
        marks += ["逾期未报", html.Span(className="legend-dot legend-dot-other"), "未逾期 · "]
    return html.Span(
        [*marks, f"{named} {format_count(shown)} 个，点按查看"], className="map-legend"
    )


def bin_legend(bins: Sequence[dict[str, Any]]) -> Component:
    """Shown as cells: patches a cell by class."""
    steps = bin_steps(bins)
    marks: list[Any] = ["每格图斑数"]
    for position, (low, high) in enumerate(steps, start=1):
        label = format_count(low) if low == high else f"{format_count(low)}–{format_count(high)}"
        marks += [
            html.Span(
                className="legend-cell",
                style={"opacity": 0.15 + 0.75 * position / len(steps)},
            ),
            label,
        ]
    return html.Span([*marks, "，放大后显示图斑"], className="map-legend")


def single_patch(detail: dict[str, Any]) -> dl.GeoJSON:
    """One patch in the colour of its determination."""
    shape = geometry(detail["geom"]) if detail["geom"] else point(detail["lon"], detail["lat"])
    legality = Legality(detail["legality"])
    return dl.GeoJSON(
        data=collection([feature(shape, kind="single", legality=legality.value)]),
        style=functions("patchStyle"),
        pointToLayer=functions("patchPoint"),
        interactive=False,
    )
