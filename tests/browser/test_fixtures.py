"""What the browser tests rest on: tabs without a past, and no other machine within reach."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.browser.conftest import Complaints, forget
from tests.browser.serving import Server


def test_a_tab_knows_nothing_of_the_tab_before(browser: Browser, server: Server) -> None:
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(f"{server.url}/healthz")
    tab.evaluate("localStorage.setItem('kept', '1'); document.cookie = 'kept=1; path=/'")
    forget(context, tab, {server.url})
    tab = context.new_page()
    tab.goto(f"{server.url}/healthz")
    assert tab.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    context.close()


@pytest.mark.parametrize("address", ["http://weipian.example/", "http://192.0.2.1/"])
def test_no_other_machine_is_reached_and_asking_for_one_is_noted(
    address: str, page: Page, complaints: Complaints
) -> None:
    for expected in ("request to the outside", "ERR_NAME_NOT_RESOLVED"):
        complaints.expect(expected)
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto(address)
    assert f"request to the outside: {address}" in complaints.seen
