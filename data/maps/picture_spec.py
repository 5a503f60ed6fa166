"""What a map picture shall show and how large; without the library that draws it, which takes a
second to load and is loaded by whoever draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from data.errors import SupervisionError
from data.maps.mercator import Box
from data.vocabulary import ReferenceLayer

#: What picture_layers.py can draw.
PICTURE_LAYERS = ("heat", "bins", "areas", "patches")
#: A picture larger than this is no picture for a document, but a load on the server.
MOST_MM, MOST_DPI, MOST_PIXELS = 420.0, 400, 24_000_000


class BadPicture(SupervisionError):
    """A layer or size that is not offered."""


@dataclass(frozen=True, slots=True)
class PictureSpec:
    """layer: one of PICTURE_LAYERS. box: degrees, None for the district or the city. by, radius,
    colouring, until: as the layers have them. subtitle: lines under the title. stamp: 基准日 and
    数据版本. width_mm, height_mm, dpi: on paper."""

    layer: str
    title: str
    subtitle: Sequence[str]
    stamp: str
    until: date
    box: Box | None = None
    by: str = "district"
    radius: int = 1000
    colouring: str = "status"
    overlays: Sequence[ReferenceLayer] = ()
    is_demo: bool = False
    width_mm: float = 156.0
    height_mm: float = 112.0
    dpi: int = 200

    def __post_init__(self) -> None:
        if self.layer not in PICTURE_LAYERS:
            raise BadPicture("没有这种图层。可用的：heat、bins、areas、patches。")
        pixels = self.width_mm * self.height_mm * (self.dpi / 25.4) ** 2
        if not (
            90 <= self.width_mm <= MOST_MM
            and 70 <= self.height_mm <= MOST_MM
            and 72 <= self.dpi <= MOST_DPI
            and pixels <= MOST_PIXELS
        ):
            raise BadPicture(
                f"图片尺寸不合适。宽应为 90 到 {MOST_MM:g} 毫米，高 70 到 {MOST_MM:g} 毫米，"
                f"分辨率 72 到 {MOST_DPI} dpi，总像素不超过 {MOST_PIXELS // 1_000_000} 百万。"
            )
