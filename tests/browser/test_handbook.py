"""The handbook in Chromium, and its pictures."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from data.handbook.chapters import PICTURES, chapters
from tests.browser.screen import DESKTOP, PHONE, Viewport, on_both_screens
from tests.browser.serving import Server
from tests.browser.test_every_page import open_page
from tests.browser.test_shell import ON

#: Picture of the handbook → the page that it shows.
SHOWN = {
    "overview": "/",
    "clearance": "/clearance",
    "overdue": "/overdue",
    "heatmap": "/heatmap",
    "triggers": "/triggers",
    "assessment": "/assessment",
    "upload": "/upload",
}


def test_every_picture_of_the_handbook_is_made_here() -> None:
    used = {n for c in chapters() for n in re.findall(r"\]\(pictures/(\S+?)\.png\)", c.text)}
    assert used == set(SHOWN)


@pytest.mark.skipif(
    os.environ.get("WEIPIAN_SCREENSHOTS") != "1", reason="makes pictures when it is asked to"
)
@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_of_the_handbook(
    name: str, page: Page, server: Server, screenshot: Callable[..., Path]
) -> None:
    open_page(page, f"{server.url}{SHOWN[name]}{ON}")
    page.wait_for_load_state("networkidle")
    page.set_viewport_size({"width": 1100, "height": 700})
    path = screenshot(f"handbook-{name}", keep=False)
    assert path.stat().st_size > 10_000
    PICTURES.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, PICTURES / f"{name}.png")


def test_each_chapter_fits_both_screens_with_its_pictures(page: Page, server: Server) -> None:
    for chapter in chapters():
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        open_page(page, f"{server.url}/help/{chapter.slug}")
        expect(page.locator(".handbook-chapter")).to_be_visible()
        for width, height in (DESKTOP, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            shown = page.evaluate("document.documentElement.scrollWidth")
            assert shown <= width, (chapter.slug, width)
        for picture in page.locator(".handbook-picture").all():
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_js_property("complete", True)
            assert picture.evaluate("image => image.naturalWidth") > 0, chapter.slug


@on_both_screens
def test_words_lead_to_a_place_in_a_chapter(page: Page, server: Server, viewport: Viewport) -> None:
    open_page(page, f"{server.url}/help")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport[0]
    box = page.get_by_role("searchbox", name="在手册里找")
    box.fill("公顷")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/help\?.*q="))
    page.get_by_role("link", name="上传一份外来表格 › 单位").click()
    expect(page).to_have_url(re.compile(r"/help/upload#"))
    expect(page.locator(".named")).to_have_text("单位")
    expect(page.locator(".named")).to_be_in_viewport()


def test_every_page_leads_to_its_chapter_and_back(page: Page, server: Server) -> None:
    open_page(page, f"{server.url}/clearance{ON}")
    page.get_by_role("link", name="帮助", exact=True).click()
    expect(page).to_have_url(re.compile(r"/help/clearance\?year=2023"))
    expect(page.locator("h1")).to_have_text("看懂月清")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/clearance\?year=2023"))
