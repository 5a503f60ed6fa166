"""What a photograph says of itself: place, direction and time (EXIF), what it looks like, and a
small copy of it.

`read` is called within the confined child only (document_child.py): it decodes what came from
outside.
"""

from __future__ import annotations

import base64
import io
import math
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from data.errors import UploadRefused

#: What the child is asked for.
ASKED = "photograph"
#: A picture of more is no photograph of a camera that anybody takes to a field.
MOST_PIXELS = 100_000_000
SMALL_PX = 480
#: So little brighter is not brighter: a wall, the sky.
_NOISE = 3
_GPS, _EXIF = 0x8825, 0x8769
_TAKEN, _CHANGED = 0x9003, 0x0132
_TIME = re.compile(r"(\d{4})[:/-](\d\d?)[:/-](\d\d?)[ T](\d\d?):(\d\d)(?::(\d\d))?")


@dataclass(frozen=True, slots=True)
class Picture:
    """lon, lat: degrees; None where there are none, or zeros, which phones and chat programs leave.
    azimuth_deg: in which it was taken, clockwise from north. taken_at: `2023-06-01 10:20:30`. look:
    16 hexadecimal digits that differ little between copies of one picture. small: a JPEG in
    base64."""

    lon: float | None
    lat: float | None
    azimuth_deg: float | None
    taken_at: str | None
    look: str
    small: str


def read(path: Path) -> Picture:
    """Raises UploadRefused for what is no JPEG, is damaged or too large to be opened."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(path, formats=["JPEG"]) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise UploadRefused("照片超过1亿像素，未接收。请缩小后重新上传。")
            exif = picture.getexif()
            gps, own = exif.get_ifd(_GPS), exif.get_ifd(_EXIF)
            turned = exif.get(0x0112)
            picture.draft("RGB", (SMALL_PX * 2, SMALL_PX * 2))
            picture.load()
            look = _look(picture)
            small = picture.convert("RGB")
            small.thumbnail((SMALL_PX, SMALL_PX))
            if turned:
                small.getexif()[0x0112] = turned
                ImageOps.exif_transpose(small, in_place=True)
            kept = io.BytesIO()
            small.save(kept, "JPEG", quality=80)
    except UploadRefused:
        raise
    except Image.DecompressionBombError as error:
        raise UploadRefused("照片超过1亿像素，未接收。请缩小后重新上传。") from error
    except Exception as error:
        raise UploadRefused("照片已损坏，不能打开；请从相机或手机重新导出后上传。") from error
    lon, lat = _degrees(gps.get(4), gps.get(3)), _degrees(gps.get(2), gps.get(1))
    if lon is None or lat is None or (abs(lon) < 1e-6 and abs(lat) < 1e-6):
        lon = lat = None
    return Picture(
        lon, lat, azimuth_of(gps.get(17)), time_of(own.get(_TAKEN) or exif.get(_CHANGED)), look,
        base64.b64encode(kept.getvalue()).decode("ascii"),
    )  # fmt: skip


def time_of(value: Any) -> str | None:
    """`2023:06:01 10:20:30`, `2023/6/1 10:20` and the like as `2023-06-01 10:20:30`; None for what
    is no moment."""
    found = _TIME.match(str(value or "").strip())
    if found is None:
        return None
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second).isoformat(" ")
    except ValueError:  # zeros, of a camera whose clock was never set
        return None


def azimuth_of(value: Any) -> float | None:
    number = _number(value)
    return number % 360 if number is not None and 0 <= number <= 360 else None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _degrees(parts: Any, side: Any) -> float | None:
    """Degrees, minutes, seconds; side: N, S, E, W."""
    if not isinstance(parts, tuple | list) or len(parts) != 3:
        return None
    numbers = [_number(part) for part in parts]
    if None in numbers:
        return None
    degrees = sum(((n or 0.0) / 60.0**at for at, n in enumerate(numbers)), 0.0)
    return -degrees if str(side).strip("\0 ").upper() in ("S", "W") else degrees


def _look(picture: Any) -> str:
    """Whether each of 8 × 8 places is brighter than its neighbour: changed by neither size nor
    quality (difference hash)."""
    rows = picture.convert("L").resize((9, 8))
    cells = list(rows.tobytes())
    bits = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            bits = bits << 1 | (cells[at] > cells[at + 1] + _NOISE)
    return f"{bits:016x}"
