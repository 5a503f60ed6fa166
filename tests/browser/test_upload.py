"""A clerk brings files in by looking at the page only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from data.settings import Settings
from tests.browser.conftest import DEMO_YEAR, Complaints, copy_of_demo
from tests.browser.screen import on_both_screens
from tests.browser.serving import Server, serve
from tests.drawn_layers import ELSEWHERE, layer_file
from tests.uploading import csv

Screenshot = Callable[..., Path]
WAIT = 30_000
HEADER = "图斑编号,图斑类型,下发日期,区市,监测面积,占用耕地面积,中心经度,中心纬度"
GOOD = (
    f"XC-001,新增非农建设类,{DEMO_YEAR}-11-08,环翠区,12.5,3,122.05,37.42",
    f"XC-002,其他变化类,{DEMO_YEAR}-11-08,文登区,8,0,122.02,37.18",
)
BAD = f"XC-003,其他变化类,{DEMO_YEAR}-13-08,文登区,8,0,122.02,37.18"


@pytest.fixture(scope="module")
def upload_server(
    demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A copy of the demo for the tests that write nothing to it, or take it back."""
    folder = tmp_path_factory.mktemp("uploads")
    with serve(copy_of_demo(demo_settings, folder / "local"), folder / "server.log") as running:
        yield running


def choose(page: Page, server: Server, *paths: Path, kind: str | None = None) -> None:
    page.goto(f"{server.url}/upload")
    expect(page.locator("#upload-input")).to_be_attached(timeout=WAIT)
    if kind is not None:
        page.select_option("#upload-kind", kind)
    page.set_input_files("#upload-input", [str(path) for path in paths])


@on_both_screens
def test_a_file_is_previewed_confirmed_looked_at_and_taken_back(
    page: Page, fresh_server: Server, tmp_path: Path, screenshot: Screenshot
) -> None:
    choose(page, fresh_server, csv(tmp_path / "下发图斑补充.csv", *GOOD, BAD, header=HEADER))
    headline = page.locator("#upload-headline")
    expect(headline).to_contain_text("将新增 2 行，退回 1 行", timeout=WAIT)
    expect(page.locator(".upload-notes")).to_contain_text("识别为“下发图斑”")
    expect(page.locator(".issues-table")).to_contain_text("下发日期")
    expect(page.locator(".map-caption")).to_contain_text("新增 2 个")
    expect(page.locator("#upload-map canvas").first).to_be_visible(timeout=WAIT)
    screenshot("upload-preview", full_page=True)
    with page.expect_download() as download:
        page.get_by_text("下载退回表").click()
    assert download.value.suggested_filename == "下发图斑补充_退回.xlsx"

    page.get_by_role("button", name="确认写入").click()
    expect(headline).to_contain_text("已入库：新增 2 行，退回 1 行", timeout=WAIT)
    screenshot("upload-done", full_page=True)
    page.get_by_role("link", name="改了什么").click()
    expect(headline).to_contain_text("下发图斑，新增 2 行", timeout=WAIT)
    expect(page.locator(".changes-table")).to_contain_text("XC-001")

    page.get_by_text("撤回这一批").click()
    expect(page.locator(".undo-card")).to_contain_text("新增的 2 行将被删除")
    screenshot("upload-batch", full_page=True)
    page.get_by_role("button", name="确认撤回").click()
    expect(headline).to_contain_text("已撤回", timeout=WAIT)
    page.goto(f"{fresh_server.url}/upload")
    expect(page.locator(".history-table")).to_contain_text("已由批次", timeout=WAIT)
    screenshot("upload", full_page=True)


