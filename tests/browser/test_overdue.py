"""逾期图斑 in a real Chromium: grid, map, address, drawer and export say the same."""

from __future__ import annotations

import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.screen import PHONE, close_drawer
from tests.browser.serving import Server

#: Points of a map on which something is drawn, in CSS pixels of the window, from the top.
PAINTED = """map => [...map.querySelectorAll("canvas")].flatMap(canvas => {
    const {left, top, width} = canvas.getBoundingClientRect();
    const scale = canvas.width / width, step = Math.round(5 * scale), found = [];
    const inner = map.getBoundingClientRect();
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let y = 0; y < canvas.height; y += step)
        for (let x = 0; x < canvas.width; x += step) {
            const [px, py] = [left + x / scale, top + y / scale];
            const seen = px > inner.left + 60 && px < inner.right - 40
                && py > inner.top + 60 && py < inner.bottom - 40;
            if (seen && data[4 * (y * canvas.width + x) + 3] > 0) found.push([px, py]);
        }
    return found;
})"""
ROW = ".ag-center-cols-container .ag-row"


def cell(page: Page, row: int, column: str) -> Locator:
    return page.locator(f".ag-row[row-index='{row}'] .ag-cell[col-id='{column}']")


def open_list(page: Page, server: Server, search: str = "") -> None:
    page.goto(f"{server.url}/overdue{search}")
    expect(page.locator("#overdue-count")).to_contain_text("个图斑", timeout=20_000)
    expect(page.locator("#overdue-legend")).to_contain_text("逾期图斑", timeout=20_000)


def count(page: Page) -> int:
    found = re.search(r"([\d,]+) 个图斑", page.locator("#overdue-count").inner_text())
    assert found
    return int(found[1].replace(",", ""))


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_the_sentence_and_the_grid_count_the_same(page: Page, server: Server) -> None:
    open_list(page, server)
    found = re.search(r"([\d,]+)个图斑逾期", page.locator("h1").inner_text())
    assert found
    assert int(found[1].replace(",", "")) == count(page) > 0
    days = [
        int(text.replace(",", ""))
        for text in page.locator(
            ".ag-body-viewport .ag-cell[col-id='days_overdue']"
        ).all_inner_texts()
    ]
    assert days == sorted(days, reverse=True)


def test_a_filter_changes_grid_map_address_and_export_together(page: Page, server: Server) -> None:
    open_list(page, server)
    whole = count(page)
    month = page.locator("#overdue-month option").last.get_attribute("value")
    page.select_option("#overdue-month", month)
    expect(page.locator("#overdue-count")).not_to_have_text(f"共 {whole} 个图斑")
    expect(page.locator("#overdue-legend")).to_contain_text(f" {count(page)} 个")
    assert asked(page)["month"] == [month]
    expect(page.locator("#overdue-export")).to_have_attribute("href", re.compile(f"month={month}"))
    filtered = count(page)
    page.reload()
    expect(page.locator("#overdue-month")).to_have_value(str(month))
    expect(page.locator("#overdue-count")).to_have_text(f"共 {filtered} 个图斑")


def test_sorting_is_done_by_the_server_and_stands_in_the_address(
    page: Page, server: Server
) -> None:
    open_list(page, server)
    page.locator(".ag-header-cell[col-id='area_mu'] .ag-header-cell-text").click()
    page.wait_for_url("**sort=area_mu:asc**")
    expect(page.locator(".ag-header-cell[col-id='area_mu']")).to_have_attribute(
        "aria-sort", "ascending"
    )
    expect(cell(page, 1, "area_mu")).not_to_be_empty()
    areas = [
        float(cell(page, row, "area_mu").inner_text().replace(",", ""))
        for row in range(min(count(page), 5))
    ]
    assert areas == sorted(areas)


def test_a_column_is_filtered_in_chinese(page: Page, server: Server) -> None:
    open_list(page, server)
    town = cell(page, 0, "town_name").inner_text()
    page.locator(".ag-header-cell[col-id='town_name'] .ag-header-cell-filter-button").click()
    expect(page.locator(".ag-filter")).to_contain_text("包含")
    page.locator(".ag-filter input[type=text]:visible").first.fill(town)
    page.get_by_role("button", name="应用").click()
    page.wait_for_url("**f.town_name=**")
    towns = page.locator(".ag-body-viewport .ag-cell[col-id='town_name']")
    expect(towns.filter(has_not_text=town)).to_have_count(0)
    expect(towns.first).to_have_text(town)


