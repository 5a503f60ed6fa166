"""Answers that the processes of a server, or several servers, share in a Redis.

It is a convenience: where it is away, slow, full, or holds what nobody here wrote, it is as if
nothing were kept. Bodies are kept as they are sent, each sealed with its key; nothing is read back
but bytes.
"""

from __future__ import annotations

import hashlib
import logging
import time
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

_PREFIX = "weipian:answer:"
#: How long an answer is waited for, and how long nobody asks again after a failure, in seconds.
PATIENCE, PAUSE = 0.2, 30.0
#: An answer is kept for a day, in seconds; a larger one than this, in bytes, is not.
LIFE, LARGEST = 24 * 3600, 4 * 2**20
_SEAL = hashlib.sha256().digest_size


class SharedAnswers:
    """key → the body of an answer. Never raises."""

    def __init__(self, url: str) -> None:
        self._away_until = 0.0
        self._redis: Any = None
        try:
            self._redis = Redis.from_url(
                url,
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 0),
            )
        except (ValueError, RedisError) as error:
            log.warning("no answers are shared: %s", error)

    def get(self, key: str) -> bytes | None:
        kept = self._ask("get", _PREFIX + key)
        if not isinstance(kept, bytes) or len(kept) <= _SEAL:
            return None
        seal, body = kept[:_SEAL], kept[_SEAL:]
        return body if seal == _sealed(key, body) else None

    def put(self, key: str, body: bytes) -> None:
        if len(body) <= LARGEST:
            self._ask("set", _PREFIX + key, _sealed(key, body) + body, ex=LIFE)

    def _ask(self, command: str, *arguments: Any, **named: Any) -> Any:
        if self._redis is None or time.monotonic() < self._away_until:
            return None
        try:
            return getattr(self._redis, command)(*arguments, **named)
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + PAUSE
            log.warning("answers are not shared for %d s: %s", PAUSE, error)
            return None


def _sealed(key: str, body: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + body).digest()
