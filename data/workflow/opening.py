"""Opening a store for work: as data/store/opening.py, its sums in step with the rule files,
a look at the triggers kept after every change, and an anchor where the settings say so."""

from __future__ import annotations

from data.settings import Settings
from data.store import opening
from data.store.engine import Store
from data.triggers.snapshots import take_snapshot
from data.workflow.deductions import settle_store
from data.workflow.replay import replay_on


def open_store(settings: Settings) -> Store:
    """Raises StoreRefused."""
    store = opening.open_store(settings)
    settle_store(store)
    store.after_each_version(take_snapshot)
    replay_on(store)
    if settings.anchor_dir is not None:
        from data.store.anchors import keep_anchor  # loads the signing library

        store.after_each_version(keep_anchor)
    return store
