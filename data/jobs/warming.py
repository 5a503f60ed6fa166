"""After an upload the usual pages are answered ahead, by a process of their own beside the worker.

Only where answers are shared (Settings.cache_url): in the memory of a process that ends they
would be of use to nobody.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys

from data.settings import PROJECT_DIR, Settings
from data.store.engine import Store
from data.store.queries.stamp import data_version

log = logging.getLogger(__name__)
_COMMAND = (sys.executable, "-m", "deploy.warm")


class Warmer:
    """Starts `deploy.warm` when a job has made a new data version; one at a time."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._seen = self._version() if settings.cache_url else 0
        self._process: subprocess.Popen[bytes] | None = None

    def _version(self) -> int:
        with self._store.read() as conn:
            return data_version(conn)

    def after_job(self) -> None:
        """Never fails: a page that is not answered ahead is answered when it is asked for."""
        if not self._settings.cache_url:
            return
        version = self._version()
        if version == self._seen or (self._process and self._process.poll() is None):
            return  # who is at work now goes on until nothing is new
        self._seen = version
        try:
            self._process = subprocess.Popen(
                _COMMAND,
                cwd=PROJECT_DIR,
                env={**os.environ, **self._settings.environment()},
                stdin=subprocess.DEVNULL,
            )
        except OSError:
            log.exception("the usual pages are not answered ahead")
