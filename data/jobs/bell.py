"""A bell in Redis that wakes a worker at once; without it, or when a ring is lost, workers look
into the queue by themselves a moment later."""

from __future__ import annotations

import logging
import threading
import time
from functools import lru_cache
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from data.settings import Settings

log = logging.getLogger(__name__)

#: How often a worker looks without being rung for, in seconds.
POLL_SECONDS = 0.5
#: How long it listens at a time, and how long nobody tries again after a failure.
_LISTEN_SECONDS, _PAUSE = 2, 30.0
_PATIENCE = 0.2
_KEY = "weipian:bell"


class Bell:
    """Never raises."""

    def __init__(self, url: str | None) -> None:
        self._redis: Any = None
        self._away_until = 0.0
        if url is None:
            return
        try:
            self._redis = Redis.from_url(
                url,
                socket_connect_timeout=_PATIENCE,
                socket_timeout=_LISTEN_SECONDS + 1,
                retry=Retry(NoBackoff(), 0),
            )
        except (ValueError, RedisError) as error:
            log.warning("no bell: %s", error)

    def ring(self) -> None:
        """One worker looks into the queue."""
        self._ask("lpush", _KEY, 1)
        self._ask("ltrim", _KEY, 0, 9)

    def wait(self, stop: threading.Event) -> None:
        """Until the bell rings, or it is time to look anyway."""
        if self._redis is None or time.monotonic() < self._away_until:
            stop.wait(POLL_SECONDS)
        else:
            self._ask("blpop", _KEY, timeout=_LISTEN_SECONDS)

    def _ask(self, command: str, *arguments: Any, **named: Any) -> None:
        if self._redis is None or time.monotonic() < self._away_until:
            return
        try:
            getattr(self._redis, command)(*arguments, **named)
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + _PAUSE
            log.warning("the bell is silent for %d s: %s", _PAUSE, error)


@lru_cache(maxsize=4)
def _bell(url: str | None) -> Bell:
    return Bell(url)


def bell_of(settings: Settings) -> Bell:
    """One for each process."""
    return _bell(settings.cache_url)
