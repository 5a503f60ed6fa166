"""预警约谈 in a real Chromium: cards, filters, and the patches behind one."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, expect

from tests.browser.screen import close_drawer, on_both_screens
from tests.browser.serving import Server


def open_page(page: Page, server: Server, search: str = "") -> None:
    page.goto(f"{server.url}/triggers{search}")
    expect(page.locator("h1")).to_contain_text("截至", timeout=20_000)


@on_both_screens
def test_the_page_fits_the_screen(
    page: Page, server: Server, screenshot: Callable[[str], None]
) -> None:
    open_page(page, server)
    expect(page.locator(".trigger-full").first).to_contain_text("何时解除")
    width, height = page.evaluate(
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight]"
    )
    assert width <= 0
    assert height < 8_000
    screenshot("triggers")


def test_a_rule_narrows_the_cards_and_is_kept_by_the_address(page: Page, server: Server) -> None:
    open_page(page, server)
    page.select_option("#triggers-rule", "T3")
    page.wait_for_url("**rule=T3**")
    titles = page.locator(".trigger-full h3")
    expect(titles.filter(has_not_text="问责比例")).to_have_count(0)
    expect(titles.first).to_contain_text("问责比例")
    page.reload()
    expect(page.locator("#triggers-rule")).to_have_value("T3", timeout=20_000)


def test_another_day_of_comparison_changes_what_is_new(page: Page, server: Server) -> None:
    open_page(page, server)
    title = page.locator(".changes-panel h2")
    first = title.inner_text()
    options = page.locator("#triggers-against option")
    last = options.last.get_attribute("value")
    assert last
    page.select_option("#triggers-against", last)
    page.wait_for_url(f"**against={last}**")
    expect(title).not_to_have_text(first)


def test_a_card_leads_to_its_patches_on_a_list_and_a_map(page: Page, server: Server) -> None:
    open_page(page, server, "?rule=T3")
    link = page.locator(".trigger-link a").first
    found = re.search(r"([\d,]+)个图斑", link.inner_text())
    assert found
    link.click()
    expect(page.locator("#behind-count")).to_have_text(f"共 {found[1]} 个图斑", timeout=20_000)
    expect(page.locator("#behind-legend")).to_contain_text(f"{found[1]} 个")
    expect(page.locator("h1")).to_contain_text(f"所依据的{found[1]}个图斑")
    first = page.locator(".ag-row[row-index='0'] .ag-cell[col-id='patch_no']")
    first.click()
    expect(page.locator(".patch-drawer")).to_contain_text(first.inner_text())
    close_drawer(page)
    with page.expect_download() as download:
        page.locator("#behind-export").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert len(rows) == 1 + int(found[1].replace(",", "")) + 1
    assert "合计" in str(rows[-1])


def test_the_months_of_a_rule_open_by_keyboard(page: Page, server: Server) -> None:
    open_page(page, server, "?rule=T1")
    months = page.locator(".trigger-periods").first
    months.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(months.locator("table")).to_be_visible()
    months.get_by_role("link").first.click()
    expect(page.locator("#behind-count")).to_contain_text("个图斑", timeout=20_000)
