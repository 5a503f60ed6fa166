"""No page runs what stands in uploaded texts: each is opened, and what the first looks hide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from components import paths
from data.settings import Settings
from data.store.opening import open_store
from tests.browser.conftest import Complaints
from tests.browser.serving import Server, serve
from tests.browser.test_accessibility import paths as every_page
from tests.hostile import BODY, TODAY, VIEW, YEAR, fill, number
from tests.reading import read_in_process


@pytest.fixture
def hostile_server(tmp_path: Path) -> Iterator[Server]:
    settings = Settings(local_dir=tmp_path / "local", fixed_today=TODAY)
    store = open_store(settings)
    with read_in_process():
        fill(store)
    store.engine.dispose()
    with serve(settings, tmp_path / "server.log") as running:
        yield running


def test_no_page_runs_what_stands_in_an_uploaded_text(
    page: Page, hostile_server: Server, complaints: Complaints
) -> None:
    """A handler that a page made of a text is stopped by the policy, which complains, or runs and
    throws: the page's own complaints fail the test."""
    complaints.expect("404")
    patch = paths.patch(YEAR, number(1))
    addresses = [address.partition("?")[0] for address in every_page(hostile_server.settings)]
    told = 0
    for path in [*addresses, patch, paths.audit_bench(YEAR, number(1)), paths.measure(1)]:
        page.goto(f"{hostile_server.url}{path}?{VIEW}")
        expect(page.locator("h1, h2").first).not_to_be_empty()
        expect(page.locator(".skeleton")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src=''], img[onerror], svg[onload]").count() == 0, path
        told += BODY in page.locator("body").inner_text()
    assert told >= 6, "the texts stand on pages"
