"""Whether what runs now may still commit.

A job runs under a lease (data/jobs/leases.py). A worker that was silent for too long may be at work
still, while another has been given its job: inside the transaction that it wants to commit, and for
as long as the commit takes, its fence says whether the job is still its own. Whatever else runs has
no fence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Protocol

from sqlalchemy import Connection


class GivenUp(Exception):
    """The job belongs to another worker by now; nothing of this one may be kept or told."""


class Fence(Protocol):
    def passing(self, conn: Connection, batch: int | None) -> AbstractContextManager[None]:
        """The commit happens within. batch: which the transaction made. Raises GivenUp."""
        ...


_fence: ContextVar[Fence | None] = ContextVar("fence", default=None)


@contextmanager
def behind(fence: Fence) -> Iterator[None]:
    """What is committed within the block has to pass the fence."""
    token = _fence.set(fence)
    try:
        yield
    finally:
        _fence.reset(token)


def passing(conn: Connection, batch: int | None) -> AbstractContextManager[None]:
    fence = _fence.get()
    return nullcontext() if fence is None else fence.passing(conn, batch)
