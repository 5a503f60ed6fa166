"""年度评估 in Chromium: the page, and a what-if from the first tick to the shared link."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
from playwright.sync_api import Locator, Page, expect

from tests.browser.screen import Viewport, on_both_screens
from tests.browser.serving import Server
from tests.browser.test_shell import ON, opened

NOTHING = re.compile("不写入任何数据")


def opened_what_if(page: Page, server: Server, own: str = "") -> Locator:
    """The what-if of the page, with its list and its result read."""
    opened(page, f"{server.url}/assessment{ON}{own}")
    what_if = page.locator(".scenario")
    expect(what_if.locator(".scenario-result")).to_contain_text(NOTHING, timeout=20_000)
    expect(what_if.locator(".scenario-list input").first).to_be_visible(timeout=20_000)
    return what_if


def city_ratio(page: Page) -> str:
    return page.locator(".key-value strong").first.inner_text()


@on_both_screens
def test_patches_ticked_by_keyboard_move_the_ratio_at_once_and_the_address_says_so(
    page: Page,
    server: Server,
    viewport: Viewport,
    screenshot: Callable[[str], Path],
) -> None:
    what_if = opened_what_if(page, server)
    before = city_ratio(page)
    first = what_if.locator(".scenario-list input").first
    number = what_if.locator(".scenario-patch strong").first.inner_text()
    first.focus()
    page.keyboard.press("Space")
    expect(first).to_be_checked()
    button = what_if.get_by_role("button", name="消除违法状态", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    sentence = what_if.locator(".scenario-sentence").first
    expect(sentence).to_contain_text(f"全市问责比例（扣除已消除）由{before}变为", timeout=20_000)
    expect(page).to_have_url(re.compile(rf"do=r(:|%3A){number}"))
    expect(what_if.locator(".compared tr").nth(1)).to_contain_text(f"原 {before}")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport[0]
    said = sentence.inner_text()
    page.reload()  # the address alone shows the same
    expect(page.locator(".scenario-sentence").first).to_have_text(said, timeout=20_000)
    page.locator(".scenario-result").scroll_into_view_if_needed()
    screenshot("assessment-what-if")


def test_a_part_is_taken_out_again(page: Page, server: Server) -> None:
    what_if = opened_what_if(page, server, "&all=r.filed")
    expect(what_if.locator(".compared")).to_be_visible(timeout=20_000)
    what_if.get_by_role("button", name="去掉已立案的图斑：消除违法状态").click()
    expect(what_if.locator(".scenario-empty")).to_be_visible(timeout=20_000)
    expect(page).not_to_have_url(re.compile("all="))


def test_the_list_is_searched_on_the_server(page: Page, server: Server) -> None:
    what_if = opened_what_if(page, server)
    number = what_if.locator(".scenario-patch strong").nth(3).inner_text()
    what_if.get_by_label("搜索").fill(number)
    expect(what_if.locator(".scenario-patch")).to_have_count(1, timeout=20_000)
    expect(what_if.locator(".scenario-patch strong")).to_have_text(number)


def test_a_bulk_choice_with_its_day_is_supposed(page: Page, server: Server) -> None:
    what_if = opened_what_if(page, server)
    day = what_if.locator(".bulk-until")
    expect(day).to_be_hidden()
    what_if.get_by_label("成批假设").select_option("due")
    expect(day).to_be_visible()
    what_if.get_by_label("假设为", exact=True).select_option("approved")
    what_if.get_by_role("button", name="加入", exact=True).click()
    chip = what_if.locator(".chip").first
    expect(chip).to_contain_text("到期日不晚于2023年11月23日的图斑：补办用地手续", timeout=20_000)
    expect(page).to_have_url(re.compile(r"all=a\.due\.2023-11-23"))


def test_the_smallest_set_brings_the_district_under_the_line_when_it_is_supposed(
    page: Page, server: Server
) -> None:
    what_if = opened_what_if(page, server)
    over = page.locator(".ranking td.severity-interview").first
    name = over.locator("xpath=../th").inner_text()
    what_if.get_by_label("对象").select_option(label=name)
    what_if.get_by_role("button", name="求最少图斑").click()
    sentence = what_if.locator(".scenario-sentence")
    expect(sentence).to_contain_text(f"{name}最少整改", timeout=20_000)
    promised = re.search(r"变为([\d.]+%)", sentence.inner_text())
    assert promised is not None
    what_if.get_by_role("button", name="加入假设：补办用地手续").click()
    changes = what_if.locator(".scenario-changes")
    expect(changes).to_contain_text(f"{name}问责比例", timeout=20_000)
    row = what_if.locator(".compared tr", has=page.get_by_role("rowheader", name=name))
    shown = float(row.locator("td").first.inner_text().split("%")[0])
    assert abs(shown - float(promised.group(1).rstrip("%"))) < 0.06
    assert shown < 15


def test_a_button_without_ticks_says_what_is_missing(page: Page, server: Server) -> None:
    what_if = opened_what_if(page, server)
    what_if.get_by_role("button", name="上级改判合法").click()
    expect(page.locator(".toast-note")).to_contain_text("还没有勾选图斑", timeout=20_000)


def test_the_workbooks_equal_the_screen(page: Page, server: Server) -> None:
    what_if = opened_what_if(page, server, "&all=r.filed")
    expect(what_if.locator(".compared")).to_be_visible(timeout=20_000)
    with page.expect_download() as download:
        what_if.get_by_role("link", name="导出 xlsx").click()
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    row = [cell.value for cell in book["比例对照"][2]]
    cell = what_if.locator(".compared tr").nth(1).locator("td").first.inner_text()
    now, was = (float(part) for part in re.findall(r"([\d.]+)%", cell))
    assert (round(row[2] * 100, 1), round(row[1] * 100, 1)) == (now, was)
    panel = page.locator(".panel").first
    panel.locator(".card-actions-mark").click()
    with page.expect_download() as download:
        panel.get_by_role("link", name="导出 xlsx").click()
    sheet = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))["区市排名"]
    exported = [[row[0].value, str(row[1].value or "—")] for row in sheet.iter_rows(min_row=2)]
    shown = [
        [text.rstrip("◦") for text in row.locator("th, td").all_inner_texts()[:2]]
        for row in page.locator(".ranking tbody tr").all()
    ]
    assert exported == shown


def test_another_district_keeps_the_scenario(page: Page, server: Server) -> None:
    opened_what_if(page, server, "&all=r.filed")
    page.get_by_label("区市", exact=True).select_option(label="文登区")
    expect(page.locator("h1.headline")).to_contain_text("文登区问责比例", timeout=20_000)
    expect(page.locator(".scenario-sentence").first).to_contain_text(
        "文登区问责比例", timeout=20_000
    )
    expect(page).to_have_url(re.compile("all=r.filed"))
