"""What a reader sees while a file is being made."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Complaints
from tests.browser.serving import Server
from tests.browser.test_shell import ON


def test_a_link_says_that_its_file_is_being_made_and_why_it_was_not(
    page: Page, server: Server, complaints: Complaints
) -> None:
    page.goto(f"{server.url}/overdue{ON}")
    held: list[Route] = []
    page.route("**/export/**", lambda route: held.append(route))
    link = page.locator("#overdue-export")
    busy = page.locator("a.is-made")
    notices = page.locator("#notices")
    link.click()
    expect(busy).to_have_count(1)
    expect(notices).to_contain_text("正在生成")
    link.click()  # once is enough
    with page.expect_download() as download:
        held[0].continue_()
    assert download.value.suggested_filename.endswith(".xlsx")
    assert openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes())).worksheets
    expect(busy).to_have_count(0)
    expect(notices).to_be_empty()
    assert len(held) == 1
    complaints.expect("400")
    link.click()
    expect(busy).to_have_count(1)
    held[1].fulfill(status=400, content_type="text/plain; charset=utf-8", body="请缩小地图范围。")
    expect(notices.get_by_role("alert")).to_have_text("请缩小地图范围。")
    expect(busy).to_have_count(0)
