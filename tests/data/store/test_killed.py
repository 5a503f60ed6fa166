"""Killed at any point of a write, the store has the whole batch or nothing of it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from data.settings import PROJECT_DIR
from tests.examples import FACTOR


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_write_killed_at_any_point_leaves_all_or_nothing(database: str) -> None:
    """And the store can be written on. Hundreds: tests/data/store/kills.py."""
    kills = 6 * FACTOR
    command = [sys.executable, "-m", "tests.data.store.kills", "--only", database]
    done = subprocess.run(
        [*command, "--kills", str(kills)],
        check=False,
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
    )
    if "NOT TESTED" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)[database]
    assert told["wrong"] == []
    assert told["kills"] == kills
