"""规则口径 in Chromium: what an address names is shown, and every ⓘ leads there."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.serving import Server
from tests.browser.test_every_page import open_page
from tests.browser.test_shell import ON, opened


def test_an_address_with_a_name_shows_that_rule(page: Page, server: Server) -> None:
    open_page(page, f"{server.url}/rules{ON}#T3")
    named = page.locator(".named")
    expect(named).to_have_attribute("id", "T3")
    expect(named).to_be_in_viewport()
    expect(named).to_contain_text("约谈线")


def test_a_figures_mark_leads_to_its_definition_with_the_view(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/{ON}&district=371003")
    figure = page.locator(".key-figure").filter(has_text="问责比例（扣除已消除）")
    figure.locator(".definition-mark").click()
    figure.get_by_role("link", name="查看规则口径").click()
    expect(page).to_have_url(re.compile(r"/rules\?year=2023.*district=371003.*#ratio_net$"))
    named = page.locator(".named")
    expect(named).to_have_attribute("id", "ratio_net")
    expect(named).to_be_in_viewport()


def test_the_contents_lead_to_a_rule(page: Page, server: Server) -> None:
    open_page(page, f"{server.url}/rules{ON}")
    page.locator(".rule-contents").get_by_role("link", name="D6 消除违法状态截止").click()
    expect(page.locator(".named")).to_have_attribute("id", "D6")
    expect(page.locator("#D6")).to_be_in_viewport()


def test_printed_it_is_the_text_alone(page: Page, server: Server) -> None:
    open_page(page, f"{server.url}/rules{ON}")
    page.emulate_media(media="print")
    expect(page.locator(".rule-contents")).to_be_hidden()
    expect(page.locator("#T3 blockquote").first).to_be_visible()


def test_a_word_leaves_what_holds_it_and_stands_in_the_address(page: Page, server: Server) -> None:
    open_page(page, f"{server.url}/rules{ON}")
    rules = page.locator(".rule:visible")
    everything = rules.count()
    page.locator("#rules-words").fill("验收")
    expect(page.locator("#rules-found")).to_contain_text("找到")
    assert 0 < rules.count() < everything
    page.reload()
    expect(page.locator("#rules-found")).to_contain_text("找到")
    page.locator("#rules-words").fill("没有这个词")
    expect(page.locator("#rules-found")).to_contain_text("请换一个词")
    page.locator("#rules-words").fill("")
    expect(rules).to_have_count(everything)
    expect(page).not_to_have_url(re.compile("q="))
