"""Killed at any point of a write, the store has the whole batch or nothing of it."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from sqlalchemy import func, select

from data.settings import PROJECT_DIR
from data.store import history
from data.store.engine import Store
from data.store.models import DaySummary, History, Patch, Upload
from data.store.writing import TableChange, apply_changes
from tests.data.store.rows import patches, upload
from tests.examples import FACTOR

_ROWS = 40
_RNG = random.Random(3)
#: WEIPIAN_EXAMPLES=63 kills five hundred times on both databases.
_SHARES = sorted(round(_RNG.random(), 4) for _ in range(4 * FACTOR))

#: Counts the calls of a write that is rolled back (the one before it fills the caches), then dies
#: at a share of them in a real one.
_CHILD = """
import os, signal, sys
from pathlib import Path
from data.settings import Settings
from data.store.opening import open_store
from data.store.models import Patch
from data.store.writing import TableChange, apply_changes
from tests.data.store.rows import patches, upload

store = open_store(Settings(local_dir=Path(sys.argv[1]), database_url=sys.argv[2]))
calls, dies_at = 0, None

def count(frame, kind, what):
    global calls
    calls += 1
    if calls == dies_at:
        os.kill(os.getpid(), signal.SIGKILL)

class Enough(Exception):
    pass

def write(last):
    rows = patches(int(sys.argv[4]), district_code="371003")
    rows["patch_no"] = "K-" + rows["patch_no"].astype(str)
    sys.setprofile(count)
    try:
        with store.write() as conn:
            apply_changes(conn, upload(), [TableChange(Patch, inserts=rows)])
            if not last:
                raise Enough
    except Enough:
        pass
    finally:
        sys.setprofile(None)

write(last=False)
calls = 0
write(last=False)
dies_at = max(1, int(calls * float(sys.argv[3])))
calls = 0
write(last=True)
"""


@pytest.mark.parametrize("share", _SHARES)
def test_a_write_killed_at_any_point_leaves_all_or_nothing(store: Store, share: float) -> None:
    with store.write() as conn:
        apply_changes(conn, upload(), [TableChange(Patch, inserts=patches(1))])
    store.engine.dispose()
    place = [str(store.settings.local_dir), store.settings.database_url]
    command = [sys.executable, "-c", _CHILD, *place, str(share), str(_ROWS)]
    done = subprocess.run(command, check=False, cwd=PROJECT_DIR, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    with store.read() as conn:
        found = [
            conn.scalar(select(func.count()).select_from(table))
            for table in (Upload, Patch, History)
        ]
        summed = conn.scalar(select(func.sum(DaySummary.__table__.c.patches)))
        assert history.verify(conn).ok
    assert found in ([1, 1, 1], [2, 1 + _ROWS, 1 + _ROWS])
    assert summed == found[1]


def test_a_store_can_be_written_after_a_kill(store: Store) -> None:
    place = [str(store.settings.local_dir), store.settings.database_url]
    command = [sys.executable, "-c", _CHILD, *place, "0.5", str(_ROWS)]
    done = subprocess.run(command, check=False, cwd=PROJECT_DIR, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    with store.write() as conn:
        apply_changes(conn, upload(), [TableChange(Patch, inserts=patches(2))])
    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 2
        assert history.verify(conn).ok
