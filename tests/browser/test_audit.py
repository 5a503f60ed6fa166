"""月核 in Chromium: a patch is returned and another passed at the workbench, by mouse and keys."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.serving import Server
from tests.browser.test_shell import ON


def waiting(page: Page) -> int:
    title = page.locator(".queue-card h2").inner_text()
    return int("".join(re.findall(r"\d+", title)))


def test_patches_are_returned_and_passed_and_leave_the_queue(
    page: Page, fresh_server: Server
) -> None:
    page.goto(f"{fresh_server.url}/audit{ON}")
    expect(page.locator(".stage-matrix")).to_be_visible()
    before = waiting(page)
    page.get_by_role("link", name="从等得最久的开始逐个审核").click()
    expect(page.locator(".bench-form")).to_be_visible()
    first = page.url
    page.locator("#bench-return").click()
    expect(page.locator(".toast-note")).to_contain_text("必须选择退回原因")
    page.locator("#toast-close").click()
    page.locator("#bench-codes").get_by_text("时相不符").click()
    page.locator("#bench-opinion").fill("照片早于影像")
    page.keyboard.press("Alt+R")
    expect(page.locator(".toast-note")).to_contain_text("已退回")
    expect(page).not_to_have_url(first)
    second = page.url
    expect(page.locator(".crumbs")).to_contain_text(second.split("?")[0].rsplit("/", 1)[1])
    expect(page.locator("#bench-codes input:checked")).to_have_count(0)
    page.keyboard.press("Alt+P")
    expect(page.locator(".toast-note")).to_contain_text("已通过")
    expect(page).not_to_have_url(second)
    page.goto(first)
    expect(page.locator(".bench-form")).to_contain_text("区市还没有重新上报")
    expect(page.locator(".bench-filed")).to_contain_text("照片早于影像")
    page.goto(f"{fresh_server.url}/audit{ON}")
    expect(page.locator(".stage-matrix")).to_be_visible()
    assert waiting(page) == before - 2
