"""Shapes as an alpha mask, for overlay tiles and pictures. What is drawn costs what is seen of it.

A feature of more than some pixels is drawn as it is, at twice the size and then halved, which
smooths its edges. A smaller one covers its pixels by the share that it has of them, for which its
box and area do: so the far view of hundreds of thousands of fields reads no shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw

from data.maps.mercator import MAX_LAT, TILE_PX, lat_of, lon_of, unit_x, unit_y

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.uint8]
Fetch = Callable[[Sequence[int]], list[bytes]]

#: Pixels up to which a feature is only coverage, and from which it has an outline. The worst tile
#: is one that is full of features just above the first: at 3 pixels 80 ms, at 1.5 230 ms.
SMALL_PX = 3.0
OUTLINED_PX = 6.0
#: Drawn beyond the edges, so that lines do not end there. Pixels.
_MARGIN_PX = 4
#: Shapes are cut where they reach farther than this beyond the edges. Pixels.
_REACH_PX = 2_048
_TWICE = 2
#: From so many shapes on their outlines are hairlines: wider ones cost more than the rest.
_MANY = 600


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the map on pixels. x, y: its upper left corner in unit coordinates. scale: pixels
    a unit. width, height: pixels."""

    x: float
    y: float
    scale: float
    width: int
    height: int

    @classmethod
    def of_tile(cls, z: int, x: int, y: int, px: int = TILE_PX) -> Window:
        """px: on so many pixels a side."""
        n = 2.0**z
        return cls(x / n, y / n, px * n, px, px)

    def degrees(self, margin_px: float) -> tuple[float, float, float, float]:
        """West, south, east, north with a margin around."""
        margin = margin_px / self.scale
        east, south = self.x + self.width / self.scale, self.y + self.height / self.scale
        return (
            float(lon_of(self.x - margin)),
            float(lat_of(south + margin)),
            float(lon_of(east + margin)),
            float(lat_of(self.y - margin)),
        )


@dataclass(frozen=True, slots=True)
class Boxes:
    """Features by box. ids: numbers. west, north, east, south: unit coordinates. area: square
    units, of the shape itself."""

    ids: npt.NDArray[np.int64]
    west: Floats
    north: Floats
    east: Floats
    south: Floats
    area: Floats

    def __len__(self) -> int:
        return len(self.ids)

    def meeting(self, window: Window, margin_px: float) -> npt.NDArray[np.int64]:
        """Positions of the boxes that meet the window."""
        margin = margin_px / window.scale
        east = window.x + window.width / window.scale + margin
        south = window.y + window.height / window.scale + margin
        at = np.flatnonzero((self.west <= east) & (self.east >= window.x - margin))
        if len(at) < len(self) // 2:
            north_of, south_of = self.north[at], self.south[at]
            return at[(north_of <= south) & (south_of >= window.y - margin)]
        meets = (self.north <= south) & (self.south >= window.y - margin)
        meets &= (self.west <= east) & (self.east >= window.x - margin)
        return np.flatnonzero(meets)


def boxes_of(ids: Sequence[int], degrees: Floats, shapes: Any) -> Boxes:
    """degrees: west, south, east, north a row. shapes: shapely's, in the same order."""
    lat = np.clip(degrees[:, [1, 3]], -MAX_LAT, MAX_LAT)
    middle = np.radians(lat.mean(axis=1)) if len(lat) else np.empty(0)
    return Boxes(
        np.asarray(ids, dtype=np.int64),
        unit_x(degrees[:, 0]),
        unit_y(lat[:, 1]),
        unit_x(degrees[:, 2]),
        unit_y(lat[:, 0]),
        shapely.area(shapes) / (360.0**2 * np.cos(middle)),
    )


@dataclass(frozen=True, slots=True)
class Pen:
    """How shapes are drawn. fill, line: alpha from 0 to 1; line_px: pixels. A pen without fill
    draws boundaries, also of small features."""

    fill: float
    line: float
    line_px: float


