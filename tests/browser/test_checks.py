"""外业核查 in Chromium: a team is sent, its result entered, and not confirmed by who entered it; a
package goes out and comes back."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, expect

from tests.browser.serving import Server
from tests.browser.test_shell import ON
from tests.photographs import jpeg


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


def test_a_package_is_taken_along_filled_in_and_brought_back_with_a_photograph(
    page: Page, fresh_server: Server, tmp_path: Path
) -> None:
    page.goto(f"{fresh_server.url}/checks{ON}&rule=F3")
    with page.expect_download() as download:
        page.get_by_role("link", name="外业包", exact=True).click()
    assert download.value.suggested_filename.startswith("外业包_全市_WB20231123-")
    with zipfile.ZipFile(download.value.path()) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".xlsx"))
        path = Path(archive.extract(name, tmp_path))
    book = openpyxl.load_workbook(path)
    sheet = book["外业核查"]
    head = [cell.value for cell in sheet[1]]
    number = str(sheet.cell(2, 1).value)
    told = {"核查结论": "属实", "核查日期": "2023-11-23", "核查人": "王工、李工"}
    for header, value in told.items():
        sheet.cell(2, head.index(header) + 1).value = value
    book.save(path)
    page.get_by_role("link", name="带回外业包").click()
    expect(page.locator("#upload-kind")).to_have_value("checks")
    page.set_input_files("#upload-input", str(path))
    headline = page.locator("#upload-headline")
    expect(headline).to_contain_text("将新增 1 行", timeout=30_000)
    page.get_by_role("button", name="确认写入").click()
    expect(headline).to_contain_text("已入库：新增 1 行", timeout=30_000)

    page.goto(f"{fresh_server.url}/patches/2023/{number}{ON}")
    expect(page.get_by_text("还没有外业核查的照片")).to_be_visible(timeout=30_000)
    photo = tmp_path / "现场.jpg"
    photo.write_bytes(jpeg(lon=None))
    page.set_input_files("#patch-photos input[type=file]", str(photo))
    expect(page.locator(".toast-note")).to_contain_text("已收下1张照片", timeout=30_000)
    expect(page.locator(".photo-told")).to_contain_text("须核对：没有位置")
    shown = page.locator(".photo-small")
    shown.scroll_into_view_if_needed()
    assert shown.evaluate("img => img.decode().then(() => img.naturalWidth)") > 100
