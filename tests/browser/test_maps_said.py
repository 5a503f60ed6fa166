"""Maps speak Chinese, and their boxes have room."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.serving import Server

ON = "?year=2023&asof=2023-11-23"


def test_the_scale_is_in_kilometres_or_metres_in_chinese(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/overdue{ON}")
    line = page.locator(".leaflet-control-scale-line").first
    expect(line).to_have_text(re.compile(r"^[\d.]+(公里|米)$"))
    page.locator(".leaflet-control-zoom-in").click()
    expect(line).to_have_text(re.compile(r"^[\d.]+(公里|米)$"))


def test_no_box_of_the_map_covers_the_name_of_another(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 768, "height": 1024})
    page.goto(f"{server.url}/heatmap{ON}")
    boxes = page.locator(".heatmap-question .filter:visible")
    expect(boxes.first).to_be_visible()
    edges = [box.bounding_box() for box in boxes.all()]
    for filter_box in boxes.all():
        own = filter_box.bounding_box()
        assert own is not None
        for child in filter_box.locator("select, summary").all():
            inner = child.bounding_box()
            if inner is not None:
                assert inner["x"] + inner["width"] <= own["x"] + own["width"] + 1, edges
