"""The sheet that a map picture is drawn on: a figure in millimetres, and a font for Chinese."""

from __future__ import annotations

from functools import cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from data.colours import tokens
from data.errors import SupervisionError
from data.maps.picture_spec import PictureSpec

#: In the order of preference.
FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC", "PingFang SC",
    "Microsoft YaHei", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
)  # fmt: skip


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


class Page:
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


def mm_of(points: float) -> float:
    return points * 25.4 / 72
