"""The colours of the product by name (ui.md): assets/tokens.json alone defines them.

Pages take them through components/parts/theme.py; pictures and tiles, which data draws, from here.
"""

from __future__ import annotations

import json
from functools import cache

from data.settings import PROJECT_DIR

_ASSETS = PROJECT_DIR / "assets"


@cache
def tokens() -> dict[str, str]:
    """Name → colour, `#RRGGBB`."""
    return _read("tokens.json")


@cache
def wall_tokens() -> dict[str, str]:
    """What differs on the dark wall of `?screen=1`."""
    return _read("tokens-wall.json")


def rgb(name: str) -> tuple[int, int, int]:
    """A token as red, green, blue from 0 to 255. Raises KeyError for an unknown name."""
    digits = tokens()[name].removeprefix("#")
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _read(name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((_ASSETS / name).read_text(encoding="utf-8"))
    return found
