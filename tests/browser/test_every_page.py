"""Wrong addresses say so and have a way back. That every page opens: test_accessibility.py."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DEMO_YEAR, Complaints
from tests.browser.serving import Server


def open_page(page: Page, url: str) -> None:
    """Open an address and wait until its headline stands and nothing is loading."""
    page.goto(url)
    expect(page.locator("h1").first).not_to_be_empty(timeout=20_000)
    expect(page.locator(".skeleton")).to_have_count(0, timeout=20_000)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/?year=1999", "1999"),
        ("/clearance?district=999999", "999999"),
        ("/overdue?asof=2023-02-30", "2023-02-30"),
        ("/patches?district=371002&year=abc", "abc"),
    ],
)
def test_an_unknown_year_district_or_day_is_named_and_has_a_way_back(
    path: str, said: str, page: Page, server: Server
) -> None:
    open_page(page, server.url + path)
    panel = page.get_by_text(said).first
    expect(panel).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("path", ["/nowhere", f"/patches/{DEMO_YEAR}/没有这个图斑"])
def test_an_address_that_names_nothing_says_so_in_chinese(
    path: str, page: Page, server: Server, complaints: Complaints
) -> None:
    complaints.expect("404")
    page.goto(server.url + path)
    body = page.locator("body")
    expect(body).to_contain_text("没有", timeout=20_000)
    expect(page.locator("main a, #_pages_content a").first).to_be_visible()
