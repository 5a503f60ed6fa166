"""A real Chromium, and the product served to it.

`server` serves the demo, read-only by agreement: a test that uploads takes `fresh_server`. `page`
fails its test on any console error, page error, or request that leaves this machine. Its tabs share
a cache, as those of a real browser do: a cold one costs a second or two a test.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    expect,
    sync_playwright,
)

from data.settings import PROJECT_DIR, Settings
from tests.browser.screen import DESKTOP, PHONE, Viewport
from tests.browser.serving import Server, serve
from tests.demo_year import DEMO_TODAY, DEMO_YEAR, DemoYear
from tests.signing import SIGNED_IN

__all__ = ["DEMO_TODAY", "DEMO_YEAR"]

#: How long `expect` waits for what a page should show. Playwright's own 5 s are too short for a
#: machine that runs other things beside the tests; nothing is slower for it where all is well.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

ARTIFACTS = PROJECT_DIR / "tests" / "artifacts"
SCREENSHOTS = PROJECT_DIR / "docs" / "screenshots"

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name or address but this machine's is ever reached; `page` also says which was asked for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
#: What a page may have kept at its address; the cache of its files is not among it.
KEPT = "cookies,local_storage,indexeddb,service_workers,cache_storage"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes run the browser tests, each by one Chromium and one server: file by file."""
    here = Path(__file__).parent
    own = [item for item in items if here in item.path.parents]
    files = sorted({item.path for item in own})
    for item in own:
        item.add_marker(pytest.mark.xdist_group(f"browser{files.index(item.path) % 2}"))


# ---- the product ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def demo_settings(demo_year: DemoYear) -> Settings:
    """Settings of a store that holds the demo year."""
    return demo_year.settings


@pytest.fixture(scope="session")
def server(demo_settings: Settings) -> Iterator[Server]:
    """The demo, served. Tests may not change it."""
    with serve(demo_settings, demo_settings.local_dir / "server.log") as running:
        yield running


def copy_of_demo(demo: Settings, folder: Path) -> Settings:
    """Settings of a copy of the demo in a folder that is not there yet."""
    shutil.copytree(demo.local_dir, folder)
    return replace(demo, local_dir=folder, database_url="")


@pytest.fixture
def fresh_server(demo_settings: Settings, tmp_path: Path) -> Iterator[Server]:
    """The demo in a store of the test's own, to upload to."""
    settings = copy_of_demo(demo_settings, tmp_path / "local")
    with serve(settings, tmp_path / "server.log") as running:
        yield running


@pytest.fixture
def empty_server(settings: Settings, sqlite_url: str, tmp_path: Path) -> Iterator[Server]:
    """A store without any upload, served."""
    with serve(replace(settings, database_url=sqlite_url), tmp_path / "server.log") as running:
        yield running


# ---- the browser ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium with a new, empty profile."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("BROWSER NOT TESTED: no chromium (Debian package chromium, or CHROMIUM=path)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=list(CHROMIUM_ARGUMENTS), chromium_sandbox=False
        )
        yield chromium
        chromium.close()


@pytest.fixture
def viewport(request: pytest.FixtureRequest) -> Viewport:
    """Width and height in CSS pixels; see screen.on_both_screens."""
    size: Viewport = getattr(request, "param", DESKTOP)
    return size


@dataclass
class Complaints:
    """What the browser complained of. A test names the complaints that it provokes on purpose."""

    seen: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)  #: of this machine, that were asked

    def expect(self, part: str) -> None:
        """Complaints that contain `part` are what this test is about."""
        self.expected.append(part)

    def unexpected(self) -> list[str]:
        return [text for text in self.seen if not any(part in text for part in self.expected)]

    def hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location.get("url", "")
            self.seen.append(f"console: {message.text} ({place})")

    def watch(self, request: Request) -> None:
        """Note what would leave this machine."""
        address = urlsplit(request.url)
        if address.scheme in ("data", "blob"):
            return
        if address.hostname in ("127.0.0.1", "localhost"):
            self.origins.add(f"{address.scheme}://{address.netloc}")
        else:
            self.seen.append(f"request to the outside: {request.url}")


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


def _new_context(browser: Browser, viewport: Viewport) -> BrowserContext:
    return browser.new_context(
        viewport={"width": viewport[0], "height": viewport[1]},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        has_touch=viewport == PHONE,
        accept_downloads=True,
    )


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Iterator[dict[Viewport, BrowserContext]]:
    """The contexts whose cache the tests share, by screen."""
    kept: dict[Viewport, BrowserContext] = {}
    yield kept
    for context in kept.values():
        context.close()


@pytest.fixture
def page(
    request: pytest.FixtureRequest,
    browser: Browser,
    contexts: dict[Viewport, BrowserContext],
    viewport: Viewport,
    complaints: Complaints,
) -> Iterator[Page]:
    """A new tab. Nothing of an earlier test is left but the cache of files."""
    for name in request.fixturenames:
        if name.endswith("server"):  # ends after the tab that asks it
            request.getfixturevalue(name)
    if viewport not in contexts:
        contexts[viewport] = _new_context(browser, viewport)
    context = contexts[viewport]
    context.add_cookies([SIGNED_IN])
    context.on("request", complaints.watch)
    tab = context.new_page()
    tab.on("console", complaints.hear)
    tab.on("pageerror", lambda error: complaints.seen.append(f"page error: {error}"))
    yield tab
    context.remove_listener("request", complaints.watch)
    left = complaints.unexpected()  # what is still under way is refused once the cookie is gone
    if _has_time_of_its_own(tab):
        contexts.pop(viewport).close()
    else:
        forget(context, tab, complaints.origins)
    assert left == []


def _has_time_of_its_own(tab: Page) -> bool:
    """Whether page.clock was used, which changes the time of the whole context; true if unknown."""
    try:
        return bool(tab.evaluate("'__pwClock' in globalThis"))
    except Error:  # on its way to another page
        return True


def forget(context: BrowserContext, tab: Page, origins: set[str]) -> None:
    """Leave nothing of a test but the cache of files."""
    protocol = context.new_cdp_session(tab)
    for origin in origins:
        protocol.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": KEPT})
    for each in context.pages:
        each.close()
    context.clear_cookies()
    context.clear_permissions()


@pytest.fixture
def screenshot(page: Page, viewport: Viewport) -> Callable[[str], Path]:
    """Keep a picture of the page under a name: `screenshot("overview")`.

    Pictures go to tests/artifacts; with WEIPIAN_SCREENSHOTS=1 those that are to be kept also
    replace docs/screenshots.
    """

    def take(name: str, full_page: bool = False, keep: bool = True) -> Path:
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}-{viewport[0]}.png"
        page.screenshot(path=path, full_page=full_page, animations="disabled")
        if keep and os.environ.get("WEIPIAN_SCREENSHOTS") == "1":
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, SCREENSHOTS / path.name)
        return path

    return take
