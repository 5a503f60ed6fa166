"""图斑查询 in a real Chromium."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.screen import close_drawer
from tests.browser.serving import Server


def open_list(page: Page, server: Server, search: str = "") -> None:
    page.goto(f"{server.url}/patches{search}")
    expect(page.locator("#patches-count")).to_contain_text("个图斑", timeout=20_000)


def test_a_number_is_found_and_its_page_opened(page: Page, server: Server) -> None:
    open_list(page, server)
    number = page.locator(".ag-row[row-index='3'] .ag-cell[col-id='patch_no']").inner_text()
    page.fill("#patches-text", number[-6:])
    page.wait_for_url(f"**q={number[-6:]}**")
    rows = page.locator(".ag-body-viewport .ag-cell[col-id='patch_no']")
    expect(rows.filter(has_not_text=number[-6:])).to_have_count(0)
    expect(rows.filter(has_text=number)).to_have_count(1)


def test_a_status_narrows_the_list_and_is_kept_by_the_address(page: Page, server: Server) -> None:
    open_list(page, server)
    page.select_option("#patches-status", "unlawful")
    page.wait_for_url("**status=unlawful**")
    judged = page.locator(".ag-body-viewport .ag-cell[col-id='legality']")
    expect(judged.filter(has_not_text="违法")).to_have_count(0)
    expect(judged.first).to_have_text("违法")
    text = page.locator("#patches-count").inner_text()
    page.reload()
    expect(page.locator("#patches-status")).to_have_value("unlawful", timeout=20_000)
    expect(page.locator("#patches-count")).to_have_text(text)


def test_later_rows_come_while_scrolling(page: Page, server: Server) -> None:
    open_list(page, server)
    first = page.locator(".ag-row[row-index='0'] .ag-cell[col-id='patch_no']")
    first.click()
    expect(page.locator(".patch-drawer")).to_contain_text(first.inner_text())
    close_drawer(page)
    expect(first).to_be_focused()
    page.keyboard.press("Control+End")
    last = page.locator("#patches-count").inner_text()
    found = re.search(r"([\d,]+) 个", last)
    assert found
    index = int(found[1].replace(",", "")) - 1
    cell = page.locator(f".ag-row[row-index='{index}'] .ag-cell[col-id='patch_no']")
    expect(cell).not_to_be_empty(timeout=10_000)
