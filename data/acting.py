"""Who acts in what runs now: the account of a request, of a command, of a job.

Everything written carries its name. Commands and tests act as the machine's own command line; a
request acts as whoever is signed in (callbacks/frame).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from data.rights import COMMAND_LINE, Account, Role

#: Whoever is not signed in: sees nothing, may nothing.
NOBODY = Account("未登录", Role.DISTRICT)

_acting: ContextVar[Account] = ContextVar("acting", default=COMMAND_LINE)


def acting() -> Account:
    return _acting.get()


def act_as(account: Account) -> None:
    """For the rest of the request, which began as nobody's."""
    _acting.set(account)


@contextmanager
def acting_as(account: Account) -> Iterator[None]:
    token = _acting.set(account)
    try:
        yield
    finally:
        _acting.reset(token)
