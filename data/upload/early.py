"""Keys of the store, fetched while another process reads the file: the same file again is mostly
that. They count only where nothing has been written since."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data.upload.stored import Stored

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Early:
    """stored: as merging.fetch_keys gives it for these years. state: of the store at that time."""

    years: set[int]
    state: tuple[str | None, ...]
    stored: Stored


class EarlyFetch:
    """A thread that fetches. A failure is none: what is missing is fetched later."""

    def __init__(self, fetch: Callable[[], Early]) -> None:
        self._fetch = fetch
        self._found: Early | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found = self._fetch()
        except Exception:  # the store is busy or away: planning will say so
            log.info("keys were not fetched ahead", exc_info=True)

    def get(self) -> Early | None:
        """Waits for it."""
        self._thread.join()
        return self._found
