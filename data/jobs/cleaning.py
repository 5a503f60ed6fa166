"""What a worker does at its start and once an hour: it clears away copies and folders left behind
and writes the daily anchor."""

from __future__ import annotations

import logging
import time

from data.jobs.incoming import Incoming
from data.jobs.pages import clean_pages
from data.jobs.papers import clean_archives
from data.jobs.table import JobTable
from data.store.engine import Store
from data.upload.refusals import clean_copies, clean_reports
from data.upload.sandbox import clean_folders

EVERY_SECONDS = 3_600.0
log = logging.getLogger(__name__)


class Cleaner:
    def __init__(self, store: Store, table: JobTable) -> None:
        self._store, self._table = store, table
        self._next = 0.0

    def when_due(self) -> None:
        """Never raises: what could not be cleared now is cleared later."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY_SECONDS
        if self._store.settings.anchor_dir is not None:
            from data.store.anchors import keep_daily_anchor  # loads the signing library

            keep_daily_anchor(self._store)
        try:
            clean(self._store, self._table)
        except Exception:
            log.exception("what was left behind could not be cleared")


def clean(store: Store, table: JobTable) -> None:
    """Reading folders of processes that were killed; files that nobody confirmed; copies of refused
    files and of previews, returned workbooks that no upload names, archives and pages of papers."""
    clean_folders()
    Incoming(store.settings).clean()
    clean_archives(store.settings)
    clean_pages(store.settings)
    table.expire()
    clean_copies(store, table.digests())
    clean_reports(store, table.reports())
