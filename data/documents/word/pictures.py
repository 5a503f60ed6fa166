"""Charts for papers, drawn by matplotlib in the colours of the product."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from data.colours import tokens

if TYPE_CHECKING:
    from data.documents.paper import Chart

WIDTH_MM, HEIGHT_MM = 150.0, 68.0
_DPI = 160
_FONTS = ["Noto Sans CJK SC", "WenQuanYi Micro Hei", "SimHei", "Microsoft YaHei", "DejaVu Sans"]
#: Names of the colours (assets/tokens.json) of series and lines, in their order.
_SERIES = ("accent", "other", "lawful", "layer-other-programme")
_LINES = ("early-warning", "interview", "accountability")


def _colour(names: tuple[str, ...], at: int) -> str:
    return tokens()[names[at % len(names)]]


def chart_png(chart: Chart) -> bytes:
    """The chart as a picture, always the same bytes for the same data."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    inch = 25.4
    with matplotlib.rc_context({"font.sans-serif": _FONTS, "axes.unicode_minus": False}):
        figure = Figure(figsize=(WIDTH_MM / inch, HEIGHT_MM / inch), dpi=_DPI)
        axes: Any = figure.subplots()
        places = list(range(len(chart.labels)))
        scale = 100.0 if chart.unit == "%" else 1.0
        width = 0.8 / max(len(chart.series), 1)
        for at, series in enumerate(chart.series):
            values = [None if v is None else v * scale for v in series.values]
            colour = _colour(_SERIES, at)
            if chart.kind == "bars":
                shift = (at - (len(chart.series) - 1) / 2) * width
                heights = [0.0 if v is None else v for v in values]
                axes.bar(
                    [p + shift for p in places], heights, width, color=colour, label=series.label
                )
            else:
                known = [(p, v) for p, v in zip(places, values, strict=True) if v is not None]
                axes.plot(
                    [p for p, _ in known],
                    [v for _, v in known],
                    color=colour,
                    marker="o",
                    markersize=3,
                    linewidth=1.5,
                    label=series.label,
                )
        for at, line in enumerate(chart.lines):
            colour = _colour(_LINES, at)
            axes.axhline(line.value * scale, color=colour, linewidth=1, linestyle="--")
            axes.annotate(
                line.label, (1, line.value * scale), xycoords=("axes fraction", "data"),
                xytext=(3, 0), textcoords="offset points", va="center", fontsize=7, color=colour,
            )  # fmt: skip
        axes.set_xticks(places, chart.labels, fontsize=8)
        axes.tick_params(axis="y", labelsize=8, length=0)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(chart.unit, fontsize=8, rotation=0, ha="right", va="top", y=1.02)
        axes.grid(axis="y", color=tokens()["line"], linewidth=0.6)
        axes.set_axisbelow(True)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        if len(chart.series) > 1:
            axes.legend(fontsize=8, frameon=False, ncols=len(chart.series), loc="upper left",
                        bbox_to_anchor=(0, 1.14))  # fmt: skip
        figure.tight_layout()
        picture = io.BytesIO()
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()
