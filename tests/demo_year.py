"""The demo that the tests share: a work year whose running month is half done."""

from __future__ import annotations

import pickle
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from filelock import FileLock

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


def shared_demo_year(common: Path, folder: Path) -> DemoYear:
    """The demo in `folder`: a copy of the one in `common`, which the first who asks makes there.

    common: a folder of all test processes of a run. folder: of one of them; not there yet.
    """
    made, told = common / "demo-of-all", common / "demo-of-all.pickle"
    with FileLock(common / "demo-of-all.lock"):
        if not told.exists():
            told.write_bytes(pickle.dumps(load_demo_year(made).loaded))
    shutil.copytree(made, folder)
    return DemoYear(
        Settings(local_dir=folder, fixed_today=DEMO_TODAY), pickle.loads(told.read_bytes())
    )