def test_a_row_opens_the_drawer_by_mouse_and_by_enter(page: Page, server: Server) -> None:
    open_list(page, server)
    # the longest overdue may have been deemed unlawful; a later one is not judged yet
    row = min(count(page), 6) - 1
    number = cell(page, row, "patch_no").inner_text()
    cell(page, row, "district").click()
    drawer = page.locator(".patch-drawer")
    expect(drawer).to_contain_text(number)
    expect(drawer).to_contain_text("逾期未报")
    expect(drawer).not_to_contain_text("违法")
    close_drawer(page)
    cell(page, 0, "patch_no").click()
    expect(drawer).to_contain_text(cell(page, 0, "patch_no").inner_text())
    close_drawer(page)
    # the keyboard goes on where it was
    expect(cell(page, 0, "patch_no")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(cell(page, 1, "patch_no")).to_be_focused()
    page.keyboard.press("Enter")
    expect(drawer).to_contain_text(cell(page, 1, "patch_no").inner_text())
    page.get_by_text("打开图斑页").click()
    expect(page.locator("h1")).to_contain_text("图斑")
    assert "/patches/" in page.url


def test_a_patch_clicked_on_the_map_is_selected_in_the_grid(page: Page, server: Server) -> None:
    open_list(page, server)
    page.wait_for_load_state("networkidle")
    for x, y in page.locator("#overdue-map").evaluate(PAINTED):
        page.mouse.move(x, y)
        if page.locator(".leaflet-interactive:hover, .leaflet-tooltip").count():
            break
    hint = page.locator(".leaflet-tooltip").inner_text()  # waits until it is there
    page.mouse.down()
    page.mouse.up()
    number = hint.split("：")[0]
    expect(page.locator(".patch-drawer")).to_contain_text(number)
    expect(page.locator("#overdue-batch-count")).to_have_text("已选 1 个图斑")


def zoom_in(page: Page) -> None:
    """Until the address has the new view."""
    before = asked(page)["box"]

    def moved(url: str) -> bool:
        return parse_qs(urlsplit(url).query).get("box", before) != before

    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_url(moved)


def test_the_list_can_be_cut_to_the_maps_view(page: Page, server: Server) -> None:
    open_list(page, server)
    page.locator("#overdue-in-view").check()
    page.wait_for_url("**box=**")
    zoom_in(page)
    zoom_in(page)
    page.wait_for_function(
        """() => {
            const number = (id) => /([\\d,]+) 个/.exec(document.getElementById(id).innerText);
            const [list, map] = [number("overdue-count"), number("overdue-legend")];
            return list && map && list[1] === map[1];
        }"""
    )
    page.locator("#overdue-in-view").uncheck()
    page.wait_for_url(lambda url: "box=" not in url)


def test_selected_rows_give_the_text_for_the_work_group(page: Page, server: Server) -> None:
    open_list(page, server)
    for row in (0, 1):
        page.locator(f".ag-row[row-index='{row}'] .ag-checkbox-input").check()
    expect(page.locator("#overdue-batch-count")).to_have_text("已选 2 个图斑")
    page.locator("#overdue-copy").click()
    expect(page.locator("#overdue-copy-text")).to_have_value(
        re.compile("逾期未上报，请尽快核查上报")
    )
    page.get_by_role("button", name="复制", exact=True).click()
    expect(page.locator("#overdue-copy-button")).to_have_text(re.compile("已复制|Ctrl"))
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.locator("#overdue-export-selected").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert book["逾期图斑"].max_row == 1 + 2 + 1  # headers, the two, their total


def test_the_export_has_the_screens_columns_and_rows(page: Page, server: Server) -> None:
    open_list(page, server)
    page.locator(".column-chooser summary").click()
    page.locator(".column-choices").get_by_text("坐落").click()
    page.locator(".column-choices").get_by_text("判定").click()
    # Each tick asks for an address of its own: that of both is the one to wait for.
    both = re.compile(r"^(?!.*legality).*location")
    expect(page.locator("#overdue-export")).to_have_attribute("href", both)
    with page.expect_download() as download:
        page.locator("#overdue-export").click()
    sheet = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))["逾期图斑"]
    headers = [c.value for c in sheet[1]]
    assert "坐落" in headers
    assert "判定" not in headers
    assert sheet.max_row == 1 + count(page) + 1  # headers, rows, their total
    assert sheet["A2"].value == cell(page, 0, "patch_no").inner_text()
    page.reload()  # the browser remembers the columns
    expect(page.locator("#overdue-export")).to_have_attribute(
        "href", re.compile("location"), timeout=20_000
    )
    expect(page.locator(".ag-header-cell[col-id='legality']")).to_have_count(0)


def test_a_wrong_filter_in_the_address_is_named(page: Page, server: Server) -> None:
    open_list(page, server, "?month=2023-13")
    expect(page.locator("#main")).to_contain_text("month=2023-13")


@pytest.mark.parametrize("viewport", [PHONE], indirect=True)
def test_on_the_phone_list_and_map_stand_below_each_other(page: Page, server: Server) -> None:
    open_list(page, server)
    page.wait_for_function(
        """() => {
            const box = (id) => document.getElementById(id).getBoundingClientRect();
            return box("overdue-map").top > box("overdue-grid").bottom;
        }"""
    )
    number = cell(page, 0, "patch_no")
    expect(number).not_to_be_empty()
    number.tap()
    drawer = page.locator(".patch-drawer")
    expect(drawer).to_contain_text("打开图斑页", timeout=10_000)
    box = drawer.bounding_box()
    assert box
    assert box["width"] <= PHONE[0] + 1  # scaled to the pixel
