"""The names of districts on a map picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import shapely
from matplotlib.patheffects import withStroke

from data.colours import tokens
from data.maps.picture_layers import Sheet
from data.maps.picture_page import Page


def draw_names(
    page: Page, sheet: Sheet, shapes: Sequence[dict[str, Any]], names: dict[str, str]
) -> None:
    """The districts' names inside what is seen of them; one that fills the map stands in the
    corner, where it hides no patch. A name that would lie on another is left out."""
    mm = sheet.px_per_mm
    placed: list[tuple[float, float]] = []
    seen = shapely.box(*sheet.box)
    for shape in shapes:
        visible = shapely.intersection(shapely.make_valid(shapely.from_wkb(shape["geom"])), seen)
        if shapely.is_empty(visible) or shapely.area(visible) < 0.004 * shapely.area(seen):
            continue
        largest = max(shapely.get_parts(visible), key=lambda part: float(shapely.area(part)))
        centre = shapely.centroid(largest)
        if not shapely.contains(largest, centre):
            centre = shapely.point_on_surface(largest)
        x, y = sheet.xy(shapely.get_coordinates(centre))[0]
        fills = shapely.area(visible) > 0.5 * shapely.area(seen)
        if fills:
            x, y = sheet.window.width - 2.5 * mm, sheet.window.height - 2.5 * mm
        if any(abs(x - px) < 16 * mm and abs(y - py) < 5 * mm for px, py in placed):
            continue
        placed.append((x, y))
        sheet.axes.text(
            x,
            y,
            names.get(shape["code"], shape["name"] or ""),
            fontproperties=page.font(8.5),
            color=tokens()["soft"],
            ha="right" if fills else "center",
            va="bottom" if fills else "center",
            zorder=8,
            parse_math=False,
            path_effects=[withStroke(linewidth=2, foreground="#FFFFFFD0")],
        )
