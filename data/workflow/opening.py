"""Opening a store for work: as data/store/opening.py, and its sums in step with the rule files."""

from __future__ import annotations

from data.settings import Settings
from data.store import opening
from data.store.engine import Store
from data.workflow.deductions import settle_store


def open_store(settings: Settings) -> Store:
    """Raises StoreRefused."""
    store = opening.open_store(settings)
    settle_store(store)
    return store
