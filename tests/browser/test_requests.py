"""A page costs few requests: with an empty cache, with a full one, and from page to page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import DEMO_YEAR
from tests.browser.counting import Counter
from tests.browser.serving import Server
from tests.signing import SIGNED_IN

ON = f"?year={DEMO_YEAR}&asof={DEMO_YEAR}-11-23"
PAGES = (
    "/", "/clearance", "/audit", "/overdue", "/heatmap", "/patches", "/triggers", "/assessment",
    "/rules", "/ledger", "/measures", "/todo", "/upload",
)  # fmt: skip
#: The pages that ask for most: a grid with a map, and a map with its tiles.
COLD = ("/overdue", "/heatmap")
MOST_COLD, MOST_WARM, MOST_MOVING = 25, 15, 6
_GROUP = re.compile(r"/assets/bundle/(maps|grid|charts)\.")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    made.add_cookies([SIGNED_IN])
    yield made
    made.close()


def told(counter: Counter) -> str:
    return "\n".join(f"{one.bytes:>9,} {one.url}" for one in counter.over_the_net())


def groups(page: Page, elements: str, attribute: str) -> set[str]:
    """The kinds of files that elements of a page name."""
    found = page.locator(elements).evaluate_all(f"(all) => all.map((one) => one.{attribute})")
    return {group for url in found for group in _GROUP.findall(url)}


@pytest.mark.parametrize("path", COLD)
def test_a_page_costs_few_requests_with_an_empty_cache(
    path: str, context: BrowserContext, server: Server
) -> None:
    counter = Counter(context.new_page())
    counter.open(server.url + path + ON)
    assert len(counter.over_the_net()) <= MOST_COLD, told(counter)


def test_every_page_costs_few_requests_with_a_full_cache_and_loads_what_it_says_it_shows(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    counter = Counter(page)
    for path in ("/overdue", "/clearance"):  # maps, grid and charts
        counter.open(server.url + path + ON)
    for path in PAGES:
        counter.open(server.url + path + ON)
        assert groups(page, "script[src]", "src") == groups(page, "[rel=preload]", "href"), path
        assert len(counter.over_the_net()) <= MOST_WARM, told(counter)
        kept = [one.url for one in counter.over_the_net() if "/assets/bundle/" in one.url]
        assert kept == []


def test_from_page_to_page_the_frame_stays_and_few_requests_are_made(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    counter = Counter(page)
    counter.open(f"{server.url}/{ON}")
    page.evaluate("document.getElementById('frame').mark = 'the same'")
    for name in ("月清", "规则口径", "总览"):
        counter.forget()
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator(".nav-current")).to_have_text(name)
        counter.settle()
        beside = ("/assets/bundle/", "/version.json")  # files, and what the clock asks
        data = [one for one in counter.over_the_net() if not any(b in one.url for b in beside)]
        assert len(data) <= MOST_MOVING, told(counter)
        assert page.evaluate("document.getElementById('frame').mark") == "the same"
