"""Every page opens on both screens without a complaint, and wrong addresses have a way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from data.scope import Scope
from data.store.opening import open_store
from data.store.queries.patch_list import PatchQuery, patch_page
from data.vocabulary import PatchStatus
from tests.browser.conftest import DEMO_TODAY, DEMO_YEAR, Complaints
from tests.browser.screen import Viewport, on_both_screens
from tests.browser.serving import Server

#: Name of the picture → address.
PAGES = {
    "overview": "/",
    "clearance": "/clearance",
    "overdue": "/overdue",
    "heatmap": "/heatmap",
    "patches": "/patches",
    "patch": f"/patches/{DEMO_YEAR}/{{patch_no}}",
    "rules": "/rules",
    "assessment": "/assessment",
    "upload": "/upload",
}


@pytest.fixture(scope="session")
def patch_no(server: Server) -> str:
    """The number of the largest unlawful patch, of which most can be told."""
    store = open_store(server.settings)
    with store.read() as conn:
        query = PatchQuery(
            DEMO_YEAR, DEMO_TODAY, status=PatchStatus.UNLAWFUL, sort=(("area_mu", "desc"),), limit=1
        )
        number: str = patch_page(conn, Scope.all(), query).rows[0]["patch_no"]
    store.engine.dispose()
    return number


def open_page(page: Page, url: str) -> None:
    """Open an address and wait until its headline stands and nothing is loading."""
    page.goto(url)
    expect(page.locator("h1").first).not_to_be_empty(timeout=20_000)
    expect(page.locator(".skeleton")).to_have_count(0, timeout=20_000)


@on_both_screens
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_fits_the_screen_and_says_what_it_shows(
    name: str,
    page: Page,
    server: Server,
    patch_no: str,
    viewport: Viewport,
    screenshot: Callable[[str], Path],
) -> None:
    open_page(page, server.url + PAGES[name].format(patch_no=patch_no))
    page.wait_for_load_state("networkidle")
    screenshot(name)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport[0]
    assert page.title() != ""
    assert page.get_by_text("演示数据").first.is_visible()


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
