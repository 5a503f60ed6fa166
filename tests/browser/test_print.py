"""Pages on paper: A4 landscape, few sheets, with charts and without buttons."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import Server
from tests.browser.test_shell import ON

#: A4 landscape in points, as a sheet says its size.
SHEET = re.compile(rb"/MediaBox \[0 0 (\d+)[\d.]* (\d+)")
MOST_SHEETS = {
    "/": 2,
    "/clearance": 3,
    "/triggers": 8,
    "/assessment": 4,
    "/overdue": 1,
    "/patches": 1,
}


@pytest.mark.parametrize("path", sorted(MOST_SHEETS))
def test_a_page_takes_few_sheets_of_a4_landscape(
    page: Page, server: Server, path: str, tmp_path: Path
) -> None:
    page.goto(f"{server.url}{path}{ON}")
    expect(page.locator("#main h1")).to_contain_text("截至")
    page.wait_for_load_state("networkidle")
    content = page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    sheets = len(re.findall(rb"/Type */Page\b", content))
    assert 1 <= sheets <= MOST_SHEETS[path]
    assert set(SHEET.findall(content)) == {(b"841", b"594")} or set(SHEET.findall(content)) == {
        (b"842", b"595")
    }


def test_what_is_pressed_is_not_printed_and_drawings_keep_their_place(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}/clearance{ON}")
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    for name in (".side-nav", ".controls", ".card-menu", ".menu-button"):
        expect(page.locator(name).first).to_be_hidden()
    expect(page.locator("#page-stamp")).to_contain_text("2023年度 · 基准日11月23日")
    chart, card = page.locator(".js-plotly-plot"), page.locator(".chart-panel")
    inner, outer = chart.bounding_box(), card.bounding_box()
    assert inner is not None
    assert outer is not None
    assert outer["x"] <= inner["x"]
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".side-nav")).to_be_visible()
    assert "transform" not in (chart.get_attribute("style") or "")
