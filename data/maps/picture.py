"""A map as a picture for documents, drawn without a browser, with all that it takes to trust it.

District shapes, one layer, reference layers over it; legend with its unit, scale bar, north arrow,
title, day, data version, filters in words, source, 示意 and 演示数据 where so.
"""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.patheffects import withStroke

from data.colours import rgb, tokens
from data.errors import SupervisionError
from data.maps.cube import MapCube
from data.maps.ground import metres_per_unit
from data.maps.mercator import Box, unit_x, unit_y
from data.maps.overlay import Window
from data.maps.picture_layers import LAYERS, Asked, LegendParts, Mark, Sheet
from data.maps.picture_spec import PictureSpec
from data.maps.question import MapQuestion
from data.maps.reference import colour_of, layer_mask, layers_shown, pen_of
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.places import district_shapes
from data.store.queries.stamp import districts
from data.vocabulary import ReferenceLayer

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: In the order of preference.
FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC", "PingFang SC",
    "Microsoft YaHei", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
)  # fmt: skip
_WATER = "#E9EFF4"
_LEGEND_MM = 42.0
_MARGIN_MM = 3.5
#: Where there is no boundary at all (domain.md §2).
_CITY: Box = (121.2, 36.7, 122.7, 37.6)
#: matplotlib's text layout keeps state that threads share.
_lock = threading.Lock()


class NoFont(SupervisionError):
    """The server has no font for Chinese."""


@cache
def _installed() -> frozenset[str]:
    return frozenset(font.name for font in fontManager.ttflist)


def chinese_font() -> str:
    """The family to write in. Raises NoFont."""
    for family in FONTS:
        if family in _installed():
            return family
    raise NoFont(
        "服务器没有中文字体，无法生成图片。请安装思源黑体（Debian、Ubuntu："
        "apt install fonts-noto-cjk）或文泉驿字体，再重启本系统。"
    )


# ---- the page ------------------------------------------------------------------------------------


class _Page:
    """A figure measured in millimetres from its upper left corner."""

    def __init__(self, spec: PictureSpec) -> None:
        self.width, self.height = spec.width_mm, spec.height_mm
        self.family = chinese_font()
        inches = (self.width / 25.4, self.height / 25.4)
        self.figure = Figure(figsize=inches, dpi=spec.dpi, facecolor="#FFFFFF")
        FigureCanvasAgg(self.figure)
        self.ink, self.muted = tokens()["ink"], tokens()["muted"]

    def font(self, size: float, bold: bool = False) -> FontProperties:
        return FontProperties(family=self.family, size=size, weight="bold" if bold else "regular")

    def text(
        self, x: float, y: float, words: str, size: float, *, bold: bool = False, **look: Any
    ) -> None:
        """y: of the text's top."""
        look = {"color": self.ink, "va": "top", "ha": "left"} | look
        self.figure.text(
            x / self.width,
            1 - y / self.height,
            words,
            fontproperties=self.font(size, bold),
            parse_math=False,
            **look,
        )

    def add(self, artist: Any) -> None:
        artist.set_transform(self.figure.transFigure)
        self.figure.add_artist(artist)

    def box(self, x: float, y: float, width: float, height: float, **look: Any) -> None:
        self.add(
            Rectangle(
                (x / self.width, 1 - (y + height) / self.height),
                width / self.width,
                height / self.height,
                **look,
            )
        )

    def line(self, x0: float, x1: float, y: float, **look: Any) -> None:
        at = 1 - y / self.height
        self.add(Line2D([x0 / self.width, x1 / self.width], [at, at], **look))

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        bottom = 1 - (y + height) / self.height
        size = (x / self.width, bottom, width / self.width, height / self.height)
        return self.figure.add_axes(size)


def wrapped(words: str, ems: float) -> list[str]:
    """Lines of at most so many Chinese characters; Latin ones count half. A line does not begin
    with a closing mark."""
    lines, line, used = [], "", 0.0
    for character in words:
        wide = 1.0 if ord(character) > 0x2E7F else 0.56
        if used + wide > ems and character not in "，。；、）：”":
            lines.append(line)
            line, used = "", 0.0
        line += character
        used += wide
    return [*lines, line] if line else lines


def _mm(points: float) -> float:
    return points * 25.4 / 72


# ---- the map -------------------------------------------------------------------------------------