def alpha_mask(boxes: Boxes, window: Window, pen: Pen, fetch: Fetch) -> Mask:
    """Alpha (0–255) of height × width. fetch: shapes (WKB degrees) by number."""
    at = boxes.meeting(window, _MARGIN_PX)
    filled = np.zeros((window.height, window.width))
    lined = np.zeros_like(filled)
    if len(at):
        size = np.maximum(boxes.east[at] - boxes.west[at], boxes.south[at] - boxes.north[at])
        size *= window.scale
        large = size > SMALL_PX
        if pen.fill and not large.all():
            _cover(filled, boxes, at[~large], window)
        if large.any():
            drawn, drawn_lines = _draw(boxes, at[large], size[large], window, pen, fetch)
            filled += drawn
            lined = drawn_lines
    alpha = pen.fill * np.minimum(filled, 1.0)
    alpha += lined * (pen.line - alpha)
    return (alpha * 255 + 0.5).astype(np.uint8)


def _cover(filled: Floats, boxes: Boxes, at: npt.NDArray[np.int64], window: Window) -> None:
    """Add the shares of their pixels that small features have; each is spread over its box."""
    height, width = filled.shape
    left = (boxes.west[at] - window.x) * window.scale
    right = (boxes.east[at] - window.x) * window.scale
    top = (boxes.north[at] - window.y) * window.scale
    bottom = (boxes.south[at] - window.y) * window.scale
    area = boxes.area[at] * window.scale**2
    tiny = np.maximum(right - left, bottom - top) < 0.5
    column = np.floor((left + right) / 2).astype(np.int64)
    row = np.floor((top + bottom) / 2).astype(np.int64)
    inside = tiny & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    cell = row[inside] * width + column[inside]
    filled += np.bincount(cell, area[inside], width * height).reshape(height, width)
    rest = np.flatnonzero(~tiny)
    if not len(rest):
        return
    left, right, top, bottom = left[rest], right[rest], top[rest], bottom[rest]
    box_area = np.maximum((right - left) * (bottom - top), 1e-12)
    density = np.minimum(area[rest] / box_area, 1.0)
    first_column, first_row = np.floor(left).astype(np.int64), np.floor(top).astype(np.int64)
    for right_by in range(int(np.ceil(SMALL_PX)) + 1):
        column = first_column + right_by
        wide = np.minimum(right, column + 1) - np.maximum(left, column)
        for down_by in range(int(np.ceil(SMALL_PX)) + 1):
            row = first_row + down_by
            high = np.minimum(bottom, row + 1) - np.maximum(top, row)
            here = (wide > 0) & (high > 0) & (column >= 0) & (column < width)
            here &= (row >= 0) & (row < height)
            cell = row[here] * width + column[here]
            share = wide[here] * high[here] * density[here]
            filled += np.bincount(cell, share, width * height).reshape(height, width)


def _draw(
    boxes: Boxes,
    at: npt.NDArray[np.int64],
    size: Floats,
    window: Window,
    pen: Pen,
    fetch: Fetch,
) -> tuple[Floats, Floats]:
    """Fill and lines of the features, each from 0 to 1."""
    canvas = _Canvas(window)
    outlined = (size >= OUTLINED_PX) | (not pen.fill)
    line_px = pen.line_px if np.count_nonzero(outlined) <= _MANY else 1 / _TWICE
    for chosen, with_line in ((~outlined, False), (outlined, True)):
        if chosen.any():
            shapes = shapely.from_wkb(np.array(fetch(boxes.ids[at[chosen]].tolist()), dtype=object))
            canvas.draw(shapes, bool(pen.fill), line_px if with_line else 0.0)
    return canvas.filled(), canvas.lined()


