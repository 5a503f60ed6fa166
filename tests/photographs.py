"""Photographs as cameras, phones and people make them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageDraw

#: In 环翠区.
LON, LAT = 122.1, 37.4
_DRAWN = (320, 240)


def jpeg(
    seed: int = 1,
    *,
    lon: float | None = LON,
    lat: float | None = LAT,
    azimuth: float | None = 135.0,
    taken: str | None = "2023:06:01 10:20:30",
    size: tuple[int, int] = _DRAWN,
    quality: int = 90,
) -> bytes:
    """A picture of its own for every seed, with what EXIF is wanted."""
    picture = Image.new("RGB", _DRAWN, (90, 120, 90))
    draw = ImageDraw.Draw(picture)
    for at in range(9):
        shade = (seed * 37 + at * at * 53) % 256
        x = _DRAWN[0] * at // 9
        high = (seed * 29 + at * 61) % _DRAWN[1]
        draw.rectangle((x, 0, x + _DRAWN[0] // 9, high), fill=(shade, shade, shade))
    exif = Image.Exif()
    if taken is not None:
        exif.get_ifd(0x8769)[0x9003] = taken
    gps: dict[int, Any] = exif.get_ifd(0x8825)
    if lon is not None and lat is not None:
        gps |= {1: "N", 2: _parts(lat), 3: "E", 4: _parts(lon)}
        exif.get_ifd(0x8825).update(gps)
    if azimuth is not None:
        exif.get_ifd(0x8825)[17] = azimuth
    content = io.BytesIO()
    picture.resize(size).save(content, "JPEG", quality=quality, exif=exif)
    return content.getvalue()


def _parts(degrees: float) -> tuple[float, float, float]:
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    return float(whole), float(minutes), round(((degrees - whole) * 60 - minutes) * 60, 4)
