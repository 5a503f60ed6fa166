"""`?screen=1` in Chromium: as large as the screen, nothing cut, and plain about what is wrong."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints
from tests.browser.serving import Server

SIZES = ((1366, 768), (1440, 900), (2560, 1440), (3840, 2160))
#: What has more in it than it shows.
CUT = """() => {
  const boxes = [...document.querySelectorAll('#main, #main .card-body, #main .table-frame')];
  const more = (b) => b.scrollHeight > b.clientHeight + 2 || b.scrollWidth > b.clientWidth + 2;
  return boxes.filter(more).map((b) => b.className || b.id);
}"""
#: It is as large as the screen, and its panels go down to the end of it; a moment after the screen
#: has changed.
FILLS = """([width, height]) => {
  const page = document.documentElement;
  const lowest = Math.max(...[...document.querySelectorAll('#main .panel')]
    .map((p) => p.getBoundingClientRect().bottom)) / window.innerHeight;
  return page.scrollWidth === width && page.scrollHeight === height && 0.95 < lowest && lowest <= 1;
}"""


@pytest.mark.parametrize("path", ["/", "/clearance", "/heatmap"])
def test_the_wall_fills_any_screen_and_cuts_nothing(page: Page, server: Server, path: str) -> None:
    page.goto(f"{server.url}{path}?screen=1")
    expect(page.locator("#main .panel").first).to_be_visible()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_load_state("networkidle")
        page.wait_for_function(FILLS, arg=[width, height])
        assert page.evaluate(CUT) == []
        expect(page.locator("#wall-time")).to_be_visible()
        headline = page.locator("h1.headline").bounding_box()
        assert headline is not None
        assert headline["y"] > 0


def test_a_wall_whose_server_is_gone_says_so_and_recovers(
    page: Page, server: Server, complaints: Complaints
) -> None:
    complaints.expect("Failed to load resource")
    page.clock.install()
    page.goto(f"{server.url}/?screen=1")
    expect(page.locator(".ranking")).to_be_visible()
    page.route("**/healthz", lambda route: route.abort())
    page.clock.fast_forward(16_000)
    expect(page.locator("#wall-gone")).to_contain_text("服务连不上，画面停在")
    page.unroute("**/healthz")
    page.clock.fast_forward(16_000)
    expect(page.locator("#wall-gone")).to_be_hidden()
