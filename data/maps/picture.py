"""A map as a picture for documents, drawn without a browser, with all that it takes to trust it.

District shapes, one layer, reference layers over it; legend with its unit, scale bar, north arrow,
title, day, data version, filters in words, source, 示意 and 演示数据 where so.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib
import shapely

from data.colours import tokens
from data.maps.cube import MapCube
from data.maps.mercator import Box, unit_x, unit_y
from data.maps.overlay import Window
from data.maps.picture_ground import (
    draw_base,
    draw_boundaries,
    draw_north,
    draw_overlays,
    draw_scale_bar,
    prepare,
)
from data.maps.picture_layers import LAYERS, Asked, Sheet
from data.maps.picture_legend import LEGEND_MM, draw_legend
from data.maps.picture_names import draw_names
from data.maps.picture_page import Page, mm_of, wrapped
from data.maps.picture_spec import PictureSpec
from data.maps.question import MapQuestion
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.places import district_shapes
from data.store.queries.stamp import districts

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MARGIN_MM = 3.5
#: Where there is no boundary at all (domain.md §2).
_CITY: Box = (121.2, 36.7, 122.7, 37.6)
#: matplotlib's text layout keeps state that threads share.
_lock = threading.Lock()


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
    page = Page(spec)
    top = _head(page, spec)
    shapes = district_shapes(conn)
    foot = _foot_lines(page, shapes, spec)
    bottom = page.height - _MARGIN_MM - len(foot) * mm_of(6.5) * 1.35 - 1.2
    width = page.width - 3 * _MARGIN_MM - LEGEND_MM
    axes = page.axes(_MARGIN_MM, top, width, bottom - top)
    px_per_mm = spec.dpi / 25.4
    box = spec.box or first_view(shapes, question.district)
    size = (round(width * px_per_mm), round((bottom - top) * px_per_mm))
    window, seen = window_for(box, *size)
    sheet = Sheet(axes, window, seen, px_per_mm)
    prepare(axes, window)
    draw_base(sheet, shapes)
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
    over = draw_overlays(conn, store, scope, sheet, spec.overlays)
    draw_boundaries(sheet, shapes)
    names = {d.code: d.short_name for d in districts(conn)}
    legend.notes += draw_names(page, asked, sheet, shapes, names)
    draw_scale_bar(page, sheet)
    draw_north(page, sheet)
    draw_legend(page, legend, over, page.width - _MARGIN_MM - LEGEND_MM, top, bottom)
    for number, line in enumerate(foot):
        y = bottom + 1.2 + number * mm_of(6.5) * 1.35
        page.text(_MARGIN_MM, y, line, 6.5, color=page.muted)
    buffer = io.BytesIO()
    page.figure.savefig(buffer, format="png", dpi=spec.dpi, pil_kwargs={"compress_level": 4})
    return buffer.getvalue()


def _head(page: Page, spec: PictureSpec) -> float:
    """Title and subtitle; returns where the map begins."""
    room = page.width - 2 * _MARGIN_MM - (20 if spec.is_demo else 0)
    y = _MARGIN_MM
    for line in wrapped(spec.title, room / mm_of(12)):
        page.text(_MARGIN_MM, y, line, 12, bold=True)
        y += mm_of(12) * 1.35
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
        for line in wrapped(words, (page.width - 2 * _MARGIN_MM) / mm_of(8)):
            page.text(_MARGIN_MM, y + 0.4, line, 8, color=tokens()["soft"])
            y += mm_of(8) * 1.35
    return y + 1.6


def _foot_lines(page: Page, shapes: Sequence[dict[str, Any]], spec: PictureSpec) -> list[str]:
    if not shapes:
        source = "尚无区市界"
    elif any(s["is_indicative"] for s in shapes):
        source = "区市界为示意（海岸线已概化，不作界线依据）"
    else:
        source = "区市界：市局上传"
    words = f"{spec.stamp} · {source} · CGCS2000，网络墨卡托投影"
    if spec.is_demo:
        words += " · 演示数据"
    return wrapped(words, (page.width - 2 * _MARGIN_MM) / mm_of(6.5))
