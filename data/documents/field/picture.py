"""A patch as a small picture for a sheet: its shape, what lies around it, scale, north, and where
in the district it is. SVG: sharp on paper, and two hundred of them are made in a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data.colours import tokens

#: Metres of a degree of latitude; a picture is some hundred metres across.
_DEGREE_M = 111_195.0
#: The picture shows at least so much ground, and so many times the patch's own size.
_LEAST_M, _TIMES = 240.0, 2.2
_SCALE_BARS_M = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


@dataclass(frozen=True, slots=True)
class Ground:
    """Shapes in degrees EPSG:4490. patches: number → shape or point, those of the package. borders:
    of districts and towns. district: code → its shape."""

    patches: Mapping[str, BaseGeometry]
    borders: Sequence[BaseGeometry]
    districts: Mapping[str, BaseGeometry]


@dataclass(frozen=True, slots=True)
class _Frame:
    """x, y: its middle in degrees. span_m: metres from left to right. wide, high: of the picture,
    in its own units, which are tenths of a millimetre."""

    x: float
    y: float
    span_m: float
    wide: int
    high: int

    @property
    def per_m(self) -> float:
        return self.wide / self.span_m

    def box(self) -> BaseGeometry:
        half_x = self.span_m / 2 / (_DEGREE_M * np.cos(np.radians(self.y)))
        half_y = self.span_m * self.high / self.wide / 2 / _DEGREE_M
        return shapely.box(self.x - half_x, self.y - half_y, self.x + half_x, self.y + half_y)

    def placed(self, shape: BaseGeometry) -> BaseGeometry:
        """Degrees as units of the picture, downwards."""
        stretch = np.cos(np.radians(self.y))

        def to(xy: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> np.ndarray[
            tuple[int, int], np.dtype[np.float64]
        ]:  # fmt: skip
            x = (xy[:, 0] - self.x) * _DEGREE_M * stretch * self.per_m + self.wide / 2
            y = self.high / 2 - (xy[:, 1] - self.y) * _DEGREE_M * self.per_m
            return np.column_stack([x, y])

        return shapely.transform(shape, to)


def _around(shape: BaseGeometry, wide: int, high: int, least_m: float, times: float) -> _Frame:
    west, south, east, north = shape.bounds
    y = (south + north) / 2
    across = (east - west) * _DEGREE_M * float(np.cos(np.radians(y)))
    down = (north - south) * _DEGREE_M * wide / high
    return _Frame((west + east) / 2, y, max(least_m, across * times, down * times), wide, high)


def picture(ground: Ground, number: str, wide: int = 1200, high: int = 900) -> str:
    """The map of a patch; a sentence where nobody knows where it is."""
    shape = ground.patches.get(number)
    if shape is None or shape.is_empty:
        return '<p class="nowhere">没有图形和坐标，请按坐落查找。</p>'
    frame = _around(shape, wide, high, _LEAST_M, _TIMES)
    seen = frame.box()
    parts = [f'<rect width="{wide}" height="{high}" class="land"/>']
    for border in ground.borders:
        if border.intersects(seen):
            line = shapely.intersection(border.boundary, seen)
            parts.append(f'<path class="border" d="{_path(frame.placed(line))}"/>')
    for other, beside in ground.patches.items():
        if other != number and beside.intersects(seen):
            parts.append(_drawn(frame, beside, "beside"))
            parts.append(_named(frame, shapely.intersection(beside, seen), other))
    parts.append(_drawn(frame, shape, "own"))
    return (
        f'<svg viewBox="0 0 {wide} {high}" class="map" role="img" '
        f'aria-label="图斑{escape(number, _QUOTE)}位置图">'
        f"{''.join(parts)}{_north(wide)}{_bar(frame)}</svg>"
    )


def whereabouts(
    ground: Ground, number: str, district: str, wide: int = 420, high: int = 420
) -> str:
    """Where in the district the patch lies; nothing where either is not known."""
    shape, around = ground.patches.get(number), ground.districts.get(district)
    if shape is None or shape.is_empty or around is None:
        return ""
    frame = _around(around, wide, high, 1_000, 1.08)
    outline = shapely.simplify(frame.placed(around), 1.5)
    point = frame.placed(shapely.centroid(shape))
    return (
        f'<svg viewBox="0 0 {wide} {high}" class="inset" role="img" aria-label="在区市内的位置">'
        f'<path class="district" d="{_path(outline)}"/>'
        f'<circle class="dot" cx="{point.x:.0f}" cy="{point.y:.0f}" r="11"/></svg>'
    )


_QUOTE = {'"': "&quot;"}


def _drawn(frame: _Frame, shape: BaseGeometry, name: str) -> str:
    placed = frame.placed(shape)
    if placed.geom_type == "Point":
        return f'<circle class="{name}" cx="{placed.x:.1f}" cy="{placed.y:.1f}" r="14"/>'
    return f'<path class="{name}" d="{_path(placed)}"/>'


def _path(shape: BaseGeometry) -> str:
    """The lines and rings of a shape."""
    told = []
    for part in shapely.get_parts(shape):
        kind = part.geom_type
        lines = [part.exterior, *part.interiors] if kind == "Polygon" else [part]
        for line in lines:
            if line.geom_type not in ("LineString", "LinearRing"):
                continue
            corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(line))
            told.append(f"M{corners}{'Z' if kind == 'Polygon' else ''}")
    return "".join(told)


def _named(frame: _Frame, shape: BaseGeometry, words: str) -> str:
    if shape.is_empty:
        return ""
    at = frame.placed(shapely.point_on_surface(shape))
    return f'<text class="name" x="{at.x:.0f}" y="{at.y:.0f}">{escape(words)}</text>'


def _north(wide: int) -> str:
    x = wide - 60
    return (
        f'<path class="ink" d="M{x},30 {x + 24},110 {x},92 {x - 24},110Z"/>'
        f'<text class="mark" x="{x}" y="150" text-anchor="middle">北</text>'
    )


def _bar(frame: _Frame) -> str:
    """The longest round length that takes up to a third of the width."""
    fitting = [m for m in _SCALE_BARS_M if m <= frame.span_m / 3]
    metres = fitting[-1] if fitting else _SCALE_BARS_M[0]
    long, y = metres * frame.per_m, frame.high - 40
    words = f"{metres:,}米" if metres < 1000 else f"{metres // 1000}千米"
    return (
        f'<path class="bar" d="M40,{y - 14}V{y}H{40 + long:.0f}V{y - 14}"/>'
        f'<text class="mark" x="{52 + long:.0f}" y="{y}">{words}</text>'
    )


def css() -> str:
    t = tokens()
    return f"""
