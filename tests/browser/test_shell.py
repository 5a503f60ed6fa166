"""The frame in Chromium: address and controls in step, navigation, menus, faults, print."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints
from tests.browser.screen import PHONE
from tests.browser.serving import Server

ON = "?year=2023&asof=2023-11-23"
on_phone = pytest.mark.parametrize("viewport", [PHONE], ids=["phone"], indirect=True)


def opened(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator("h1.headline")).to_contain_text("截至", timeout=20_000)


def query_of(page: Page) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlsplit(page.url).query).items()}


def test_a_district_chosen_above_is_in_the_address_and_in_every_link(
    page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/{ON}")
    page.get_by_label("区市", exact=True).select_option(label="乳山市")
    expect(page.locator("h1.headline")).to_contain_text("截至11月23日，乳山市", timeout=20_000)
    expect(page).to_have_url(re.compile("district=371083"))
    for link in page.locator(".side-nav a").all():
        assert "district=371083" in (link.get_attribute("href") or "")


def test_back_returns_to_the_view_before_with_its_controls(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/{ON}")
    page.get_by_label("区市", exact=True).select_option(label="乳山市")
    expect(page.locator("h1.headline")).to_contain_text("截至11月23日，乳山市", timeout=20_000)
    page.go_back()
    expect(page.locator("h1.headline")).not_to_contain_text("截至11月23日，乳山市", timeout=20_000)
    expect(page.get_by_label("区市", exact=True)).to_have_value("all")


def test_a_day_picked_in_the_calendar_becomes_the_as_of_date(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/{ON}&district=371002")
    page.locator("#as-of").click()
    expect(page.get_by_role("button", name="十一月")).to_be_visible()
    page.get_by_role("gridcell", name="15").or_(page.locator("td", has_text="15")).first.click()
    expect(page.locator("h1.headline")).to_contain_text("截至11月15日", timeout=20_000)
    assert query_of(page) == {"year": "2023", "asof": "2023-11-15", "district": "371002"}


def test_a_typed_day_is_the_pages_day_or_is_put_back_with_a_sentence(
    page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/{ON}")
    box = page.locator("#as-of")
    for text in ("2023-02-30", "2023-13-45", "abc"):
        box.fill(text)
        box.press("Enter")
        expect(page.locator("#notices")).to_contain_text(f"“{text}”不是日历上的日期")
        expect(box).to_have_value("2023-11-23")
    box.fill("")
    box.press("Tab")
    expect(box).to_have_value("2023-11-23")
    assert query_of(page)["asof"] == "2023-11-23"
    for text, day in (("2023.11.8", "2023-11-08"), ("2023年10月9日", "2023-10-09")):
        box.fill(text)
        box.press("Enter")
        expect(page).to_have_url(re.compile(f"asof={day}"))
        expect(box).to_have_value(day)


def test_the_footer_stamps_what_is_seen(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/{ON}")
    footer = page.locator(".page-stamp")
    expect(footer).to_contain_text("全市 · 2023年度 · 基准日11月23日 · 数据版本")
    expect(footer).to_contain_text("演示数据")


def test_the_navigation_collapses_and_stays_so(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/{ON}")
    button = page.get_by_role("button", name="展开或收起导航")
    expect(page.locator(".side-nav")).to_be_visible()
    button.click()
    expect(page.locator(".side-nav")).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    page.reload()
    expect(page.locator("h1.headline")).to_contain_text("截至", timeout=20_000)
    expect(page.locator(".side-nav")).to_be_hidden()


@on_phone
def test_on_the_phone_navigation_is_a_drawer_that_closes_after_use(
    page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/{ON}")
    drawer = page.locator(".side-nav")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="展开或收起导航").click()
    expect(drawer).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="展开或收起导航").click()
    page.get_by_role("link", name="月清", exact=True).click()
    expect(page.locator(".matrix")).to_be_visible(timeout=20_000)
    expect(drawer).to_be_hidden()


def test_everything_of_the_frame_is_reached_by_keyboard_with_a_visible_focus(
    page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/{ON}")
    page.keyboard.press("Tab")
    expect(page.get_by_text("跳到正文")).to_be_focused()
    expect(page.get_by_text("跳到正文")).to_be_in_viewport()
    seen: list[str] = []
    for _ in range(24):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.innerText"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        shadow = page.evaluate("getComputedStyle(document.activeElement).boxShadow")
        assert outline != "none" or shadow != "none", seen[-1]
    assert {"menu", "work-year", "district", "总览", "月清", "数据上传"} <= set(seen)


def test_a_definition_opens_by_keyboard_and_closes_with_escape(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/{ON}")
    mark = page.get_by_label("按期上报率的口径").first
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("依据：工作方案 §3.2").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("依据：工作方案 §3.2").first).to_be_hidden()
    expect(mark).to_be_focused()


def test_an_unknown_page_says_so_and_leads_back(
    page: Page, server: Server, complaints: Complaints
) -> None:
    complaints.expect("404")
    page.goto(f"{server.url}/nirgends")
    expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="回到总览").click()
    expect(page.locator("h1.headline")).to_contain_text("截至", timeout=20_000)


def test_a_fault_is_a_chinese_sentence_with_a_number_in_place_of_the_page(
    page: Page, fresh_server: Server, complaints: Complaints
) -> None:
    import sqlite3

    database = fresh_server.settings.local_dir / "weipian.sqlite"
    with sqlite3.connect(database) as conn:
        conn.execute("ALTER TABLE day_summary RENAME TO day_summary_gone")
    page.goto(f"{fresh_server.url}/{ON}")
    expect(page.locator("#overview-content")).to_contain_text("系统出错", timeout=20_000)
    expect(page.locator("#overview-content")).to_contain_text("编号")
    expect(page.locator(".skeleton")).to_have_count(0)
    page.get_by_role("button", name="知道了").click()
    expect(page.locator(".toasts .toast-note")).to_have_count(0)


def test_paper_shows_the_work_with_its_stamp_and_no_controls(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/clearance{ON}")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".side-nav")).to_be_hidden()
    expect(page.locator(".controls")).to_be_hidden()
    expect(page.locator(".card-menu").first).to_be_hidden()
    expect(page.locator(".page-stamp")).to_be_visible()
    expect(page.locator(".matrix")).to_be_visible()
