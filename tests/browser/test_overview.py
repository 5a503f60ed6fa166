"""总览 in Chromium: the numbers are those of the command line, each leads to its patches."""

from __future__ import annotations

import re
from typing import Any

import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect

from data.scope import Scope
from data.store.opening import open_store
from data.store.queries.figures import figures
from data.units import format_mu, format_rate
from tests.browser.conftest import DEMO_TODAY, DEMO_YEAR
from tests.browser.serving import Server
from tests.browser.test_shell import ON, opened


@pytest.fixture(scope="session")
def document(server: Server) -> dict[str, Any]:
    store = open_store(server.settings)
    with store.read() as conn:
        found = figures(conn, Scope.all(), DEMO_YEAR, DEMO_TODAY)
    store.engine.dispose()
    return found


def test_the_key_figures_are_those_of_the_command_line(
    page: Page, server: Server, document: dict[str, Any]
) -> None:
    opened(page, f"{server.url}/{ON}")
    city = document["city"]
    shown = [text.strip() for text in page.locator(".key-value strong").all_inner_texts()]
    assert shown == [
        format_rate(city["on_time_rate"], (0.9,)),
        str(city["overdue"]),
        format_rate(city["ratio_net"], (0.1, 0.15)),
        format_mu(city["remaining_farmland_mu"]),
        format_rate(city["rectification_rate"], (0.9,)),
    ]


def test_the_overdue_count_leads_to_as_many_patches(
    page: Page, server: Server, document: dict[str, Any]
) -> None:
    opened(page, f"{server.url}/{ON}")
    page.locator(".key-value").nth(1).click()
    expect(page).to_have_url(re.compile("/overdue"))
    expect(page.locator("h1")).to_contain_text(str(document["city"]["overdue"]), timeout=20_000)


def test_each_district_stands_in_the_ranking_and_leads_to_its_own_view(
    page: Page, server: Server, document: dict[str, Any]
) -> None:
    opened(page, f"{server.url}/{ON}")
    names = page.locator(".ranking tbody th").all_inner_texts()
    assert sorted(n.rstrip("◦") for n in names) == sorted(
        d["short_name"] for d in document["districts"]
    )
    page.locator(".ranking tbody th a", has_text="文登区").click()
    expect(page.locator(".ranking tr.marked")).to_contain_text("文登区", timeout=20_000)
    expect(page.get_by_label("区市", exact=True)).to_have_value("371003")


def test_districts_are_drawn_without_any_tile_server(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/{ON}")
    expect(page.locator(".map-label-district")).to_have_count(4, timeout=20_000)
    expect(page.locator(".leaflet-tile")).to_have_count(0)


def test_the_ranking_is_downloaded_as_a_workbook(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/{ON}")
    page.locator(".ranking-panel .card-actions-mark").click()
    with page.expect_download() as download:
        page.locator(".ranking-panel").get_by_role("link", name="导出 xlsx").click()
    assert download.value.suggested_filename == "总览_全市_2023-11-23.xlsx"


def test_a_copied_link_pins_the_day(page: Page, server: Server) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, f"{server.url}/?district=371002")
    page.locator(".ranking-panel .card-actions-mark").click()
    page.locator(".ranking-panel").get_by_role("button", name="复制链接").click()
    expect(page.get_by_text("已复制链接")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{server.url}/?year=2023&asof=2023-11-23&district=371002"


def test_the_wall_fits_one_screen_and_goes_on_to_the_next_district(
    page: Page, server: Server
) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.clock.install()
    opened(page, f"{server.url}/?screen=1")
    expect(page.locator(".frame.screen")).to_be_visible()
    expect(page.locator(".side-nav")).to_be_hidden()
    expect(page.locator(".map-label-district")).to_have_count(4, timeout=20_000)
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    page.clock.fast_forward(21_000)
    expect(page.locator("h1.headline")).to_contain_text("环翠区", timeout=20_000)
    expect(page.locator(".ranking tr.marked")).to_contain_text("环翠区")


def test_an_empty_store_says_what_to_upload(page: Page, empty_server: Server) -> None:
    page.goto(f"{empty_server.url}/")
    expect(page.locator(".empty")).to_contain_text("还没有可以显示的图斑", timeout=20_000)
    expect(page.get_by_role("link", name="去上传下发图斑")).to_be_visible()
    expect(page.locator(".store-stamp")).to_have_text("尚无数据")
    expect(page.locator(".demo-mark")).to_have_count(0)


def test_the_years_dates_can_be_taken_into_a_calendar(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/{ON}&district=371083")
    panel = page.locator(".deadlines-panel")
    expect(panel.locator("h2")).to_contain_text("下一个期限：11月24日11月月清上报，还有1天")
    panel.locator(".more summary").click()
    expect(panel.locator(".year-deadlines")).to_be_visible()
    panel.locator(".card-actions-mark").click()
    with page.expect_download() as download:
        panel.get_by_role("link", name="加入日历（.ics）").click()
    calendar = Calendar.from_ical(download.value.path().read_bytes())
    events = {str(event["UID"]): event for event in calendar.walk("VEVENT")}
    cutoff = events["2023-D6-371083@weipian"]
    assert cutoff["DTSTART"].to_ical() == b"20240131"
    assert "违法用地未消除" in str(cutoff["SUMMARY"])


def test_no_column_of_the_districts_is_cut_on_a_desktop(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/{ON}")
    expect(page.locator(".ranking").first).to_be_visible()
    cut = page.evaluate(
        "[...document.querySelectorAll('.table-frame')]"
        ".filter(frame => frame.scrollWidth > frame.clientWidth + 1)"
        ".map(frame => frame.querySelector('caption')?.textContent)"
    )
    assert cut == []