class _Canvas:
    """Two pictures of twice the size with a margin around: what is filled, and lines."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.margin = _MARGIN_PX * _TWICE
        self.size = (
            window.width * _TWICE + 2 * self.margin,
            window.height * _TWICE + 2 * self.margin,
        )
        self.fill: Image.Image | None = None
        self.lines: Image.Image | None = None

    def draw(self, shapes: Any, fill: bool, line_px: float) -> None:
        """fill: whether inside. line_px: 0 for no outline."""
        parts = shapely.get_parts(self._clipped(shapes))
        parts = parts[(shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)]
        rings, of_part = shapely.get_rings(parts, return_index=True)
        drawn, lined = self._rings(rings)
        count = np.bincount(of_part, minlength=len(parts))
        first = np.cumsum(count) - count
        if fill:
            self.fill = self.fill or Image.new("L", self.size)
            pencil = ImageDraw.Draw(self.fill)
            for at in first[count == 1].tolist():
                pencil.polygon(drawn[at], fill=255)
            for at, rings_here in zip(first[count > 1].tolist(), count[count > 1], strict=True):
                _fill_with_holes(self.fill, drawn[at : at + int(rings_here)])
        if line_px:
            self.lines = self.lines or Image.new("L", self.size)
            pencil = ImageDraw.Draw(self.lines)
            width = max(round(line_px * _TWICE), 1)
            for ring in lined:
                pencil.line(ring, fill=255, width=width)

    def _clipped(self, shapes: Any) -> Any:
        """Shapes without what lies far outside. Not too near: a cut edge leads to whole pixels
        elsewhere than the whole edge does, and neighbouring tiles would not meet."""
        west, south, east, north = self.window.degrees(_REACH_PX)
        bounds = shapely.bounds(shapes)
        beyond = (bounds[:, 0] < west) | (bounds[:, 2] > east)
        beyond |= (bounds[:, 1] < south) | (bounds[:, 3] > north)
        shapes[beyond] = shapely.clip_by_rect(shapes[beyond], west, south, east, north)
        return shapes

    def _rings(self, rings: Any) -> tuple[list[Any], list[Any]]:
        """Each ring as x, y on the canvas, in the plain numbers that the pencil takes at once: to
        fill, and to line."""
        degrees, of_ring = shapely.get_coordinates(rings, return_index=True)
        if not len(rings):
            return [], []
        scale = self.window.scale * _TWICE
        xy = np.empty(degrees.shape, dtype=np.float32)
        xy[:, 0] = (unit_x(degrees[:, 0]) - self.window.x) * scale + self.margin
        xy[:, 1] = (unit_y(degrees[:, 1]) - self.window.y) * scale + self.margin
        ends = np.cumsum(np.bincount(of_ring, minlength=len(rings)))
        starts = np.concatenate([[0], ends[:-1]])
        # the pencil also fills the pixels on a ring's edge: a pixel too much in width and height
        low, high = np.minimum.reduceat(xy, starts), np.maximum.reduceat(xy, starts)
        middle, extent = (low + high) / 2, np.maximum(high - low, 1.0)
        inner = (xy - middle[of_ring]) * (1 - 1 / extent)[of_ring] + middle[of_ring]
        spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
        return [inner[s:e] for s, e in spans], [xy[s:e] for s, e in spans]

    def filled(self) -> Floats:
        return self._halved(self.fill)

    def lined(self) -> Floats:
        return self._halved(self.lines)

    def _halved(self, picture: Image.Image | None) -> Floats:
        w = self.window
        if picture is None:
            return np.zeros((w.height, w.width))
        m = self.margin
        whole = np.asarray(picture)[m : m + w.height * _TWICE, m : m + w.width * _TWICE]
        quarters = whole.reshape(w.height, _TWICE, w.width, _TWICE).astype(np.uint16)
        halved: Floats = quarters.sum(axis=(1, 3)) / (255.0 * _TWICE**2)
        return halved


def _fill_with_holes(target: Image.Image, rings: list[Any]) -> None:
    """The first ring without the others; by itself first, for what lies in a hole stays there."""
    outer = rings[0]
    low = np.floor(outer.min(axis=0)).astype(int)
    high = np.ceil(outer.max(axis=0)).astype(int) + 1
    low, high = np.maximum(low, 0), np.minimum(high, target.size)
    if (low >= high).any():
        return
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    own = Image.new("L", size)
    pencil = ImageDraw.Draw(own)
    for number, ring in enumerate(rings):
        pencil.polygon(ring - low.astype(np.float32), fill=0 if number else 255)
    target.paste(255, (int(low[0]), int(low[1])), own)
