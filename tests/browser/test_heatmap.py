"""违法占用 in Chromium: from a sum to its square, its patches and their workbook."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, Route, expect

from data.maps.cube import map_cube
from data.maps.points import points, totals
from data.maps.question import MapQuestion
from data.scope import Scope
from data.settings import Settings
from data.store.opening import open_store
from data.store.queries.figures import figures
from data.store.queries.patch_rows import named
from data.units import format_mu
from tests.browser.conftest import DEMO_TODAY, DEMO_YEAR, Complaints
from tests.browser.screen import Viewport, on_both_screens
from tests.browser.serving import Server, serve

#: 20 seconds for what a busy machine takes long for.
LONG = 20_000
#: As in assets/js/heatmap_time.js.
STEP_MS = 1200


def open_map(page: Page, server: Server, search: str = "") -> None:
    page.goto(f"{server.url}/heatmap{search}")
    expect(page.locator("h1.headline")).to_contain_text("截至", timeout=LONG)
    expect(page.locator("#heatmap-legend > *").first).to_be_visible(timeout=LONG)
    expect(page.locator(".sums-table")).to_be_visible(timeout=LONG)


def choose_layer(page: Page, name: str) -> None:
    page.locator(".layer-switch label", has_text=name).click()


def sums(page: Page) -> list[list[str]]:
    rows = page.locator(".sums-table tbody tr").all()
    return [[t.strip() for t in row.locator("th, td").all_inner_texts()] for row in rows]


def around_an_overdue_patch(server: Server, half_width: float = 0.004) -> tuple[str, str]:
    """(number of the one with fewest others around, a view with it in the middle). half_width: of
    the view, in degrees."""
    question = MapQuestion(DEMO_YEAR, DEMO_TODAY, measure="overdue")
    store = open_store(server.settings)
    cube = map_cube(store, DEMO_YEAR)
    found = points(cube, Scope.all(), question, None)
    lons, lats = cube.patches["lon"], cube.patches["lat"]

    def others(at: int) -> int:
        near = (abs(lons - found.lon[at]) < 0.15) & (abs(lats - found.lat[at]) < 0.08)
        return int(near.sum())

    at = min(range(len(found)), key=others)
    with store.read() as conn:
        patch_id = int(cube.patches["id"][found.row[at]])
        number = named(conn, [patch_id])[patch_id][0]
    store.engine.dispose()
    lon, lat, half_height = float(found.lon[at]), float(found.lat[at]), half_width / 2
    box = (lon - half_width, lat - half_height, lon + half_width, lat + half_height)
    return number, ",".join(f"{side:.6f}" for side in box)


@on_both_screens
def test_the_map_fits_the_screen_and_its_sums_are_the_figures(
    page: Page, server: Server, viewport: Viewport, screenshot: Callable[[str], Path]
) -> None:
    store = open_store(server.settings)
    with store.read() as conn:
        city = figures(conn, Scope.all(), DEMO_YEAR, DEMO_TODAY)["city"]
    whole = totals(map_cube(store, DEMO_YEAR), Scope.all(), MapQuestion(DEMO_YEAR, DEMO_TODAY))
    store.engine.dispose()
    open_map(page, server)
    page.wait_for_load_state("networkidle")
    tiles = page.locator(".leaflet-heatmap-heat-pane img.leaflet-tile")
    expect(tiles.first).to_be_attached()
    expect(page.locator(".leaflet-heatmap-heat-pane img.leaflet-tile-loaded")).to_have_count(
        tiles.count()
    )
    screenshot("heatmap")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport[0]
    amount = f"{format_mu(city['remaining_farmland_mu'])}亩"
    expect(page.locator("h1.headline")).to_contain_text(amount)
    rows = sums(page)
    assert rows[0][1:] == rows[-1][1:] == [amount, f"{whole.patches:,}"]
    choose_layer(page, "区市")
    expect(page.locator("#heatmap-legend")).to_contain_text("亩/km²", timeout=LONG)
    expect(page.locator(".units-table tbody tr").last).to_contain_text(amount)


def test_a_square_of_the_table_opens_its_card_and_its_list_by_keyboard(
    page: Page, server: Server
) -> None:
    open_map(page, server, "?layer=bins&measure=suspected")
    page.locator("#heatmap-bins summary").focus()
    page.keyboard.press("Enter")
    row = page.locator("#heatmap-bins tbody tr").first
    cells = row.locator("td").all_inner_texts()
    row.get_by_role("button", name="查看").focus()
    page.keyboard.press("Enter")
    card = page.locator(".map-card")
    expect(card).to_contain_text(f"疑似违法图斑 {cells[0]}", timeout=LONG)
    expect(card).to_contain_text(f"{cells[1]}个图斑")
    expect(card.locator("li")).to_have_count(min(5, int(cells[1].replace(",", ""))))
    card.get_by_role("link", name="查看").press("Enter")
    expect(page.locator("#heatmap-patches-count")).to_have_text(
        f"共 {cells[1]} 个图斑", timeout=LONG
    )
    expect(page.locator("h1")).to_contain_text(f"疑似违法图斑：{cells[1]}个图斑")
    page.locator(".breadcrumb-line a").click()
    expect(page.locator("#heatmap-measure")).to_have_value("suspected", timeout=LONG)


def test_an_outline_by_hand_becomes_a_list_and_a_workbook_of_the_same_patches(
    page: Page, server: Server
) -> None:
    open_map(page, server, "?measure=patches&layer=bins")
    page.locator("#heatmap-lasso").click()
    frame = page.locator("#heatmap-map").bounding_box()
    assert frame
    at = [(0.3, 0.3), (0.7, 0.25), (0.65, 0.8), (0.35, 0.75)]
    corners = [(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in at]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in (*corners[1:], corners[0]):
        page.mouse.move(*corner, steps=8)
    where = page.locator("[data-view-list]").get_attribute("href")
    page.mouse.up()
    card = page.locator(".map-card")
    expect(card.locator("li").first).to_be_visible(timeout=LONG)
    # the card stands within the map, which has not moved
    assert page.locator("[data-view-list]").get_attribute("href") == where
    inner = card.bounding_box()
    assert inner
    assert inner["y"] >= frame["y"]
    assert inner["x"] >= frame["x"]
    # the shape is in the address: a colleague sees the same
    expect(page).to_have_url(re.compile("poly="))
    said = card.locator("p").first.inner_text()
    page.reload()
    expect(card.locator("p").first).to_have_text(said, timeout=LONG)
    expect(page).to_have_url(re.compile("poly="))
    found = re.search(r"([\d,]+)个图斑", page.locator(".map-card p").first.inner_text())
    assert found
    with page.expect_download() as download:
        page.locator(".map-card").get_by_role("link", name="导出 xlsx").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    rows = list(book.worksheets[0].values)
    assert len(rows) == 1 + int(found[1].replace(",", "")) + 1
    assert str(rows[-1][0]).startswith("合计")
    page.locator(".export-menu summary").click()
    expect(page.locator(".export-menu")).to_contain_text("内容为圈选范围内")
    with page.expect_download() as download:
        page.get_by_role("link", name="GeoPackage").click()
    assert download.value.path().read_bytes()[:15] == b"SQLite format 3"
    page.locator(".map-card").get_by_role("link", name="查看").click()
    expect(page.locator("#heatmap-patches-count")).to_have_text(
        f"共 {found[1]} 个图斑", timeout=LONG
    )
    expect(page.locator("h1")).to_contain_text("圈选范围内")
    page.locator(".breadcrumb-line a").click()
    expect(card.locator("p").first).to_have_text(said, timeout=LONG)
    card.get_by_role("button", name="关闭").click()
    expect(page).not_to_have_url(re.compile("poly="))


def test_a_typed_day_to_compare_with_is_shown_or_put_back(page: Page, server: Server) -> None:
    open_map(page, server)
    page.select_option("#heatmap-against", "day")
    expect(page.locator("h1")).to_contain_text("与", timeout=LONG)
    box = page.locator("input#heatmap-against-day")
    was = box.input_value()
    for text in (f"{DEMO_YEAR}-02-30", "2031-01-01", ""):
        box.fill(text)
        box.press("Enter")
        box.press("Tab")
        expect(box).to_have_value(was)
    box.fill(f"{DEMO_YEAR}.10.5")
    box.press("Enter")
    expect(page.locator("h1")).to_contain_text("与10月5日相比", timeout=LONG)
    expect(box).to_have_value(f"{DEMO_YEAR}-10-05")


def test_the_question_and_the_day_are_kept_by_the_address(page: Page, server: Server) -> None:
    open_map(page, server)
    page.select_option("#heatmap-measure", "unlawful_farmland_mu")
    expect(page.locator("h1")).to_contain_text("全市违法占用耕地", timeout=LONG)
    page.get_by_role("button", name="上一期").click()
    expect(page.locator(".time-day")).to_have_text("显示 10月31日")
    expect(page.locator("h1")).to_contain_text("截至10月31日", timeout=LONG)
    page.get_by_role("button", name="上一期").click()
    page.select_option("#heatmap-against", "day")
    expect(page.locator("h1")).to_contain_text("与10月31日相比", timeout=LONG)
    expect(page.locator("#heatmap-legend")).to_contain_text("变化密度", timeout=LONG)
    page.get_by_role("textbox", name="对比日期").click()
    calendar = page.get_by_role("dialog", name="选择日期")
    for name in ("上一个月", "下一个月", "上一年", "下一年"):
        expect(calendar.get_by_role("button", name=name)).to_be_visible()
    expect(calendar.get_by_label("年份", exact=True)).to_have_value("2023")
    page.keyboard.press("Escape")
    page.select_option("#heatmap-against", "none")
    page.get_by_role("button", name="下一期").click()
    page.locator(".spots button").first.click()
    expect(page).to_have_url(re.compile("view=1"), timeout=LONG)
    expect(page.locator(".sums-table tbody tr").nth(1)).not_to_contain_text(
        re.compile(r"^视图以外\s*0"), timeout=LONG
    )
    page.reload()
    expect(page.locator("h1")).to_contain_text("截至10月31日，全市违法占用耕地", timeout=LONG)
    expect(page.locator(".time-day")).to_have_text("显示 10月31日", timeout=LONG)
    expect(page.locator("#heatmap-measure")).to_have_value("unlawful_farmland_mu")


def test_the_sums_of_a_view_in_the_address_are_of_that_view(page: Page, server: Server) -> None:
    """Also where the map stands at once as its component guessed, so that it never moves."""
    open_map(page, server, "?measure=patches&view=121.95,37.05,122.15,37.15")
    inside, outside, nowhere, whole = (int(row[2].replace(",", "")) for row in sums(page))
    assert 0 < inside < outside
    assert inside + outside + nowhere == whole


def test_playing_goes_through_the_days_and_stays_where_it_is_paused(
    page: Page, server: Server
) -> None:
    open_map(page, server, "?layer=bins&measure=patches&day=2023-02-28")
    page.get_by_role("button", name="逐期播放").press("Enter")
    shown = page.locator(".time-day")
    expect(shown).to_have_text(re.compile("显示 [4-6]月30日|显示 5月31日"), timeout=LONG)
    page.get_by_role("button", name="暂停播放").press("Enter")
    expect(page.get_by_role("button", name="逐期播放")).to_be_visible()
    page.wait_for_timeout(2 * STEP_MS)
    page.wait_for_function(
        """() => document.querySelector("h1").textContent.includes(
            document.querySelector(".time-day").textContent.replace("显示 ", "截至"))""",
        timeout=LONG,
    )
    day = shown.text_content() or ""
    assert "基准日" not in day  # the months before it leave a slow machine time to press
    page.wait_for_timeout(2 * STEP_MS)
    expect(shown).to_have_text(day)


def test_clusters_open_into_patches_and_a_patch_into_its_page(page: Page, server: Server) -> None:
    open_map(page, server, "?layer=patches")
    clusters = page.locator(".cluster-frame")
    expect(clusters.first).to_be_visible(timeout=LONG)
    said = clusters.first.get_attribute("aria-label") or ""
    assert re.match(r"[\d,]+个图斑", said)
    before = page.locator(".leaflet-control-scale-line").inner_text()
    clusters.first.press("Enter")
    expect(page.locator(".leaflet-control-scale-line")).not_to_have_text(before, timeout=LONG)
    open_map(page, server, f"?layer=patches&view={around_an_overdue_patch(server)[1]}")
    page.wait_for_load_state("networkidle")
    frame = page.locator("#heatmap-map").bounding_box()
    assert frame
    page.mouse.click(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    expect(page.locator(".map-card")).to_contain_text("逾期", timeout=LONG)
    link = page.locator(".map-card").get_by_role("link", name="打开图斑页")
    expect(link).to_be_visible(timeout=LONG)
    link.click()
    expect(page).to_have_url(re.compile(rf"/patches/{DEMO_YEAR}/"))


def test_a_single_patch_is_focused_read_out_and_opened_by_keyboard(
    page: Page, server: Server
) -> None:
    number, around = around_an_overdue_patch(server, 0.12)
    open_map(page, server, f"?layer=patches&view={around}")
    frame = page.locator(f'.patch-frame[data-patch="{number}"]')
    said = rf"图斑{number}，\S+[区市县]，监测[\d.,]+亩，逾期\d+天(，.+)?，逾期未报"
    expect(frame).to_have_attribute("aria-label", re.compile(said), timeout=LONG)
    expect(frame).to_have_role("button")
    district = (frame.get_attribute("aria-label") or "").split("，")[1]
    card = page.locator(".map-card")
    link = card.get_by_role("link", name="打开图斑页")
    frame.press("Space")
    expect(card).to_contain_text(f"{district}，逾期未报", timeout=LONG)
    expect(link).to_be_focused()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(frame).to_be_focused()
    # from a point to a shape
    expect(frame).to_have_class(re.compile("patch-frame-round"))
    page.get_by_role("button", name="放大", exact=True).press("Enter")
    expect(frame).not_to_have_class(re.compile("patch-frame-round"), timeout=LONG)
    frame.press("Enter")
    expect(link).to_be_focused()
    link.press("Enter")
    expect(page).to_have_url(re.compile(rf"/patches/{DEMO_YEAR}/{number}"), timeout=LONG)


@pytest.fixture
def picture_server(demo_settings: Settings, tmp_path: Path) -> Iterator[Server]:
    """The demo with two pictures of the ground: any tiles of this machine will do."""
    tiles = "/map/heat/{z}/{x}/{y}.png?measure=patches"
    settings = replace(demo_settings, imagery_before_url=tiles, imagery_after_url=f"{tiles}&x=1")
    with serve(settings, tmp_path / "server.log") as running:
        yield running


def test_pictures_of_the_ground_are_compared_by_a_swipe_with_keys(
    picture_server: Server, page: Page
) -> None:
    clip = "document.querySelector('.leaflet-heatmap-after-pane').style.clip"
    open_map(page, picture_server)
    page.locator(".overlay-menu summary").click()
    page.get_by_label("前后影像（卷帘对比）").check()
    handle = page.get_by_label("前后影像卷帘位置")
    handle.focus()
    before = page.evaluate(clip)
    page.keyboard.press("ArrowLeft")
    expect(handle).to_have_value("49")
    assert page.evaluate(clip) != before
    expect(page).to_have_url(re.compile("overlays=imagery"))
    page.get_by_label("前后影像（卷帘对比）").uncheck(force=True)
    expect(handle).to_have_count(0)


def test_a_map_without_an_answer_says_so(
    page: Page, server: Server, complaints: Complaints
) -> None:
    complaints.expect("bins.json")

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/map/bins.json**", refuse)
    page.goto(f"{server.url}/heatmap?layer=bins&measure=gold")
    expect(page.locator(".map-fault")).to_contain_text("网络不通", timeout=LONG)
    expect(page.locator(".error-panel")).to_contain_text("没有指标“gold”")


def test_the_wall_shows_one_screen_and_goes_on_to_the_next_district(
    page: Page, server: Server
) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.clock.install()
    page.goto(f"{server.url}/heatmap?screen=1")
    expect(page.locator("h1.headline")).to_contain_text("全市", timeout=LONG)
    expect(page.locator("#heatmap-legend")).to_contain_text("亩/km²", timeout=LONG)
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    page.clock.fast_forward(21_000)
    expect(page.locator("h1.headline")).to_contain_text("环翠区", timeout=LONG)
    expect(page.locator(".sums-table")).to_contain_text("环翠区合计", timeout=LONG)


def test_an_empty_store_says_what_to_upload(page: Page, empty_server: Server) -> None:
    page.goto(f"{empty_server.url}/heatmap")
    expect(page.locator(".empty")).to_contain_text("地图还是空的", timeout=LONG)
    expect(page.get_by_role("link", name="去上传下发图斑")).to_be_visible()
