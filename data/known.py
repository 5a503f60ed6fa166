"""当时所知: the moment as of which the store is read. None: as it is now.

The as-of date says which events count; this says what was known of them. Whoever reads asks
`known()` through Store.read; what runs now is set by a command (`--known-on`) or a request
(`known=` in the address).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from data.periods import format_day, local_time


@dataclass(frozen=True, slots=True)
class Known:
    """moment: with its zone. sums_only: nothing but sums is read (figures), so that only the rows
    that were changed since have to be put back."""

    moment: datetime
    sums_only: bool = False

    @property
    def text(self) -> str:
        """`2023年11月23日 09:05`, Beijing time, with seconds where there are any."""
        local = local_time(self.moment)
        seconds = ":%S" if local.second or local.microsecond else ""
        return f"{format_day(local.date())} {local.strftime('%H:%M' + seconds)}"


_known: ContextVar[Known | None] = ContextVar("known", default=None)
#: What an address makes of the plus of an offset.
_OFFSET = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")


def known() -> Known | None:
    return _known.get()


@contextmanager
def knowing(asked: Known | None) -> Iterator[None]:
    """Within the block the store is read as it was known then."""
    token = _known.set(asked)
    try:
        yield
    finally:
        _known.reset(token)


def know(asked: Known | None) -> None:
    """From now on, inside a `knowing` that ends it."""
    _known.set(asked)


def read_moment(text: str) -> datetime:
    """An ISO moment; UTC where no offset stands. Raises ValueError."""
    moment = datetime.fromisoformat(_OFFSET.sub("+", text.strip()))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
