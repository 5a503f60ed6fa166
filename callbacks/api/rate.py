"""How often an account may ask: so many requests a minute, counted by each process."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

import flask

from callbacks.frame.error_pages import refusal_answer
from data.acting import acting
from data.services import Services

_KEEPER = "weipian_api_rate"
_WINDOW_S = 60


class Rate:
    """most: requests in a minute; 0 for no limit."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._begun = -math.inf
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def wait_s(self, who: str) -> int:
        """Count a request; how many seconds its sender has to wait, 0 where it is answered."""
        if not self._most:
            return 0
        with self._lock:
            now = self._clock()
            if now - self._begun >= _WINDOW_S:
                self._begun, self._counts = now, {}
            count = self._counts[who] = self._counts.get(who, 0) + 1
            left = self._begun + _WINDOW_S - now
        return max(1, math.ceil(left)) if count > self._most else 0


def too_often(server: flask.Flask, services: Services) -> flask.Response | None:
    """The refusal of a request whose account has asked too often; None for one to be answered."""
    rate: Rate = server.extensions.setdefault(_KEEPER, Rate(services.settings.api_per_minute))
    wait = rate.wait_s(acting().name)
    if not wait:
        return None
    refusal = refusal_answer(429, f"请求太频繁，请约{wait}秒后再试。")
    refusal.headers["Retry-After"] = str(wait)
    return refusal