def test_an_unknown_table_is_brought_in_by_assigning_its_columns(
    page: Page, fresh_server: Server, tmp_path: Path, screenshot: Screenshot
) -> None:
    header = "编号甲,图斑类型,下发日期,归谁,多大"
    rows = [",".join(row.split(",")[:5]) for row in GOOD]
    choose(page, fresh_server, csv(tmp_path / "某区.csv", *rows, header=header), kind="patches")
    expect(page.locator(".question")).to_contain_text("图斑编号", timeout=WAIT)
    screenshot("upload-columns", full_page=True)
    for name, field in (("编号甲", "patch_no"), ("归谁", "district_code"), ("多大", "area_mu")):
        page.get_by_label(f"“{name}”对应的字段").select_option(field)
    page.get_by_placeholder("如：文登区业务表").fill("某区业务表")
    page.get_by_role("button", name="按以上对应重新核对").click()
    expect(page.locator("#upload-headline")).to_contain_text("将新增 2 行", timeout=WAIT)
    page.get_by_role("button", name="确认写入").click()
    expect(page.locator("#upload-headline")).to_contain_text("已入库", timeout=WAIT)

    page.goto(f"{fresh_server.url}/upload")
    profile = page.locator(".profile")
    expect(profile).to_contain_text("用过 1 次", timeout=WAIT)
    profile.get_by_text("某区业务表", exact=True).click()
    expect(profile.locator("table")).to_contain_text("编号甲")
    profile.get_by_label("改名为").fill("文登业务表")
    profile.get_by_role("button", name="改名").click()
    expect(profile).to_contain_text("文登业务表（", timeout=WAIT)
    page.locator(".profile > summary").click()
    page.locator(".drop-profile > summary").click()
    page.get_by_role("button", name="确认删除“文登业务表”").click()
    expect(profile).to_have_count(0, timeout=WAIT)


@on_both_screens
def test_suggestions_are_taken_by_keyboard(
    page: Page, upload_server: Server, tmp_path: Path, screenshot: Screenshot
) -> None:
    header = "编号甲,类型乙,日子,归谁,多大,耕地多大,横,纵"
    choose(page, upload_server, csv(tmp_path / "某区.csv", *GOOD, header=header), kind="patches")
    expect(page.locator(".field-why").first).to_contain_text("建议：", timeout=WAIT)
    expect(page.get_by_label("“日子”对应的字段")).to_have_value("issued_on")
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, "nothing leaves the screen"
    page.get_by_role("button", name="按以上对应重新核对").press("Enter")
    expect(page.locator("#upload-headline")).to_contain_text("将新增 2 行", timeout=WAIT)
    expect(page.locator(".stored-card")).to_contain_text("XC-001")
    expect(page.locator(".sums-card")).to_contain_text("监测面积")


def test_the_page_can_be_left_and_several_files_wait_for_their_word(
    page: Page, fresh_server: Server, tmp_path: Path
) -> None:
    files = [csv(tmp_path / f"表{i}.csv", row, header=HEADER) for i, row in enumerate(GOOD)]
    choose(page, fresh_server, *files, kind="patches")
    expect(page.locator("#upload-open")).to_contain_text("还有 2 个文件", timeout=WAIT)
    page.goto(f"{fresh_server.url}/clearance")
    page.goto(f"{fresh_server.url}/upload")
    page.get_by_role("link", name="表1.csv").click()
    expect(page.locator("#upload-headline")).to_contain_text("“表1.csv”将新增", timeout=WAIT)
    page.get_by_role("button", name="放弃，不写入").click()
    expect(page.locator("#upload-open")).to_contain_text("还有 1 个文件", timeout=WAIT)


def test_a_lost_connection_costs_nothing_but_time(
    page: Page, upload_server: Server, tmp_path: Path, complaints: Complaints
) -> None:
    complaints.expect("Failed to load resource")  # the connection that this test cuts
    path = tmp_path / "大.geojson"
    padding = "x" * (17 << 20)  # three slices
    path.write_text(
        json.dumps({"type": "FeatureCollection", "name": padding, "features": []}), "utf-8"
    )
    sent: list[str] = []

    def flaky(route: Route) -> None:
        if route.request.method == "PUT":
            sent.append(route.request.url.rpartition("=")[2])
            if len(sent) in (2, 3):
                route.abort("connectionreset")
                return
        route.continue_()

    page.route("**/upload/files/**", flaky)
    choose(page, upload_server, path, kind="patches")
    expect(page.locator("#upload-headline")).to_contain_text("“大.geojson”", timeout=WAIT)
    assert sent == [str(n << 20) for n in (0, 8, 8, 8, 16)]


