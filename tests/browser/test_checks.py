"""外业核查 in Chromium: a team is sent, its result entered, and not confirmed by who entered it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.serving import Server
from tests.browser.test_shell import ON


def waiting(page: Page) -> int:
    title = page.locator(".queue-card h2").inner_text()
    return int("".join(re.findall(r"\d+", title)))


def tick_first(page: Page) -> None:
    page.locator("#checks-picked input").first.check()


def test_a_team_is_sent_its_result_entered_and_confirmed_by_another_only(
    page: Page, fresh_server: Server
) -> None:
    page.goto(f"{fresh_server.url}/checks{ON}")
    expect(page.locator(".checks-states").first).to_be_visible()
    page.get_by_role("link", name=re.compile("^派组")).click()
    expect(page.locator("#checks-assign")).to_be_visible()
    before = waiting(page)
    tick_first(page)
    page.locator("#checks-team").fill("王工")
    page.locator("#checks-assign").click()
    expect(page.locator(".toast-note")).to_contain_text("至少两人")
    page.locator("#toast-close").click()
    page.locator("#checks-team").fill("王工、李工")
    page.locator("#checks-assign").click()
    expect(page.locator(".toast-note")).to_contain_text("已派组1处")
    page.locator("#toast-close").click()
    assert waiting(page) == before - 1
    page.get_by_role("link", name=re.compile("^录入结果")).click()
    expect(page.locator("#checks-record")).to_be_visible()
    tick_first(page)
    page.locator("#checks-note").fill("现场已建成厂房")
    page.locator("#checks-record").click()
    expect(page.locator(".toast-note")).to_contain_text("已录入1处")
    page.locator("#toast-close").click()
    page.get_by_role("link", name=re.compile("^认定")).click()
    expect(page.locator("#checks-confirm")).to_be_visible()
    page.locator("#checks-picked label", has_text="现场已建成厂房").locator("input").check()
    page.locator("#checks-confirm").click()
    expect(page.locator(".toast-note")).to_contain_text("须由另一人办理")
    page.locator("#toast-close").click()
    page.locator("#checks-picked label", has_text="现场已建成厂房").locator("input").uncheck()
    tick_first(page)  # the first was uploaded by others
    left = waiting(page)
    page.locator("#checks-confirm").click()
    expect(page.locator(".toast-note")).to_contain_text("已认定1处")
    assert waiting(page) == left - 1
