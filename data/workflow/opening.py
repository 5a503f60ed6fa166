"""Opening a store for work: as data/store/opening.py, its sums in step with the rule files,
and a look at the triggers kept after every change."""

from __future__ import annotations

from data.settings import Settings
from data.store import opening
from data.store.engine import Store
from data.triggers.snapshots import take_snapshot
from data.workflow.deductions import settle_store


def open_store(settings: Settings) -> Store:
    """Raises StoreRefused."""
    store = opening.open_store(settings)
    settle_store(store)
    store.after_each_version(take_snapshot)
    return store
