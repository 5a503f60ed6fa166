"""Every page opens without a complaint, fits the desk and the phone, and satisfies axe-core."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dash
from playwright.sync_api import Page, TimeoutError, expect

from app import create_app
from data.settings import Settings
from tests.browser.conftest import DEMO_YEAR, SCREENSHOTS
from tests.browser.screen import DESKTOP, PHONE
from tests.browser.serving import Server

AXE = Path(__file__).with_name("axe.min.js")
ON = "?year=2023&asof=2023-11-23"
#: Pages that show nothing without more in their address → a good one.
MORE = {
    "/triggers/patches": f"/triggers/patches{ON}&district=371002&trigger=T9.371002.2023",
    "/heatmap/patches": f"/heatmap/patches{ON}",
}
#: Views of a page that other parts make up: lists behind figures, what an address is not.
VIEWS = (f"/patches{ON}&figure=remaining_farmland_mu", "/nowhere")


#: Pages of which a picture is kept, by the name of the picture (docs/screenshots).
PICTURES = {
    "/": "overview",
    "/clearance": "clearance",
    "/overdue": "overdue",
    "/heatmap": "heatmap",
    "/patches": "patches",
    "/rules": "rules",
    "/assessment": "assessment",
    "/upload": "upload",
}


def paths(settings: Settings) -> list[str]:
    """The address of every page that is registered, and of the further views."""
    if not dash.page_registry:
        create_app(settings)
    found = []
    for entry in dash.page_registry.values():
        path, template = str(entry["path"]), entry.get("path_template")
        if template or "404" in str(entry["module"]):
            continue
        found.append(MORE.get(path, f"{path}{ON}"))
    return [*sorted(found), *VIEWS]


FITS = "(width) => document.documentElement.scrollWidth <= width"
#: Rows of a table that are looked at: those below are made by the same code.
ROWS = 12
#: Most of axe's time, and the same colours on both screens.
ON_ONE_SCREEN = ("color-contrast",)
#: Where the phone has what the desk has not: the menu, a list, a form with steps. Other pages show
#: on it less of the same.
ALSO_ON_THE_PHONE = ("/", "/patches", "/upload")


def found_by_axe(page: Page, without: Sequence[str] = ()) -> list[str]:
    """What axe calls critical or serious, a line each with its first places.

    The rows of long tables are taken out of the page, which is not to be used any more. without:
    rules that are left out.
    """
    page.evaluate(
        f"document.querySelectorAll('tbody tr:nth-child(n+{ROWS + 1})').forEach(r => r.remove())"
    )
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    rules = {name: {"enabled": False} for name in without}
    result: dict[str, Any] = page.evaluate(
        "async (rules) => await axe.run(document, {resultTypes: ['violations'], rules})", rules
    )
    return [
        f"{v['impact']} {v['id']} ×{len(v['nodes'])}: "
        + json.dumps([n["html"][:160] for n in v["nodes"][:3]], ensure_ascii=False)
        for v in result["violations"]
        if v["impact"] in ("critical", "serious")
    ]


def test_every_page_opens_fits_both_screens_and_has_nothing_that_axe_calls_serious(
    page: Page, server: Server, settings: Settings, complaints: Any
) -> None:
    """Each page is loaded once, on the desk, and then made as narrow as a phone."""
    complaints.expect("404")
    faults: dict[str, list[str]] = {}
    addresses = paths(settings)
    assert len(addresses) > 10
    for address in [*addresses, patch_of(page, server)]:
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        page.goto(server.url + address)
        expect(page.locator("h1, h2").first).not_to_be_empty()
        expect(page.locator(".skeleton")).to_have_count(0)
        expect(page.get_by_text("演示数据").first).to_be_visible()
        assert page.title() != "", address
        for width, height in (DESKTOP, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_load_state("networkidle")
            take_picture(page, address, width)
            try:  # a chart takes the new width a moment later
                page.wait_for_function(FITS, arg=width, timeout=5_000)
            except TimeoutError:
                faults[f"{address} {width}"] = ["wider than the screen"]
        # From the phone back to the desk: the page loses rows to axe.
        on_phone = [PHONE] if urlsplit(address).path in ALSO_ON_THE_PHONE else []
        for width, height in (*on_phone, DESKTOP):
            page.set_viewport_size({"width": width, "height": height})
            if found := found_by_axe(page, ON_ONE_SCREEN if width == PHONE[0] else ()):
                faults.setdefault(f"{address} {width}", []).extend(found)
    assert not faults, json.dumps(faults, ensure_ascii=False, indent=1)


def take_picture(page: Page, address: str, width: int) -> None:
    """docs/screenshots anew, where that is asked for."""
    path = urlsplit(address).path
    name = "patch" if path.startswith(f"/patches/{DEMO_YEAR}") else PICTURES.get(path)
    if name and "figure" not in address and os.environ.get("WEIPIAN_SCREENSHOTS") == "1":
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", animations="disabled")


def patch_of(page: Page, server: Server) -> str:
    """The address of one patch, as a list knows it: one of which much can be told."""
    page.goto(f"{server.url}/patches{ON}&figure=remaining_farmland_mu")
    cell = page.locator(".ag-pinned-left-cols-container [col-id='patch_no']").first
    expect(cell).not_to_be_empty()
    return f"/patches/{DEMO_YEAR}/{cell.inner_text().strip()}{ON}"


def test_what_is_pressed_is_large_enough(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/{ON}")
    expect(page.locator(".skeleton")).to_have_count(0)
    marks = page.locator(".definition-mark")
    expect(marks.first).to_be_visible()
    for box in (mark.bounding_box() for mark in marks.all()):
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
