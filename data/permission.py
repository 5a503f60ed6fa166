"""Whether what runs now may change anything.

Commands, the worker and tests may. A request to the web server may not until it has proved that it
came from a page of this server (callbacks/frame/guard.py). The store's writer, the job table and
the incoming files ask here, so that no callback or route can forget to be checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from data.errors import Unproven

_may_change: ContextVar[bool] = ContextVar("may_change", default=True)


@contextmanager
def nothing_changes_until_proved() -> Iterator[None]:
    """Within the block require_permission refuses, unless prove() was called in it."""
    token = _may_change.set(False)
    try:
        yield
    finally:
        _may_change.reset(token)


@contextmanager
def own_notes() -> Iterator[None]:
    """Within the block the server writes what it notes of a request itself: attempts to sign in,
    exports, when a session was last seen. Never what a request asks for."""
    token = _may_change.set(True)
    try:
        yield
    finally:
        _may_change.reset(token)


def prove() -> None:
    """What runs now has shown where it comes from."""
    _may_change.set(True)


def require_permission() -> None:
    """Raises Unproven."""
    if not _may_change.get():
        raise Unproven
