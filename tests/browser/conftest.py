"""A real Chromium, and the product served to it.

`server` serves the demo, read-only by agreement: a test that uploads takes `fresh_server`. `page`
fails its test on any console error, page error, or request that leaves this machine.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from data.settings import PROJECT_DIR, Settings
from tests.browser.screen import DESKTOP, PHONE, Viewport
from tests.browser.serving import Server, serve

#: The demo of the browser tests: a work year whose running month is half done.
DEMO_YEAR = 2023
DEMO_TODAY = date(2023, 11, 23)
DEMO_PATCHES = 1500

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
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs all browser tests, so that they share one demo store and one server."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


# ---- the product ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def demo_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a store that holds the demo year."""
    from data.demo import load_demo
    from data.store.engine import open_store

    folder = tmp_path_factory.mktemp("demo")
    settings = Settings(local_dir=folder, fixed_today=DEMO_TODAY)
    store = open_store(settings)
    load_demo(store, settings, year=DEMO_YEAR, until=DEMO_TODAY, patches=DEMO_PATCHES)
    store.engine.dispose()
    return settings


@pytest.fixture(scope="session")
def server(demo_settings: Settings) -> Iterator[Server]:
    """The demo, served. Tests may not change it."""
    with serve(demo_settings, demo_settings.local_dir / "server.log") as running:
        yield running


@pytest.fixture
def fresh_server(demo_settings: Settings, tmp_path: Path) -> Iterator[Server]:
    """The demo in a store of the test's own, to upload to."""
    local_dir = tmp_path / "local"
    shutil.copytree(demo_settings.local_dir, local_dir)
    settings = replace(demo_settings, local_dir=local_dir, database_url="")
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

    def expect(self, part: str) -> None:
        """Complaints that contain `part` are what this test is about."""
        self.expected.append(part)

    def unexpected(self) -> list[str]:
        return [text for text in self.seen if not any(part in text for part in self.expected)]

    def hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location.get("url", "")
            self.seen.append(f"console: {message.text} ({place})")

    def guard(self, route: Route) -> None:
        """Let through what stays on this machine; note and stop the rest."""
        address = urlsplit(route.request.url)
        local = address.hostname in ("127.0.0.1", "localhost")
        if local or address.scheme in ("data", "blob"):
            route.continue_()
        else:
            self.seen.append(f"request to the outside: {route.request.url}")
            route.abort()


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def page(browser: Browser, viewport: Viewport, complaints: Complaints) -> Iterator[Page]:
    """A tab in a context of its own (no cookies, no cache)."""
    context = browser.new_context(
        viewport={"width": viewport[0], "height": viewport[1]},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        has_touch=viewport == PHONE,
        accept_downloads=True,
    )
    context.route("**/*", complaints.guard)
    tab = context.new_page()
    tab.on("console", complaints.hear)
    tab.on("pageerror", lambda error: complaints.seen.append(f"page error: {error}"))
    yield tab
    context.close()
    assert complaints.unexpected() == []


@pytest.fixture
def screenshot(page: Page, viewport: Viewport) -> Callable[[str], Path]:
    """Keep a picture of the page under a name: `screenshot("overview")`.

    Pictures go to tests/artifacts; with WEIPIAN_SCREENSHOTS=1 those of the README's names also
    replace docs/screenshots.
    """

    def take(name: str, full_page: bool = False) -> Path:
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}-{viewport[0]}.png"
        page.screenshot(path=path, full_page=full_page, animations="disabled")
        if os.environ.get("WEIPIAN_SCREENSHOTS") == "1":
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, SCREENSHOTS / path.name)
        return path

    return take
