"""The legend beside a map picture."""

from __future__ import annotations

import numpy as np
from matplotlib.lines import Line2D

from data.colours import tokens
from data.maps.picture_layers import LegendParts, Mark
from data.maps.picture_page import Page, mm_of, wrapped

LEGEND_MM = 42.0
_SAMPLE_MM = 5.0


def draw_legend(
    page: Page, parts: LegendParts, over: list[Mark], x: float, top: float, bottom: float
) -> None:
    y, ems = top, LEGEND_MM / mm_of(8)
    page.text(x, y, "图例", 8, color=page.muted)
    y += mm_of(8) * 1.6
    title = [parts.title]
    if len(wrapped(parts.title, ems)) > 1:  # the unit stays in one piece
        words, bracket, unit = parts.title.rpartition("（")
        title = [*wrapped(words, ems), bracket + unit]
    for line in title:
        page.text(x, y, line, 8, bold=True)
        y += mm_of(8) * 1.4
    y += 1.0
    if parts.ramp:
        y = _ramp(page, parts, x, y)
    for mark in parts.marks:
        y = _mark(page, mark, x, y)
    if not parts.ramp and not parts.marks:
        page.text(x, y, "所选条件下没有可以上图的数值。", 7, color=page.muted)
        y += mm_of(7) * 1.6
    y += 1.0
    for note in parts.notes:
        for line in wrapped(note, LEGEND_MM / mm_of(7)):
            page.text(x, y, line, 7, color=tokens()["soft"])
            y += mm_of(7) * 1.4
        y += 0.6
    if over:
        y += 1.2
        page.line(x, x + LEGEND_MM, y, color=tokens()["line"], linewidth=0.6)
        y += 1.6
        for layer in [Mark(tokens()["layer-districts"], "区市界", "line"), *over]:
            y = _mark(page, layer, x, y)


def _mark(page: Page, mark: Mark, x: float, y: float) -> float:
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
    room = (LEGEND_MM - _SAMPLE_MM - 1.5) / mm_of(7.5)
    for line in wrapped(mark.text, room):
        page.text(x + _SAMPLE_MM + 1.5, middle, line, 7.5, va="center")
        middle += mm_of(7.5) * 1.35
    return middle - mm_of(7.5) * 1.35 + 3.0


def _ramp(page: Page, parts: LegendParts, x: float, y: float) -> float:
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
