"""Each page of the demo until it can be used, in Chromium, with its requests and bytes, beside a
bare Dash page with one table and one chart in the same run."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from bench.bare import USABLE as BARE_USABLE
from bench.measure import print_table
from bench.pages import AS_OF, YEAR, demo_store
from data.scope import Scope
from data.store.queries.patch_list import PatchQuery, patch_page
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.counting import USABLE, Counter
from tests.browser.serving import serve
from tests.signing import SIGNED_IN

#: The patches of the demo that the tests use too.
DEMO_PATCHES = 1500
_BARE = "bare Dash: a table, a chart"


@dataclass(frozen=True, slots=True)
class Opened:
    """A page opened once. requests, kilobytes: over the net. skeleton_ms: from the first byte until
    anything was painted."""

    usable_ms: float
    requests: float
    kilobytes: float
    skeleton_ms: float


_PAINTED = """() => {
    const [first] = performance.getEntriesByName("first-contentful-paint");
    const [own] = performance.getEntriesByType("navigation");
    return first ? first.startTime - own.responseStart : 0;
}"""


def _open(context: BrowserContext, url: str, usable: str) -> Opened:
    page = context.new_page()
    counter = Counter(page, usable)
    usable_ms = counter.open(url)
    asked = counter.over_the_net()
    painted = float(page.evaluate(_PAINTED))
    page.close()
    return Opened(usable_ms, len(asked), sum(one.bytes for one in asked) / 1000, painted)


def _cold_and_warm(browser: Browser, url: str, usable: str) -> tuple[Opened, Opened]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    context.add_cookies([SIGNED_IN])
    try:
        return _open(context, url, usable), _open(context, url, usable)
    finally:
        context.close()


def _middle(runs: Sequence[Opened]) -> Opened:
    return Opened(
        median(run.usable_ms for run in runs),
        median(run.requests for run in runs),
        median(run.kilobytes for run in runs),
        median(run.skeleton_ms for run in runs),
    )


def _row(name: str, cold: Opened, warm: Opened, bare: tuple[Opened, Opened]) -> list[str]:
    return [
        name,
        *(f"{one.requests:.0f}" for one in (cold, warm)),
        *(f"{one.kilobytes:,.0f}" for one in (cold, warm)),
        *(f"{one.skeleton_ms:.0f}" for one in (cold, warm)),
        *(f"{one.usable_ms / 1000:.2f}" for one in (cold, warm)),
        *(f"{a.usable_ms / b.usable_ms:.2f}" for a, b in zip((cold, warm), bare, strict=True)),
    ]


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
    paths = [
        "/", "/clearance", "/triggers", "/overdue", "/assessment", "/heatmap", "/patches",
        f"/patches/{YEAR}/{patch_no}", "/rules", "/upload",
    ]  # fmt: skip
    runs: dict[str, list[tuple[Opened, Opened]]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(settings, Path(folder) / "log", workers=2) as ours,
        serve(settings, Path(folder) / "bare-log", 2, "bench.bare:server") as bare,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_ARGUMENTS))
        for _ in range(repeats):  # one after another, so that a busy minute touches all
            runs.setdefault(_BARE, []).append(_cold_and_warm(browser, bare.url, BARE_USABLE))
            for path in paths:
                runs.setdefault(path, []).append(_cold_and_warm(browser, ours.url + path, USABLE))
        browser.close()
    middle = {
        name: (_middle([cold for cold, _ in found]), _middle([warm for _, warm in found]))
        for name, found in runs.items()
    }
    print_table(
        f"Pages of the demo ({DEMO_PATCHES:,} patches) in Chromium, cold and warm",
        [
            "page", "requests", "warm", "kB", "warm", "painted after first byte, ms", "warm",
            "usable, s", "warm", "÷ bare", "warm",
        ],
        [_row(name, *both, middle[_BARE]) for name, both in middle.items()],
    )  # fmt: skip
