"""What callbacks and routes work with: the settings and the open store."""

from __future__ import annotations

from dataclasses import dataclass

from data.settings import Settings
from data.store.engine import Store


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    store: Store
