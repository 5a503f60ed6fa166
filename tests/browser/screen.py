"""The two screens on which every page is looked at (ui.md)."""

from __future__ import annotations

import pytest

Viewport = tuple[int, int]

DESKTOP: Viewport = (1440, 900)
PHONE: Viewport = (390, 844)

#: Decorator: the test runs once on each screen.
on_both_screens = pytest.mark.parametrize(
    "viewport", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True
)
