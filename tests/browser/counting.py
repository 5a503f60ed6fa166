"""What a page asks for: requests and bytes over the net, and when it can be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

#: A page can be used when its headline stands, no callback runs, no skeleton is left and each
#: chart is drawn.
_AT_WORK = "[data-dash-is-loading='true'], .skeleton, ._dash-loading, .dash-graph--pending"
USABLE = f"""() => document.querySelector("main h1, h1")?.innerText.trim()
    && !document.querySelector("{_AT_WORK}")"""
#: So long after the last answer a page may still ask for more.
_QUIET_MS = 300


@dataclass(slots=True)
class Asked:
    """A request. over_the_net: neither kept by the browser nor part of the page itself."""

    url: str
    over_the_net: bool = True
    bytes: int = 0
    is_answered: bool = False


class Counter:
    """Counts what a tab asks for from now on. usable: says in the browser that a page stands."""

    def __init__(self, page: Page, usable: str = USABLE) -> None:
        self._page, self._usable = page, usable
        self._asked: dict[str, Asked] = {}
        protocol = page.context.new_cdp_session(page)
        protocol.on("Network.requestWillBeSent", self._sent)
        protocol.on("Network.requestServedFromCache", self._kept)
        protocol.on("Network.responseReceived", self._answered)
        protocol.on("Network.loadingFinished", self._finished)
        protocol.on("Network.loadingFailed", self._finished)
        protocol.send("Network.enable")

    def open(self, url: str) -> float:
        """Milliseconds until the page can be used; returns when it asks for nothing more."""
        self._asked.clear()
        self._page.goto(url, wait_until="commit")
        self._page.wait_for_function(self._usable, polling="raf", timeout=60_000)
        milliseconds = float(self._page.evaluate("performance.now()"))
        self.settle()
        return milliseconds

    def settle(self) -> None:
        """Return when the page can be used and has asked for nothing for a while."""
        before = -1
        while before != len(self._asked) or not all(a.is_answered for a in self._asked.values()):
            before = len(self._asked)
            self._page.wait_for_function(self._usable, polling="raf", timeout=60_000)
            self._page.wait_for_timeout(_QUIET_MS)

    def over_the_net(self) -> list[Asked]:
        return [asked for asked in self._asked.values() if asked.over_the_net]

    def all(self) -> list[Asked]:
        return list(self._asked.values())

    def forget(self) -> None:
        self._asked.clear()

    def _sent(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        if url.startswith("http"):
            self._asked[event["requestId"]] = Asked(url)

    def _kept(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._asked:
            self._asked[event["requestId"]].over_the_net = False

    def _answered(self, event: dict[str, Any]) -> None:
        response = event["response"]
        if response.get("fromDiskCache") or response.get("fromPrefetchCache"):
            self._kept(event)

    def _finished(self, event: dict[str, Any]) -> None:
        asked = self._asked.get(event["requestId"])
        if asked is not None:
            asked.is_answered = True
            asked.bytes = int(event.get("encodedDataLength", 0))
