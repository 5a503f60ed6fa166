"""The two screens on which every page is looked at (ui.md)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

Viewport = tuple[int, int]

DESKTOP: Viewport = (1440, 900)
PHONE: Viewport = (390, 844)

#: Decorator: the test runs once on each screen.
on_both_screens = pytest.mark.parametrize(
    "viewport", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True
)


def close_drawer(page: Page) -> None:
    """Press Escape once the drawer has slid in: while it moves it hears nothing."""
    drawer = page.locator(".patch-drawer")
    expect(drawer).to_have_class(re.compile(r"\bshow\b"))
    expect(drawer).not_to_have_class(re.compile(r"offcanvas-toggling"))
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