def window_for(box: Box, width_px: int, height_px: int) -> tuple[Window, Box]:
    """The window of these pixels that holds the box in its middle, and its own box in degrees."""
    west, south, east, north = box
    x0, x1 = float(unit_x(west)), float(unit_x(east))
    y0, y1 = float(unit_y(north)), float(unit_y(south))
    scale = min(width_px / max(x1 - x0, 1e-9), height_px / max(y1 - y0, 1e-9))
    x, y = (x0 + x1 - width_px / scale) / 2, (y0 + y1 - height_px / scale) / 2
    window = Window(x, y, scale, width_px, height_px)
    return window, window.degrees(0)


def first_view(shapes: Sequence[dict[str, Any]], district: str | None) -> Box:
    """Around the district's boundary, or around all of them."""
    own = [s["geom"] for s in shapes if s["code"] == district]
    chosen = own or [s["geom"] for s in shapes]
    if not chosen:
        return _CITY
    west, south, east, north = shapely.total_bounds(shapely.from_wkb(chosen)).tolist()
    margin = 0.03 * max(east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin


def map_picture(
    conn: Connection,
    store: Store,
    cube: MapCube,
    scope: Scope,
    question: MapQuestion,
    spec: PictureSpec,
) -> bytes:
    """A PNG. Raises NoFont."""
    with _lock, matplotlib.rc_context({"path.simplify": True}):
        return _drawn(conn, store, cube, scope, question, spec)


def _drawn(
    conn: Connection,
    store: Store,
    cube: MapCube,
    scope: Scope,
    question: MapQuestion,
    spec: PictureSpec,
) -> bytes:
    page = _Page(spec)
    top = _head(page, spec)
    shapes = district_shapes(conn)
    foot = _foot_lines(page, shapes, spec)
    bottom = page.height - _MARGIN_MM - len(foot) * _mm(6.5) * 1.35 - 1.2
    width = page.width - 3 * _MARGIN_MM - _LEGEND_MM
    axes = page.axes(_MARGIN_MM, top, width, bottom - top)
    px_per_mm = spec.dpi / 25.4
    box = spec.box or first_view(shapes, question.district)
    size = (round(width * px_per_mm), round((bottom - top) * px_per_mm))
    window, seen = window_for(box, *size)
    sheet = Sheet(axes, window, seen, px_per_mm)
    _prepare(axes, window)
    _base(sheet, shapes)
    asked = Asked(
        conn,
        store,
        cube,
        scope,
        question,
        spec.by,
        spec.radius,
        spec.colouring,
        spec.until,
    )
    legend = LAYERS[spec.layer](asked, sheet)
    over = _overlays(store, scope, sheet, spec.overlays)
    _boundaries(sheet, shapes)
    names = {d.code: d.short_name for d in districts(conn)}
    _names(page, sheet, shapes, names)
    _scale_bar(page, sheet)
    _north(page, sheet)
    _legend(page, legend, over, page.width - _MARGIN_MM - _LEGEND_MM, top, bottom)
    for number, line in enumerate(foot):
        y = bottom + 1.2 + number * _mm(6.5) * 1.35
        page.text(_MARGIN_MM, y, line, 6.5, color=page.muted)
    buffer = io.BytesIO()
    page.figure.savefig(buffer, format="png", dpi=spec.dpi, pil_kwargs={"compress_level": 4})
    return buffer.getvalue()


def _head(page: _Page, spec: PictureSpec) -> float:
    """Title and subtitle; returns where the map begins."""
    room = page.width - 2 * _MARGIN_MM - (20 if spec.is_demo else 0)
    y = _MARGIN_MM
    for line in wrapped(spec.title, room / _mm(12)):
        page.text(_MARGIN_MM, y, line, 12, bold=True)
        y += _mm(12) * 1.35
    if spec.is_demo:
        page.text(
            page.width - _MARGIN_MM,
            _MARGIN_MM + 0.4,
            "演示数据",
            8,
            bold=True,
            ha="right",
            color=tokens()["demo-ink"],
            bbox={"facecolor": tokens()["tone-short"], "edgecolor": "none", "pad": 2.5},
        )
    for words in spec.subtitle:
        for line in wrapped(words, (page.width - 2 * _MARGIN_MM) / _mm(8)):
            page.text(_MARGIN_MM, y + 0.4, line, 8, color=tokens()["soft"])
            y += _mm(8) * 1.35
    return y + 1.6


def _foot_lines(page: _Page, shapes: Sequence[dict[str, Any]], spec: PictureSpec) -> list[str]:
    if not shapes:
        source = "尚无区市界"
    elif any(s["is_indicative"] for s in shapes):
        source = "区市界为示意（海岸线已概化，不作界线依据）"
    else:
        source = "区市界：市局上传"
    words = f"{spec.stamp} · {source} · CGCS2000，网络墨卡托投影"
    if spec.is_demo:
        words += " · 演示数据"
    return wrapped(words, (page.width - 2 * _MARGIN_MM) / _mm(6.5))


def _prepare(axes: Axes, window: Window) -> None:
    axes.set_facecolor(_WATER)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(tokens()["other"])
        spine.set_linewidth(0.6)
        spine.set_zorder(20)
    axes.set_xlim(0, window.width)
    axes.set_ylim(window.height, 0)
    axes.set_autoscale_on(False)


def _base(sheet: Sheet, shapes: Sequence[dict[str, Any]]) -> None:
    polygons = [shapely.from_wkb(s["geom"]) for s in shapes]
    sheet.polygons(polygons, facecolors="#FBFBF9", edgecolors="none", zorder=1)


def _boundaries(sheet: Sheet, shapes: Sequence[dict[str, Any]]) -> None:
    polygons = [shapely.from_wkb(s["geom"]) for s in shapes]
    edge = tokens()["layer-districts"]
    sheet.polygons(polygons, facecolors="none", edgecolors=edge, linewidths=0.7, zorder=6)


def _overlays(
    store: Store, scope: Scope, sheet: Sheet, chosen: Sequence[ReferenceLayer]
) -> list[Mark]:
    """Draw the reference layers that are there; their entries of the legend."""
    marks = []
    for shown in layers_shown(store, scope):
        # the districts are always drawn, crisper than a mask
        if shown.layer not in chosen or shown.layer is ReferenceLayer.DISTRICTS:
            continue
        alpha = layer_mask(store, scope, shown.layer, sheet.window)
        picture = np.empty((*alpha.shape, 4), dtype=np.uint8)
        picture[..., :3] = rgb(colour_of(shown.layer))
        picture[..., 3] = alpha
        sheet.picture(picture, 5)
        kind = "line" if not pen_of(shown.layer).fill else "tint"
        label = f"{shown.layer.label}{'（示意）' if shown.is_indicative else ''}"
        marks.append(Mark(tokens()[shown.colour], label, kind))
    return marks


def _names(
    page: _Page, sheet: Sheet, shapes: Sequence[dict[str, Any]], names: dict[str, str]
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


def scale_length(km_across: float) -> float:
    """Kilometres of a scale bar: 1, 2 or 5 times a power of ten, up to a quarter of the map."""
    power = 10.0 ** math.floor(math.log10(km_across / 4))
    return max(step * power for step in (1, 2, 5) if step * power <= km_across / 4)


def _scale_bar(page: _Page, sheet: Sheet) -> None:
    w = sheet.window
    km_a_px = float(metres_per_unit((sheet.box[1] + sheet.box[3]) / 2)) / 1000 / w.scale
    km = scale_length(km_a_px * w.width)
    length, mm = km / km_a_px, sheet.px_per_mm
    x, y, high = 3 * mm, w.height - 3.2 * mm, 0.9 * mm
    frame: dict[str, Any] = {"edgecolor": page.ink, "linewidth": 0.5, "zorder": 11}
    back = (x - 1.5 * mm, y - 4.2 * mm)
    sheet.axes.add_patch(
        Rectangle(
            back, length + 7.5 * mm, 6.4 * mm, facecolor="#FFFFFFC8", edgecolor="none", zorder=10
        )
    )
    sheet.axes.add_patch(Rectangle((x, y), length / 2, high, facecolor=page.ink, **frame))
    sheet.axes.add_patch(
        Rectangle((x + length / 2, y), length / 2, high, facecolor="white", **frame)
    )
    unit = "公里" if km >= 1 else "米"
    number = km if km >= 1 else km * 1000
    for at, words in ((0.0, "0"), (length, f"{number:g}{unit}")):
        sheet.axes.text(
            x + at,
            y - 0.6 * mm,
            words,
            fontproperties=page.font(6.5),
            color=page.ink,
            ha="center",
            va="bottom",
            zorder=11,
            parse_math=False,
        )


def _north(page: _Page, sheet: Sheet) -> None:
    mm = sheet.px_per_mm
    x, y = sheet.window.width - 5 * mm, 2.5 * mm
    left = [(x, y), (x - 1.7 * mm, y + 5.5 * mm), (x, y + 4.2 * mm)]
    right = [(x, y), (x + 1.7 * mm, y + 5.5 * mm), (x, y + 4.2 * mm)]
    back = (x - 3.2 * mm, y - 1.2 * mm)
    sheet.axes.add_patch(
        Rectangle(back, 6.4 * mm, 11 * mm, facecolor="#FFFFFFC8", edgecolor="none", zorder=10)
    )
    for corners, face in ((left, page.ink), (right, "#FFFFFF")):
        sheet.axes.add_patch(
            Polygon(corners, facecolor=face, edgecolor=page.ink, linewidth=0.5, zorder=11)
        )
    sheet.axes.text(
        x,
        y + 6 * mm,
        "北",
        fontproperties=page.font(7.5),
        color=page.ink,
        ha="center",
        va="top",
        zorder=11,
    )


# ---- the legend ----------------------------------------------------------------------------------

_SAMPLE_MM = 5.0


def _legend(
    page: _Page, parts: LegendParts, over: list[Mark], x: float, top: float, bottom: float
) -> None:
    y, ems = top, _LEGEND_MM / _mm(8)
    page.text(x, y, "图例", 8, color=page.muted)
    y += _mm(8) * 1.6
    title = [parts.title]
    if len(wrapped(parts.title, ems)) > 1:  # the unit stays in one piece
        words, bracket, unit = parts.title.rpartition("（")
        title = [*wrapped(words, ems), bracket + unit]
    for line in title:
        page.text(x, y, line, 8, bold=True)
        y += _mm(8) * 1.4
    y += 1.0
    if parts.ramp:
        y = _ramp(page, parts, x, y)
    for mark in parts.marks:
        y = _mark(page, mark, x, y)
    if not parts.ramp and not parts.marks:
        page.text(x, y, "所选条件下没有可以上图的数值。", 7, color=page.muted)
        y += _mm(7) * 1.6
    y += 1.0
    for note in parts.notes:
        for line in wrapped(note, _LEGEND_MM / _mm(7)):
            page.text(x, y, line, 7, color=tokens()["soft"])
            y += _mm(7) * 1.4
        y += 0.6
    if over:
        y += 1.2
        page.line(x, x + _LEGEND_MM, y, color=tokens()["line"], linewidth=0.6)
        y += 1.6
        for layer in [Mark(tokens()["layer-districts"], "区市界", "line"), *over]:
            y = _mark(page, layer, x, y)


def _mark(page: _Page, mark: Mark, x: float, y: float) -> float:
    high, middle = 3.2, y + 1.6
    if mark.kind == "dot":
        size = (x + _SAMPLE_MM / 2) / page.width, 1 - middle / page.height
        page.add(
            Line2D(
                [size[0]],
                [size[1]],
                marker="o",
                markersize=4.5,
                markerfacecolor=mark.colour,
                markeredgecolor=tokens()["other"],
                markeredgewidth=0.3,
                linestyle="none",
            )
        )
    elif mark.kind == "line":
        page.line(x, x + _SAMPLE_MM, middle, color=mark.colour, linewidth=1.0)
    else:
        face = f"{mark.colour}4D" if mark.kind == "tint" else mark.colour
        edge = mark.colour if mark.kind == "tint" else tokens()["line"]
        page.box(x, y, _SAMPLE_MM, high, facecolor=face, edgecolor=edge, linewidth=0.6)
    room = (_LEGEND_MM - _SAMPLE_MM - 1.5) / _mm(7.5)
    for line in wrapped(mark.text, room):
        page.text(x + _SAMPLE_MM + 1.5, middle, line, 7.5, va="center")
        middle += _mm(7.5) * 1.35
    return middle - _mm(7.5) * 1.35 + 3.0


def _ramp(page: _Page, parts: LegendParts, x: float, y: float) -> float:
    high = 34.0
    axes = page.axes(x, y, _SAMPLE_MM, high)
    positions = np.array([p for p, _ in parts.ramp])
    colours = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5, 7)] for _, c in parts.ramp])
    steps = np.linspace(1, 0, 256)
    rgba = np.stack([np.interp(steps, positions, colours[:, i]) for i in range(4)], axis=1) / 255
    axes.set_facecolor("#FBFBF9")
    axes.imshow(rgba[:, None, :], extent=(0, 1, 0, 1), aspect="auto", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(tokens()["other"])
        spine.set_linewidth(0.5)
    for position, words in parts.labels:
        at = y + (1 - position) * high
        page.line(x + _SAMPLE_MM, x + _SAMPLE_MM + 1, at, color=page.muted, linewidth=0.5)
        page.text(x + _SAMPLE_MM + 1.8, at, words, 7.5, va="center")
    return y + high + 2.2
