"""What a map picture shows, layer by layer, drawn on matplotlib axes in pixels of a Window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.path import Path as Outline

from data.colours import tokens
from data.maps.areas import areas, parts
from data.maps.bins import bins
from data.maps.classes import Classes, classes_for
from data.maps.cube import MapCube
from data.maps.ground import metres_per_unit
from data.maps.heat import heat_rgba, legend
from data.maps.mercator import Box, unit_x, unit_y
from data.maps.overlay import Window
from data.maps.patch_tiles import COLOURINGS, LEGENDS, drawn_rows, patch_classes, token_of
from data.maps.points import over_rows, points, selected, within
from data.maps.question import MapQuestion
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.patch_list import shapes_of
from data.units import format_count

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Above these many patches each is drawn as a point in the colour of its value, read from memory.
MOST_TOLD_APART = 3_000
#: Pixels a unit from which on a patch's shape is larger than a dot: zoom 13.
_SHAPES_FROM = 256 * 2.0**13
_BIN_MM = 3.5


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry of the legend. kind: how its sample looks."""

    colour: str
    text: str
    kind: str = "area"  # area, dot, line


@dataclass
class LegendParts:
    """title: with the unit. ramp: (position 0–1, colour) of a gradient, with labels (position,
    text) beside it. notes: sentences under it."""

    title: str
    marks: list[Mark] = field(default_factory=list)
    ramp: list[tuple[float, str]] = field(default_factory=list)
    labels: list[tuple[float, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """What is drawn. by: district or town. until: the last day for the scale of heat."""

    conn: Connection
    store: Store
    cube: MapCube
    scope: Scope
    question: MapQuestion
    by: str
    radius: int
    colouring: str
    until: date


@dataclass(frozen=True)
class Sheet:
    """Where it is drawn. box: degrees. px_per_mm: of the picture."""

    axes: Axes
    window: Window
    box: Box
    px_per_mm: float

    def xy(self, degrees: Any) -> Any:
        """lon, lat a row → pixels of the window."""
        w = self.window
        x = (unit_x(degrees[:, 0]) - w.x) * w.scale
        y = (unit_y(degrees[:, 1]) - w.y) * w.scale
        return np.column_stack([x, y])

    def outline(self, shape: Any) -> Outline:
        """A polygon with its holes, as fine as the picture shows it."""
        rings = [r for part in shapely.get_parts(shape) for r in shapely.get_rings(part)]
        paths = []
        for ring in rings:
            pixels = shapely.linestrings(self.xy(shapely.get_coordinates(ring)))
            paths.append(Outline(shapely.get_coordinates(shapely.simplify(pixels, 0.3))))
        return Outline.make_compound_path(*paths)

    def polygons(self, shapes: Sequence[Any], **look: Any) -> None:
        """look: facecolors, edgecolors, linewidths, zorder of matplotlib."""
        if len(shapes):
            self.axes.add_collection(
                PathCollection([self.outline(s) for s in shapes], transform=self._data(), **look),
                autolim=False,
            )

    def _data(self) -> Any:
        return self.axes.transData

    def picture(self, rgba: Any, zorder: float) -> None:
        """height × width × 4 of the window."""
        w = self.window
        self.axes.imshow(
            rgba, extent=(0, w.width, w.height, 0), zorder=zorder, interpolation="nearest"
        )


def _sum_line(q: MapQuestion, value: int, patches: int | None = None) -> str:
    said = q.what.change_text(value) if q.is_difference else q.what.text(value)
    count = "" if patches is None else f"，{format_count(patches)}个图斑"
    return f"图内合计 {said}{count}"


def _marks(classes: Classes, kind: str) -> list[Mark]:
    """From much to little, as a legend is read."""
    return [Mark(str(e["colour"]), str(e["text"]), kind) for e in reversed(classes.legend())]


def _title(q: MapQuestion, per: str = "") -> str:
    return f"{q.what.label}{'变化' if q.is_difference else ''}（{q.what.unit}{per}）"


# ---- the four layers -----------------------------------------------------------------------------


def draw_heat(asked: Asked, sheet: Sheet) -> LegendParts:
    cube, scope, q = asked.cube, asked.scope, asked.question
    sheet.picture(heat_rgba(cube, scope, q, asked.radius, asked.until, sheet.window), 3)
    said = legend(cube, scope, q, asked.radius, asked.until)
    # positions run from −1 for a difference
    low = -1.0 if q.is_difference else 0.0

    def at(position: float) -> float:
        return (position - low) / (1.0 - low)

    found = points(cube, scope, q, sheet.box)
    return LegendParts(
        _title(q, "/km²"),
        ramp=[(at(step["position"]), step["colour"]) for step in said["ramp"]],
        labels=[(at(stop["position"]), stop["text"]) for stop in said["stops"]],
        notes=[_sum_line(q, found.total, len(found)), f"平滑半径{asked.radius / 1000:g}公里"],
    )


def draw_bins(asked: Asked, sheet: Sheet) -> LegendParts:
    q = asked.question
    level = round(math.log2(sheet.window.scale / (_BIN_MM * sheet.px_per_mm)))
    found = bins(asked.cube, asked.scope, q, sheet.box, min(max(level, 0), 22))
    classes = classes_for(q.what, found.value, q.is_difference)
    side = sheet.window.scale / 2.0**found.level
    x = (found.x / 2.0**found.level - sheet.window.x) * sheet.window.scale
    y = (found.y / 2.0**found.level - sheet.window.y) * sheet.window.scale
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]])
    sheet.axes.add_collection(
        PolyCollection(
            list(np.stack([x, y], axis=1)[:, None, :] + corners),
            facecolors=[classes.colour(int(v)) for v in found.value],
            edgecolors="#FFFFFF",
            linewidths=0.3,
            alpha=0.85,
            zorder=3,
        ),
        autolim=False,
    )
    inside = points(asked.cube, asked.scope, q, sheet.box)
    km = side / sheet.window.scale * _km_a_unit(sheet)
    return LegendParts(
        _title(q, "/格"),
        _marks(classes, "area"),
        notes=[_sum_line(q, inside.total, len(inside)), f"方格边长约{km:.2g}公里"],
    )


