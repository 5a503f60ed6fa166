"""axe-core finds nothing critical or serious on any page, on the phone and on the desk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dash
import pytest
from playwright.sync_api import Page, expect

from app import create_app
from data.settings import Settings
from tests.browser.conftest import DEMO_YEAR
from tests.browser.screen import on_both_screens
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


def found_by_axe(page: Page) -> list[str]:
    """What axe calls critical or serious, a line each with its first places."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(
        "async () => await axe.run(document, {resultTypes: ['violations']})"
    )
    return [
        f"{v['impact']} {v['id']} ×{len(v['nodes'])}: "
        + json.dumps([n["html"][:160] for n in v["nodes"][:3]], ensure_ascii=False)
        for v in result["violations"]
        if v["impact"] in ("critical", "serious")
    ]


@on_both_screens
def test_no_page_has_what_axe_calls_critical_or_serious(
    page: Page, server: Server, settings: Settings, complaints: Any
) -> None:
    complaints.expect("404")
    faults: dict[str, list[str]] = {}
    addresses = paths(settings)
    assert len(addresses) > 10
    for address in [*addresses, patch_of(page, server)]:
        page.goto(server.url + address)
        expect(page.locator("h1, h2").first).not_to_be_empty()
        expect(page.locator(".skeleton")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        if found := found_by_axe(page):
            faults[address] = found
    assert not faults, json.dumps(faults, ensure_ascii=False, indent=1)


def patch_of(page: Page, server: Server) -> str:
    """The address of one patch, as a list knows it."""
    page.goto(f"{server.url}/patches{ON}&figure=remaining_farmland_mu")
    cell = page.locator(".ag-pinned-left-cols-container [col-id='patch_no']").first
    expect(cell).not_to_be_empty()
    return f"/patches/{DEMO_YEAR}/{cell.inner_text().strip()}{ON}"


@pytest.mark.parametrize("kind", ["definition-mark"])
def test_what_is_pressed_is_large_enough(page: Page, server: Server, kind: str) -> None:
    page.goto(f"{server.url}/{ON}")
    expect(page.locator(".skeleton")).to_have_count(0)
    marks = page.locator(f".{kind}")
    expect(marks.first).to_be_visible()
    for box in (mark.bounding_box() for mark in marks.all()):
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
