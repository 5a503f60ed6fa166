"""The page of one patch in a real Chromium."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from data.scope import Scope
from data.store.opening import open_store
from data.store.queries.patch_list import PatchQuery, patch_page
from data.vocabulary import PatchStatus
from tests.browser.conftest import DEMO_TODAY, DEMO_YEAR
from tests.browser.serving import Server


def number_of(server: Server, status: PatchStatus) -> str:
    store = open_store(server.settings)
    with store.read() as conn:
        query = PatchQuery(DEMO_YEAR, DEMO_TODAY, status=status, limit=1)
        number: str = patch_page(conn, Scope.all(), query).rows[0]["patch_no"]
    store.engine.dispose()
    return number


def test_a_judged_patch_shows_map_parcels_and_story(page: Page, server: Server) -> None:
    number = number_of(server, PatchStatus.UNLAWFUL)
    page.goto(f"{server.url}/patches/{DEMO_YEAR}/{number}")
    expect(page.locator("h1")).to_contain_text(number, timeout=20_000)
    expect(page.locator("#patch-map canvas")).to_be_visible()
    expect(page.get_by_role("heading", name="地块")).to_be_visible()
    timeline = page.locator(".timeline li")
    expect(timeline.first).to_contain_text("下发")
    expect(timeline.first).to_contain_text("第")  # its upload
    assert timeline.count() > 2


def test_an_unknown_number_offers_the_way_back(page: Page, server: Server, complaints: Any) -> None:
    complaints.expect("404")
    page.goto(f"{server.url}/patches/{DEMO_YEAR}/%3Cb%3E%2F9")
    expect(page.locator("#main")).to_contain_text("没有编号为“<b>/9”的图斑", timeout=20_000)
    page.get_by_role("link", name="返回图斑查询").click()
    expect(page.locator("#patches-count")).to_contain_text("个图斑", timeout=20_000)


def test_the_day_of_the_address_is_kept_on_the_way(page: Page, server: Server) -> None:
    number = number_of(server, PatchStatus.UNLAWFUL)
    page.goto(f"{server.url}/patches/{DEMO_YEAR}/{number}?year={DEMO_YEAR}&asof=2023-03-01")
    expect(page.locator("h1")).to_contain_text("3月1日", timeout=20_000)
    page.get_by_role("link", name="图斑查询").last.click()
    page.wait_for_url("**asof=2023-03-01**")
