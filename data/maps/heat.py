"""The heat surface as it is seen: tiles, pictures and the legend.

The colour goes by the square root of the value (heat_surface.py), up to the top of the scale
(heat_scale.py).
"""

from __future__ import annotations

import io
import math
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from data.errors import SupervisionError
from data.maps.cube import MapCube
from data.maps.heat_scale import Scale, scale_of
from data.maps.heat_surface import Surface, surface
from data.maps.mercator import TILE_PX, check_tile
from data.maps.overlay import Window
from data.maps.question import MapQuestion
from data.maps.ramp import PALEST, amount_rgb, difference_rgb
from data.periods import format_day
from data.scope import Scope

RADII_M = (500, 1000, 2000)
DEFAULT_RADIUS_M = 1000
_OPAQUE = 0.85


class BadRadius(SupervisionError):
    """A smoothing radius that is not offered."""


def read_radius(text: str) -> int:
    """Metres; the default for an empty text. Raises BadRadius."""
    if not text:
        return DEFAULT_RADIUS_M
    if text not in {str(r) for r in RADII_M}:
        known = "、".join(map(str, RADII_M))
        raise BadRadius(f"没有平滑半径“{text[:20]}”。可用的（米）：{known}。")
    return int(text)


# ---- colours -------------------------------------------------------------------------------------


def _alpha(size: float) -> float:
    """From transparent at nothing to almost opaque at a 25th of the top, smoothly: a small place
    is still seen on a map of the city."""
    t = min(size / 0.04**0.5, 1.0)
    return float(_OPAQUE * t * t * (3 - 2 * t))


def _paled(position: float) -> float:
    """Without the palest end of the scale, which a light base would swallow."""
    return PALEST + (1 - PALEST) * position


def rgba(position: float, is_difference: bool) -> tuple[int, int, int, int]:
    """The colour of a place on the scale."""
    colour = difference_rgb(position) if is_difference else amount_rgb(_paled(position))
    return (*colour, round(255 * _alpha(abs(position))))


def hex_of(position: float, is_difference: bool) -> str:
    """`#RRGGBBAA`."""
    return "#{:02X}{:02X}{:02X}{:02X}".format(*rgba(position, is_difference))


@lru_cache(maxsize=2)
def palette(is_difference: bool) -> npt.NDArray[np.uint8]:
    """256 × (red, green, blue, alpha). Nothing is 0, in a difference 128."""
    places = [(i - 128) / 127 if is_difference else i / 255 for i in range(256)]
    return np.array([rgba(max(p, -1.0), is_difference) for p in places], dtype=np.uint8)


def _numbers(values: Surface, scale: Scale) -> npt.NDArray[np.uint8]:
    """Place in the palette of each pixel."""
    at = scale.positions(values)
    numbers = at * 127 + 128 if scale.is_difference else at * 255
    return np.asarray(np.rint(numbers), dtype=np.uint8)


def heat_rgba(
    cube: MapCube, scope: Scope, question: MapQuestion, radius: int, until: date, window: Window
) -> npt.NDArray[np.uint8]:
    """height × width × 4, for pictures."""
    scale = scale_of(cube, scope, question, radius, until)
    drawn = surface(cube, scope, question, radius, window)
    coloured: npt.NDArray[np.uint8] = palette(scale.is_difference)[_numbers(drawn, scale)]
    return coloured


def heat_tile(
    cube: MapCube,
    scope: Scope,
    question: MapQuestion,
    radius: int,
    until: date,
    z: int,
    x: int,
    y: int,
    px: int = TILE_PX,
) -> bytes:
    """A PNG of px × px pixels with alpha. Raises NoSuchTile."""
    check_tile(z, x, y)
    drawn = surface(cube, scope, question, radius, Window.of_tile(z, x, y, px))
    if not drawn.any():
        return _png(np.zeros((px, px), dtype=np.uint8), False)
    scale = scale_of(cube, scope, question, radius, until)
    return _png(_numbers(drawn, scale), scale.is_difference)


def _png(numbers: npt.NDArray[np.uint8], is_difference: bool) -> bytes:
    colours = palette(is_difference)
    picture = Image.frombytes("P", (numbers.shape[1], numbers.shape[0]), numbers.tobytes())
    picture.putpalette(colours[:, :3].tobytes())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=colours[:, 3].tobytes(), compress_level=4)
    return buffer.getvalue()


# ---- the legend ----------------------------------------------------------------------------------

_STOPS = (0.0, 0.05, 0.2, 0.5, 1.0)
_STEPS = 16


def legend(
    cube: MapCube, scope: Scope, question: MapQuestion, radius: int, until: date
) -> dict[str, Any]:
    """unit; is_difference; stops: value, text, position on the scale (0–1, of a difference −1–1)
    and colour (`#RRGGBBAA`); ramp: position and colour in even steps, for a gradient; most: value
    and text; note: how to read it."""
    scale = scale_of(cube, scope, question, radius, until)
    unit = f"{scale.measure.unit}/km²"
    shares = [-s for s in _STOPS[:0:-1]] if scale.is_difference else []
    marks = [*shares, *_STOPS] if scale.top else []
    first = -_STEPS if scale.is_difference else 0
    steps = range(first, _STEPS + 1) if scale.top else range(0)
    return {
        "unit": unit,
        "is_difference": scale.is_difference,
        "stops": [
            {
                "value": share * scale.top,
                "text": _signed(share * scale.top, scale.is_difference),
                "position": (place := math.copysign(abs(share) ** 0.5, share)),
                "colour": hex_of(place, scale.is_difference),
            }
            for share in marks
        ],
        "ramp": [
            {"position": i / _STEPS, "colour": hex_of(i / _STEPS, scale.is_difference)}
            for i in steps
        ],
        "most": {"value": scale.most, "text": f"{scale.most:,.3g}{unit}"},
        "radius": radius,
        "note": _note(scale, radius, until) if scale.top else "所选条件下没有可以上图的数值。",
    }


def _signed(value: float, is_difference: bool) -> str:
    text = f"{abs(value):,.4g}"
    if not is_difference or not value:
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def _note(scale: Scale, radius: int, until: date) -> str:
    what = "面积" if scale.measure.is_area else "数量"
    change = "橙色为增加，紫色为减少；" if scale.is_difference else ""
    return (
        f"平滑半径{radius / 1000:g}公里：每个图斑的{what}按正态分布摊到周围，约86%落在半径之内，"
        f"总和不变。{change}颜色按数值的平方根分级，各缩放级别、各月末至{format_day(until)}通用。"
    )
