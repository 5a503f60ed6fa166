"""月清 in Chromium."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import openpyxl
from playwright.sync_api import Page, expect

from data.units import format_rates
from tests.browser.serving import Server
from tests.browser.test_shell import ON, opened


def shown_matrix(page: Page) -> list[list[str]]:
    """Cells as on the screen, without what is owed below the rate."""
    rows = page.locator(".matrix tr").all()
    return [
        [text.split("\n")[0] for text in row.locator("th, td").all_inner_texts()] for row in rows
    ]


def as_shown(column: Sequence[object]) -> list[str]:
    """A column of the workbook as the page writes it: rates with one number of decimals."""
    numbers = [value for value in column if isinstance(value, int | float)]
    rates = iter(format_rates(numbers, (0.9,)))
    return [next(rates) if isinstance(v, int | float) else str(v) for v in column]


def test_the_workbook_equals_the_screen(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/clearance{ON}")
    panel = page.locator(".panel").first
    panel.locator(".card-actions-mark").click()
    with page.expect_download() as download:
        panel.get_by_role("link", name="导出 xlsx").click()
    content = download.value.path().read_bytes()
    sheet = openpyxl.load_workbook(io.BytesIO(content))["月清"]
    columns = [as_shown([cell.value for cell in column]) for column in sheet.iter_cols()]
    assert [list(row) for row in zip(*columns, strict=True)] == shown_matrix(page)


def test_a_cell_leads_to_the_patches_of_its_district_and_month(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/clearance{ON}")
    owed = page.locator(".matrix .cell-below a").first
    count = owed.inner_text().removeprefix("欠")
    owed.click()
    expect(page).to_have_url(re.compile(r"/overdue\?.*district=\d+.*month=2023-\d\d"))
    expect(page.locator("h1")).to_contain_text(count, timeout=20_000)


def test_months_not_due_yet_are_hatched(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/clearance{ON}")
    cells = page.locator("td.matrix-open")
    expect(cells.first).to_have_text(re.compile(r"^\d+/\d+$"))
    image = cells.first.evaluate("cell => getComputedStyle(cell).backgroundImage")
    assert "repeating-linear-gradient" in image


def test_the_chart_has_its_table_one_click_away_and_can_be_saved(
    page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/clearance{ON}")
    panel = page.locator(".chart-panel")
    expect(panel.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=20_000)
    panel.locator(".card-actions-mark").click()
    panel.get_by_role("button", name="看表格").click()
    expect(panel.locator("table")).to_be_visible()
    panel.locator(".card-actions-mark").click()
    with page.expect_download() as download:
        panel.get_by_role("button", name="存图").click()
    assert download.value.suggested_filename.endswith(".png")
    assert download.value.path().read_bytes()[:4] == b"\x89PNG"


def test_a_day_to_come_is_named_and_gives_way_to_today(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/clearance?year=2023&asof=2024-02-29")
    expect(page.locator(".error-panel")).to_contain_text("基准日2024-02-29还没有到")
    expect(page.locator("h1.headline")).to_contain_text("截至11月23日")


def test_each_forecast_stands_with_its_band_and_record(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/clearance{ON}")
    rows = page.locator(".clock-table").first.locator("tbody tr")
    verdict, record = rows.first.locator("td").nth(0), rows.first.locator("td").nth(1)
    expect(verdict).to_have_text(re.compile(r"^预计(差\d+个|可清)\d+(–\d+)?个$"))
    expect(record).to_have_text(re.compile(r"^\d+/\d+$"))
    page.locator(".forecast-reasons summary").first.click()
    expect(page.locator(".forecast-reasons li").first).to_contain_text("八成把握为")


def test_the_wall_shows_the_matrix_without_chart_or_scrolling(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    opened(page, f"{server.url}/clearance?screen=1")
    expect(page.locator(".matrix")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
