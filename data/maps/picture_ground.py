"""What lies under and over the layer of a map picture: land and water, boundaries, reference
layers, scale bar and north arrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from data.colours import rgb, tokens
from data.maps.ground import metres_per_unit
from data.maps.overlay import Window
from data.maps.picture_layers import Mark, Sheet
from data.maps.picture_page import Page
from data.maps.reference import colour_of, layer_mask, layers_shown, pen_of
from data.scope import Scope
from data.store.engine import Store
from data.vocabulary import ReferenceLayer

if TYPE_CHECKING:
    from sqlalchemy import Connection

_WATER = "#E9EFF4"


def prepare(axes: Axes, window: Window) -> None:
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


def draw_base(sheet: Sheet, shapes: Sequence[dict[str, Any]]) -> None:
    polygons = [shapely.from_wkb(s["geom"]) for s in shapes]
    sheet.polygons(polygons, facecolors="#FBFBF9", edgecolors="none", zorder=1)


def draw_boundaries(sheet: Sheet, shapes: Sequence[dict[str, Any]]) -> None:
    polygons = [shapely.from_wkb(s["geom"]) for s in shapes]
    edge = tokens()["layer-districts"]
    sheet.polygons(polygons, facecolors="none", edgecolors=edge, linewidths=0.7, zorder=6)


def draw_overlays(
    conn: Connection,
    store: Store,
    scope: Scope,
    sheet: Sheet,
    chosen: Sequence[ReferenceLayer],
) -> list[Mark]:
    """Draw the reference layers that are there; their entries of the legend."""
    marks = []
    for shown in layers_shown(conn, store, scope):
        # the districts are always drawn, crisper than a mask
        if shown.layer not in chosen or shown.layer is ReferenceLayer.DISTRICTS:
            continue
        alpha = layer_mask(conn, store, scope, shown.layer, sheet.window)
        picture = np.empty((*alpha.shape, 4), dtype=np.uint8)
        picture[..., :3] = rgb(colour_of(shown.layer))
        picture[..., 3] = alpha
        sheet.picture(picture, 5)
        kind = "line" if not pen_of(shown.layer).fill else "tint"
        label = f"{shown.layer.label}{'（示意）' if shown.is_indicative else ''}"
        marks.append(Mark(tokens()[shown.colour], label, kind))
    return marks


def scale_length(km_across: float) -> float:
    """Kilometres of a scale bar: 1, 2 or 5 times a power of ten, up to a quarter of the map."""
    power = 10.0 ** math.floor(math.log10(km_across / 4))
    return max(step * power for step in (1, 2, 5) if step * power <= km_across / 4)


def draw_scale_bar(page: Page, sheet: Sheet) -> None:
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


def draw_north(page: Page, sheet: Sheet) -> None:
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
