"""The demo that the tests share: a work year whose running month is half done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from data.settings import Settings
from tests.reading import read_in_process

DEMO_YEAR = 2023
DEMO_TODAY = date(2023, 11, 23)
DEMO_PATCHES = 1500


@dataclass(frozen=True, slots=True)
class DemoYear:
    """settings: of the store that holds it. loaded: what loading said of itself."""

    settings: Settings
    loaded: dict[str, Any]


def load_demo_year(folder: Path) -> DemoYear:
    from data.demo import load_demo
    from data.store.opening import open_store

    settings = Settings(local_dir=folder, fixed_today=DEMO_TODAY)
    store = open_store(settings)
    with read_in_process():
        loaded = load_demo(store, settings, year=DEMO_YEAR, until=DEMO_TODAY, patches=DEMO_PATCHES)
    store.engine.dispose()
    return DemoYear(settings, loaded)
