"""How many connections a request holds at once: one. More, and as many readers as a pool has
connections block each other."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool


def _in_a_request() -> bool:
    """Whether one is being answered: a client that is entered keeps its context beyond that."""
    flask = sys.modules.get("flask")
    if flask is None or not flask.has_request_context():
        return False
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_name != "wsgi_app":
        frame = frame.f_back
    return frame is not None


@contextmanager
def one_at_a_time() -> Iterator[list[str]]:
    """Within it, where a request took another connection while it held one."""
    held: dict[int, set[int]] = {}
    taken_twice: list[str] = []

    def out(_connection: Any, record: Any, _proxy: Any) -> None:
        if not _in_a_request():
            return
        own = held.setdefault(threading.get_ident(), set())
        if own:
            where = [f"{f.filename}:{f.lineno}" for f in traceback.extract_stack()]
            taken_twice.append(" ← ".join(w for w in reversed(where) if "site-packages" not in w))
        own.add(id(record))

    def back(_connection: Any, record: Any) -> None:
        for own in held.values():
            own.discard(id(record))

    event.listen(Pool, "checkout", out)
    event.listen(Pool, "checkin", back)
    event.listen(Pool, "detach", back)  # a view of an earlier moment, which is none of the pool's
    try:
        yield taken_twice
    finally:
        event.remove(Pool, "checkout", out)
        event.remove(Pool, "checkin", back)
        event.remove(Pool, "detach", back)
