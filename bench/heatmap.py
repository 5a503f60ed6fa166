"""违法占用 in Chromium: until the first heat map stands, while the map is moved, and its memory."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.measure import print_table
from bench.pages import AS_OF, YEAR, demo_store
from data.maps.cube import map_cube
from data.settings import Settings
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.serving import serve
from tests.signing import SIGNED_IN

LAYERS = {"heat": "热力面", "bins": "网格", "patches": "图斑"}
MOVES = 12
#: The first layer stands: heat tiles painted, or squares or patches drawn, and nothing on its way.
STANDS = """() => {
    const heat = document.querySelectorAll(".leaflet-heatmap-heat-pane .leaflet-tile");
    const loaded = document.querySelectorAll(".leaflet-heatmap-heat-pane .leaflet-tile-loaded");
    const drawn = document.querySelector(
        ".leaflet-heatmap-data-pane canvas, .leaflet-marker-pane .cluster");
    return heat.length ? heat.length === loaded.length : Boolean(drawn);
}"""
#: The second frame from now has been painted.
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
STEPS = 8


def _heap_mb(page: Page) -> float:
    """Living JavaScript objects, after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize")) / 1e6


def _drag(page: Page, dx: float, dy: float) -> list[float]:
    """Drag the map by a third of its size; ms from each move of the hand until it is painted."""
    frame = page.locator("#heatmap-map").bounding_box()
    assert frame is not None
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    felt = []
    for step in range(1, STEPS + 1):
        share = step / STEPS / 3
        start = time.perf_counter()
        page.mouse.move(x + dx * frame["width"] * share, y + dy * frame["height"] * share)
        page.evaluate(PAINTED)
        felt.append((time.perf_counter() - start) * 1000)
    page.mouse.up()
    return felt


def _until_it_stands(page: Page, url: str) -> float:
    page.goto(url, wait_until="commit")
    page.wait_for_function(STANDS, polling="raf", timeout=120_000)
    return float(page.evaluate("performance.now()"))


def _one(browser: Browser, url: str) -> tuple[float, float, list[float], list[float], float]:
    """ms until the layer stands, with an empty cache and with a full one; ms a step of a drag; ms
    until what it uncovered is drawn; MB."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    context.add_cookies([SIGNED_IN])
    page = context.new_page()
    cold = _until_it_stands(page, url)
    page.close()
    page = context.new_page()
    warm = _until_it_stands(page, url)
    page.wait_for_load_state("networkidle")
    felt: list[float] = []
    settled: list[float] = []
    for at in range(MOVES):
        way = [(1, 0), (0, 1), (-1, 0), (0, -1)][at % 4]
        felt += _drag(page, *way)
        start = time.perf_counter()
        page.wait_for_function(STANDS, polling="raf", timeout=60_000)
        settled.append((time.perf_counter() - start) * 1000)
    heap = _heap_mb(page)
    context.close()
    return cold, warm, felt, settled, heap


def _measured(browser: Browser, settings: Settings, repeats: int) -> list[list[str]]:
    rows: list[list[str]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(settings, Path(folder) / "log", workers=2) as server,
    ):
        for layer, name in LAYERS.items():
            for zoom, view in (("city", ""), ("town", "&view=122.05,37.14,122.17,37.22")):
                address = f"{server.url}/heatmap?year={YEAR}&asof={AS_OF}&layer={layer}{view}"
                runs: list[Any] = [_one(browser, address) for _ in range(repeats)]
                felt = sorted(ms for run in runs for ms in run[2])
                rows.append(
                    [
                        f"{name}, {zoom}",
                        f"{median(run[0] for run in runs) / 1000:.2f}",
                        f"{median(run[1] for run in runs) / 1000:.2f}",
                        f"{median(felt):.0f}",
                        f"{felt[int(len(felt) * 0.95)]:.0f}",
                        f"{median(ms for run in runs for ms in run[3]):.0f}",
                        f"{max(run[4] for run in runs):.0f}",
                    ]
                )
    return rows


def main(counts: Sequence[int], repeats: int) -> None:
    """Print a table for each number of patches."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        print("\nNo chromium: the map was not opened.")
        return
    for count in counts:
        with demo_store(count) as store:
            settings = store.settings
            map_cube(store, YEAR)  # as the upload before it leaves it
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=program, args=list(CHROMIUM_ARGUMENTS)
            )
            rows = _measured(browser, settings, repeats)
            browser.close()
        print_table(
            f"违法占用 with {count:,} patches in Chromium",
            [
                "layer, view",
                "cold, s",
                "warm, s",
                "drag step, ms",
                "p95, ms",
                "drawn after, ms",
                "heap, MB",
            ],
            rows,
        )