def _km_a_unit(sheet: Sheet) -> float:
    return float(metres_per_unit((sheet.box[1] + sheet.box[3]) / 2)) / 1000


def draw_areas(asked: Asked, sheet: Sheet) -> LegendParts:
    q = asked.question
    found = areas(asked.conn, asked.store, asked.cube, asked.scope, q, asked.by)
    classes = found.classes()
    shapes = [shapely.from_wkb(a.shape) for a in found.areas]
    land = tokens()["surface"]
    sheet.polygons(
        shapes,
        facecolors=[classes.colour(parts(a)) if a.value else land for a in found.areas],
        edgecolors=tokens()["layer-districts"],
        linewidths=0.6,
        alpha=0.9,
        zorder=3,
    )
    say = q.what.change_text if q.is_difference else q.what.text
    notes = [f"按{found.base}折算", f"合计 {say(found.total)}"]
    if found.unplaced:
        listed = [f"{u.name} {say(u.value)}" for u in found.unplaced]
        notes.append("没有边界、未着色：" + "，".join(listed))
    return LegendParts(_title(q, "/km²"), _marks(classes, "area"), notes=notes)


def draw_patches(asked: Asked, sheet: Sheet) -> LegendParts:
    q, colouring = asked.question, asked.colouring
    row, value = _patches_inside(asked, sheet.box, colouring == "measure")
    notes = []
    if colouring != "measure" and len(row) > MOST_TOLD_APART:
        notes = [f"图内超过{format_count(MOST_TOLD_APART)}个图斑，改按指标着色，只画有数值的"]
        colouring = "measure"
        row, value = _patches_inside(asked, sheet.box, True)
    p = asked.cube.patches
    ids = p["id"][row].tolist()
    if colouring == "measure":
        classes = patch_classes(asked.cube, asked.scope, q)
        drawn = [classes.colour(v) for v in value.tolist()]
        title, marks = _title(q), _marks(classes, "dot")
    else:
        drawn = _told_apart(asked, row, colouring)
        marks = [Mark(tokens()[name], text, "dot") for name, text in LEGENDS[colouring]]
        title = COLOURINGS[colouring]
    shapes = {}
    if sheet.window.scale >= _SHAPES_FROM and len(ids) <= MOST_TOLD_APART:
        shapes = shapes_of(asked.conn, ids)
    _draw_patches(sheet, p["lon"][row], p["lat"][row], ids, drawn, shapes)
    if colouring == "measure":
        notes.insert(0, _sum_line(q, int(value.sum()), len(ids)))
    else:
        notes.insert(0, f"图内 {format_count(len(ids))}个图斑")
    return LegendParts(title, marks, notes=notes)


def _patches_inside(asked: Asked, box: Box, valued: bool) -> tuple[Any, Any]:
    """(row, value) of the patches in the box; valued: only those with a value, the least first so
    that the largest lie on top."""
    cube, scope, q = asked.cube, asked.scope, asked.question
    if valued:
        found = points(cube, scope, q, box)
        order = np.argsort(np.abs(found.value), kind="stable")
        return found.row[order], found.value[order]
    kept = [
        np.flatnonzero(selected(cube, scope, q.now, slice(start, end))) + start
        for start, end in cube.slices(box)
    ]
    row = np.concatenate(kept) if kept else np.array([], dtype=np.int64)
    row = row[within(cube.patches["lon"][row], cube.patches["lat"][row], box)]
    return row, np.zeros(len(row), dtype=np.int64)


def _told_apart(asked: Asked, row: Any, colouring: str) -> list[str]:
    """The colour of each patch by what it is on the day."""
    day = asked.question.as_of
    over = over_rows(asked.cube, day, row).tolist()
    rows = drawn_rows(asked.conn, asked.cube, row, day, colouring)
    return [
        tokens()[token_of(r, colouring, is_over)] for r, is_over in zip(rows, over, strict=True)
    ]


def _draw_patches(
    sheet: Sheet, lon: Any, lat: Any, ids: list[int], drawn: list[str], shapes: dict[int, bytes]
) -> None:
    shaped = [
        (shapely.from_wkb(shapes[i]), c) for i, c in zip(ids, drawn, strict=True) if i in shapes
    ]
    sheet.polygons(
        [s for s, _ in shaped],
        facecolors=[c for _, c in shaped],
        edgecolors=tokens()["ink"],
        linewidths=0.4,
        alpha=0.85,
        zorder=4,
    )
    dots = [at for at, i in enumerate(ids) if i not in shapes]
    if dots:
        xy = sheet.xy(np.column_stack([lon[dots], lat[dots]]))
        size = 10.0 if len(dots) <= 500 else 5.0 if len(dots) <= 5_000 else 1.5
        sheet.axes.scatter(
            xy[:, 0],
            xy[:, 1],
            s=size,
            c=[drawn[at] for at in dots],
            edgecolors="#FFFFFF" if len(dots) <= 5_000 else "none",
            linewidths=0.25,
            zorder=4,
        )


LAYERS = {"heat": draw_heat, "bins": draw_bins, "areas": draw_areas, "patches": draw_patches}