def test_a_file_that_cannot_be_read_is_refused_before_it_is_sent(
    page: Page, server: Server, tmp_path: Path, complaints: Complaints
) -> None:
    complaints.expect("422")
    path = tmp_path / "图斑.shp"
    path.write_bytes(b"x")
    choose(page, server, path)
    expect(page.locator(".upload-status")).to_contain_text("压缩成 .zip", timeout=WAIT)


def test_a_broken_file_gets_one_sentence(page: Page, upload_server: Server, tmp_path: Path) -> None:
    path = tmp_path / "坏.xlsx"
    path.write_bytes(b"PK\x03\x04 nothing of the kind")
    choose(page, upload_server, path, kind="patches")
    refusal = page.locator(".refusal")
    expect(refusal).to_be_visible(timeout=WAIT)
    assert refusal.inner_text().endswith("。")


def test_the_file_is_chosen_by_keyboard(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/upload")
    field = page.locator("#upload-input")
    expect(field).to_be_attached(timeout=WAIT)
    page.locator("#upload-strict").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "upload-input"
    assert field.evaluate("input => input.labels.length") == 1


@on_both_screens
def test_the_box_of_a_unit_starts_at_the_header_and_says_when_it_is_contradicted(
    page: Page, upload_server: Server, tmp_path: Path, screenshot: Screenshot
) -> None:
    header = HEADER.replace("监测面积", "占地（平方米）").replace("占用耕地面积", "其中（公顷）")
    row = f"XC-009,新增非农建设类,{DEMO_YEAR}-11-08,环翠区,8000,0.2,122.05,37.42"
    choose(page, upload_server, csv(tmp_path / "补充.csv", row, header=header), kind="patches")
    table = page.locator(".columns-table")
    line = table.locator("tr", has_text="占地（平方米）")
    expect(line.locator(".unit-select")).to_have_value("M2", timeout=WAIT)
    expect(table.locator("tr", has_text="其中（公顷）").locator(".unit-select")).to_have_value("HA")
    line.locator(".field-select").select_option("area_mu")
    line.locator(".unit-select").select_option("MU")
    screenshot("upload-units", full_page=True)
    page.get_by_role("button", name="按以上对应重新核对").click()
    expect(page.locator(".issues-table")).to_contain_text("写明的单位是平方米", timeout=WAIT)
    screenshot("upload-units-doubt", full_page=True)


@on_both_screens
def test_another_citys_boundary_is_ticked_unit_by_unit_and_taken_back(
    page: Page, upload_server: Server, tmp_path: Path, screenshot: Screenshot
) -> None:
    path = layer_file(tmp_path / "边界.geojson", ({"代码": "320312", "名称": "铜山区"}, ELSEWHERE))
    choose(page, upload_server, path, kind="reference")
    headline = page.locator("#upload-headline")
    expect(page.locator(".refusal")).to_contain_text("请指定这是哪个参考图层", timeout=WAIT)
    page.locator(".reading-card summary").click()
    page.get_by_label("图层请选择").select_option("districts")
    page.get_by_role("button", name="重新读取").click()
    units = page.locator(".units-card")
    expect(units).to_contain_text("环翠区（371002）", timeout=WAIT)
    expect(units).to_contain_text("个图斑")
    expect(page.locator("#upload-map canvas").first).to_be_visible(timeout=WAIT)
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, "nothing leaves the screen"
    screenshot("upload-units", full_page=True)
    page.get_by_role("button", name="确认写入").click()
    expect(page.locator("body")).to_contain_text("还有区市没有确认", timeout=WAIT)
    for box in units.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="确认写入").click()
    expect(headline).to_contain_text("已入库：新增 1 行", timeout=WAIT)
    page.get_by_role("link", name="改了什么").click()
    page.get_by_text("撤回这一批").click()
    page.get_by_role("button", name="确认撤回").click()
    expect(headline).to_contain_text("已撤回", timeout=WAIT)
    page.goto(f"{upload_server.url}/upload")
    refused = page.locator(".refused-card")
    expect(refused).to_contain_text("边界.geojson", timeout=WAIT)
    screenshot("upload-refused", full_page=True)
