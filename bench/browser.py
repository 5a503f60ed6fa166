"""Each page of the demo until it can be used, in Chromium."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from bench.measure import print_table
from bench.pages import AS_OF, YEAR, demo_store
from data.scope import Scope
from data.store.queries.patch_list import PatchQuery, patch_page
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.serving import serve
from tests.signing import SIGNED_IN

#: The patches of the demo that the tests use too.
DEMO_PATCHES = 1500

#: A page can be used when its headline stands, no callback runs and no skeleton is left.
USABLE = """() => document.querySelector("main h1, h1")?.innerText.trim()
    && !document.querySelector("[data-dash-is-loading='true'], .skeleton, ._dash-loading")"""


def _milliseconds(context: BrowserContext, url: str) -> float:
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.wait_for_function(USABLE, polling="raf", timeout=60_000)
    milliseconds = float(page.evaluate("performance.now()"))
    page.close()
    return milliseconds


def _cold_and_warm(browser: Browser, url: str) -> tuple[float, float]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    context.add_cookies([SIGNED_IN])
    try:
        return _milliseconds(context, url), _milliseconds(context, url)
    finally:
        context.close()


def main(counts: Sequence[int], repeats: int) -> None:
    """Print a table of the pages; always on the small demo, whatever the counts."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        print("\nNo chromium: pages were not opened.")
        return
    with demo_store(DEMO_PATCHES) as store:
        with store.read() as conn:
            query = PatchQuery(YEAR, AS_OF, limit=1)
            patch_no = patch_page(conn, Scope.all(), query).rows[0]["patch_no"]
        settings = store.settings
    paths = ["/", "/clearance", "/overdue", "/patches", f"/patches/{YEAR}/{patch_no}", "/upload"]
    rows: list[list[str]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(settings, Path(folder) / "log", workers=2) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_ARGUMENTS))
        for path in paths:
            times = [_cold_and_warm(browser, server.url + path) for _ in range(repeats)]
            cold, warm = (median(column) for column in zip(*times, strict=True))
            rows.append([path, f"{cold / 1000:.2f}", f"{warm / 1000:.2f}"])
        browser.close()
    print_table(
        f"Pages of the demo ({DEMO_PATCHES:,} patches) until usable, Chromium",
        ["page", "cold, s", "warm, s"],
        rows,
    )