.map {{ width: 100%; border: 0.4mm solid {t["ink"]}; display: block; }}
.land {{ fill: #FBFBF9; }}
.border {{ fill: none; stroke: {t["muted"]}; stroke-width: 3; stroke-dasharray: 18 8; }}
.beside {{ fill: {t["other"]}; fill-opacity: 0.25; stroke: {t["muted"]}; stroke-width: 3; }}
.own {{ fill: {t["accent"]}; fill-opacity: 0.16; stroke: {t["accent"]}; stroke-width: 7; }}
.name {{ font-size: 30px; fill: {t["muted"]}; text-anchor: middle; paint-order: stroke;
  stroke: #FFF; stroke-width: 6px; }}
.mark {{ font-size: 34px; fill: {t["ink"]}; paint-order: stroke; stroke: #FFF; stroke-width: 7px; }}
.ink {{ fill: {t["ink"]}; }}
.bar {{ fill: none; stroke: {t["ink"]}; stroke-width: 5; }}
.inset {{ width: 100%; border: 0.2mm solid {t["line"]}; display: block; }}
.district {{ fill: {t["line"]}; stroke: {t["muted"]}; stroke-width: 2; }}
.dot {{ fill: {t["accent"]}; stroke: #FFF; stroke-width: 4; }}
"""
