"""The names of districts and towns on a map picture, none upon another.

Towns are named from some fifty kilometres across on. Where their boundaries were not uploaded, a
name stands in the middle of the town's patches, and the legend says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from matplotlib.patheffects import withStroke

from data.colours import tokens
from data.maps.ground import metres_per_unit
from data.maps.picture_layers import Asked, Sheet
from data.maps.picture_page import Page, mm_of
from data.maps.points import selected
from data.store.queries.places import town_shapes, towns

_DISTRICT_POINTS, _TOWN_POINTS = 8.5, 6.5
_TOWNS_UPTO_KM = 55.0
#: Share of the view from which on a place is named.
_LEAST = 0.004
#: Share from which on no other district is in the corner.
_WHOLE = 0.999
#: Patches of which the middle says where a town is.
_LEAST_PATCHES = 5
#: Between names, and of names from the edge.
_GAP_MM = 0.8
#: What stands on the map itself, width and height: the north arrow top right, the scale bar.
_NORTH_MM, _SCALE_BAR_MM = (9.0, 13.0), (36.0, 9.0)
BY_PATCHES = "尚无乡镇界，乡镇名标在其图斑的中部"

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Name:
    """x, y: of its middle, in pixels; of its lower right corner where `corner`. points: size of
    the font. weight: of two that collide the heavier stays."""

    text: str
    x: float
    y: float
    points: float
    weight: float
    corner: bool = False

    def box(self, px_per_mm: float) -> Box:
        """Left, top, right, bottom."""
        high = mm_of(self.points) * px_per_mm
        wide = high * sum(1.0 if ord(c) > 0x2E7F else 0.56 for c in self.text)
        right = self.x if self.corner else self.x + wide / 2
        bottom = self.y if self.corner else self.y + high / 2
        return right - wide, bottom - high, right, bottom


def draw_names(
    page: Page,
    asked: Asked,
    sheet: Sheet,
    shapes: Sequence[dict[str, Any]],
    names: Mapping[str, str],
) -> list[str]:
    """shapes: of the districts, names: theirs, by code. → what the legend has to say of it."""
    found = _districts(sheet, shapes, names)
    notes: list[str] = []
    if _km_across(sheet) <= _TOWNS_UPTO_KM:
        bounded = town_shapes(asked.conn)
        notes = [] if bounded else [BY_PATCHES]
        found += _towns_by_shape(sheet, bounded) if bounded else _towns_by_patches(asked, sheet)
    kept = without_overlap(found, sheet)
    for name in kept:
        _draw(page, sheet, name)
    return notes if any(name.points == _TOWN_POINTS for name in kept) else []


def _km_across(sheet: Sheet) -> float:
    km_a_unit = float(metres_per_unit((sheet.box[1] + sheet.box[3]) / 2)) / 1000
    return km_a_unit * sheet.window.width / sheet.window.scale


def without_overlap(names: Iterable[Name], sheet: Sheet) -> list[Name]:
    """The names that have room on the map, the largest script first, then the heaviest."""
    mm, window = sheet.px_per_mm, sheet.window
    gap = _GAP_MM * mm
    taken: list[Box] = [
        (window.width - _NORTH_MM[0] * mm, 0.0, float(window.width), _NORTH_MM[1] * mm),
        (0.0, window.height - _SCALE_BAR_MM[1] * mm, _SCALE_BAR_MM[0] * mm, float(window.height)),
    ]
    kept = []
    for name in sorted(names, key=lambda n: (-n.points, -n.weight, n.text)):
        left, top, right, bottom = name.box(mm)
        if left < gap or top < gap or right > window.width - gap or bottom > window.height - gap:
            continue
        if any(
            left < box[2] + gap and right > box[0] - gap and top < box[3] + gap
            and bottom > box[1] - gap
            for box in taken
        ):  # fmt: skip
            continue
        taken.append((left, top, right, bottom))
        kept.append(name)
    return kept


# ---- whose names ---------------------------------------------------------------------------------


def _districts(
    sheet: Sheet, shapes: Sequence[dict[str, Any]], names: Mapping[str, str]
) -> list[Name]:
    """Inside what is seen of each; one that fills the map stands in the corner, where it hides no
    patch."""
    found = []
    mm, window = sheet.px_per_mm, sheet.window
    for shape, visible, share in _visible(sheet, shapes):
        text = names.get(shape["code"], shape["name"] or "")
        fills = share > _WHOLE
        x, y = _middle(sheet, visible)
        if fills:
            x, y = window.width - 2.5 * mm, window.height - 2.5 * mm
        found.append(Name(text, x, y, _DISTRICT_POINTS, share, fills))
    return found


def _towns_by_shape(sheet: Sheet, shapes: Sequence[dict[str, Any]]) -> list[Name]:
    return [
        Name(shape["name"], *_middle(sheet, visible), _TOWN_POINTS, share)
        for shape, visible, share in _visible(sheet, shapes)
        if shape["name"]
    ]


def _towns_by_patches(asked: Asked, sheet: Sheet) -> list[Name]:
    """In the middle of all the reader's patches of the day, so that a name has one place whatever
    the view."""
    cube, patches = asked.cube, asked.cube.patches
    named = {town["code"]: town["name"] for town in towns(asked.conn)}
    everywhere = replace(asked.question.now, months=(), patch_type=None)
    rows = np.flatnonzero(selected(cube, asked.scope, everywhere, slice(0, cube.located)))
    number = np.asarray(patches["town"][rows])
    found = []
    for at in np.unique(number[number >= 0]).tolist():
        own = rows[number == at]
        text = named.get(cube.names["town"][at])
        if text and len(own) >= _LEAST_PATCHES:
            middle = np.array([[np.median(patches[key][own]) for key in ("lon", "lat")]])
            x, y = sheet.xy(middle)[0]
            found.append(Name(text, float(x), float(y), _TOWN_POINTS, float(len(own))))
    return found


def _visible(
    sheet: Sheet, shapes: Sequence[dict[str, Any]]
) -> Iterable[tuple[dict[str, Any], Any, float]]:
    """What is seen of each shape, and its share of the view; slivers are left out."""
    seen = shapely.box(*sheet.box)
    for shape in shapes:
        visible = shapely.intersection(shapely.make_valid(shapely.from_wkb(shape["geom"])), seen)
        share = float(shapely.area(visible) / shapely.area(seen))
        if share >= _LEAST:
            yield shape, visible, share


def _middle(sheet: Sheet, visible: Any) -> tuple[float, float]:
    """A point inside the largest part, in pixels."""
    largest = max(shapely.get_parts(visible), key=lambda part: float(shapely.area(part)))
    centre = shapely.centroid(largest)
    if not shapely.contains(largest, centre):
        centre = shapely.point_on_surface(largest)
    x, y = sheet.xy(shapely.get_coordinates(centre))[0]
    return float(x), float(y)


def _draw(page: Page, sheet: Sheet, name: Name) -> None:
    of_town = name.points == _TOWN_POINTS
    sheet.axes.text(
        name.x,
        name.y,
        name.text,
        fontproperties=page.font(name.points),
        color=tokens()["ink" if of_town else "soft"],
        ha="right" if name.corner else "center",
        va="bottom" if name.corner else "center",
        zorder=8,
        parse_math=False,
        path_effects=[withStroke(linewidth=1.8, foreground="#FFFFFFE0")],
    )
