"""The server gone and back, newer data in another tab, and Back to the same place."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from data.settings import Settings
from data.store import meta
from data.store.opening import open_store
from tests.browser.conftest import Complaints
from tests.browser.serving import Restartable, Server

ON = "?year=2023&asof=2023-11-23"


@pytest.fixture
def restartable(demo_settings: Settings, tmp_path: Path) -> Iterator[Restartable]:
    """The demo; nothing is changed."""
    running = Restartable(demo_settings, tmp_path / "server.log")
    running.start()
    yield running
    running.stop()


def opened(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator("h1.headline")).to_contain_text("截至")
    page.wait_for_load_state("networkidle")


def until(page: Page, condition: str) -> None:
    """Wait for what a script sees; the content policy lets no page do it by itself."""
    deadline = time.monotonic() + 30
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(50)


def test_a_page_asked_for_while_the_server_is_gone_comes_when_it_is_back(
    page: Page, restartable: Restartable, complaints: Complaints
) -> None:
    # what is on its way when the server dies: refused, reset or without an answer
    complaints.expect("Failed to load resource: net::ERR_")
    opened(page, f"{restartable.url}/{ON}")
    restartable.stop()
    page.get_by_role("link", name="月清", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="服务暂时连不上，正在重试")).to_be_visible()
    expect(page).to_have_url(re.compile("/clearance"))
    restartable.start()
    expect(page.get_by_role("status").filter(has_text="服务已恢复")).to_be_visible()
    expect(page.locator(".server-gone")).to_have_count(0)
    expect(page.locator(".matrix")).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)


def test_nothing_in_english_is_seen_while_a_page_is_fetched(page: Page, server: Server) -> None:
    answer = page.request.get(f"{server.url}/")
    assert "Loading..." not in answer.text()
    assert "正在加载…" in answer.text()


def test_an_open_tab_says_that_newer_data_came(page: Page, fresh_server: Server) -> None:
    opened(page, f"{fresh_server.url}/overdue{ON}")
    store = open_store(fresh_server.settings)
    with store.write() as conn:
        newer = int(meta.get(conn, "data_version") or 0) + 1
        meta.put(conn, "data_version", str(newer))
    store.engine.dispose()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    note = page.locator(".newer-data")
    expect(note).to_contain_text(f"已有更新的数据（版本 {newer}）")
    note.get_by_role("button", name="刷新").click()
    expect(page.locator("h1.headline")).to_contain_text("截至")
    expect(page.locator("[data-version]")).to_have_attribute("data-version", str(newer))
    expect(note).to_have_count(0)


def test_back_returns_to_the_place_on_the_page(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/clearance{ON}")
    page.evaluate("window.scrollTo(0, 700)")
    until(page, "((history.state || {}).place || {}).y === 700")
    page.evaluate("document.querySelector('.side-nav a[href^=\"/overdue\"]').click()")
    expect(page.locator("h1.headline")).to_contain_text("逾期未上报")
    page.go_back()
    expect(page.locator(".matrix")).to_be_visible()
    until(page, "Math.abs(window.scrollY - 700) <= 1")


#: Every answer comes so many ms later, once a test sets it.
SLOWLY = """
  const ask = window.fetch.bind(window);
  window.laterMs = 0;
  window.fetch = (...asked) =>
    new Promise((done) => setTimeout(done, window.laterMs)).then(() => ask(...asked));
"""


def test_back_returns_to_the_row_of_a_list_however_slowly_it_comes(
    page: Page, server: Server
) -> None:
    page.add_init_script(SLOWLY)
    opened(page, f"{server.url}/patches{ON}")
    grid = page.locator(".ag-body-viewport")
    expect(page.locator(".ag-row").first).to_be_visible()
    # one row stands there until the rows come
    until(page, "document.querySelector('.ag-body-viewport').scrollHeight > 4000")
    grid.evaluate("(e) => { e.scrollTop = 3000; }")
    until(page, "((history.state || {}).place || {}).grid === 3000")
    page.evaluate("document.querySelector('.side-nav a[href^=\"/clearance\"]').click()")
    expect(page.locator(".matrix")).to_be_visible()
    page.evaluate("window.laterMs = 3000")
    page.go_back()
    expect(page.locator(".ag-row").first).to_be_visible()
    until(page, "Math.abs(document.querySelector('.ag-body-viewport').scrollTop - 3000) <= 1")


def test_each_filter_is_a_step_that_back_takes_back(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/patches{ON}")
    count = page.locator("#patches-count")
    expect(count).to_contain_text("共")
    whole = count.inner_text()
    page.locator("#patches-type").select_option(label="其他变化类")
    expect(page).to_have_url(re.compile("type=other_change"))
    expect(page.locator("h1.headline")).to_contain_text("图斑类型：其他变化类")
    page.locator("#patches-status").select_option(label="已上报")
    expect(page).to_have_url(re.compile("status=cleared"))
    page.go_back()
    expect(page.locator("#patches-status")).to_have_value("all")
    expect(page.locator("#patches-type")).to_have_value("other_change")
    page.go_back()
    expect(page.locator("#patches-type")).to_have_value("all")
    expect(count).to_have_text(whole)
    expect(page.locator("h1.headline")).not_to_contain_text("筛选")
    page.go_forward()
    expect(page.locator("#patches-type")).to_have_value("other_change")


def test_a_list_behind_a_figure_shows_its_column_its_total_and_its_map(
    page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/{ON}")
    value = page.locator(".key-figure", has_text="未消除违法占用耕地").locator(".key-value strong")
    shown = value.inner_text()
    value.click()
    expect(page.locator("h1.headline")).to_contain_text(f"未消除违法占用耕地{shown}亩")
    total = page.locator(".ag-floating-bottom .ag-row")
    expect(total.first).to_contain_text("合计")
    expect(page.locator(".ag-floating-bottom [col-id='remaining_farmland_mu']").first).to_have_text(
        shown
    )
    expect(page.locator("#patches-map")).to_be_visible()
    total.first.click()
    expect(page.locator(".patch-drawer.show")).to_have_count(0)
    page.locator(".ag-center-cols-container .ag-row [col-id='remaining_farmland_mu']").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".patch-drawer.show")).to_be_visible()
