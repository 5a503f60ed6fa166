"""A Redis of a test's own on a unix socket."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PATIENCE = 60.0


@contextmanager
def private_redis(folder: Path) -> Iterator[str]:
    """Its address; the test is skipped where the program is missing."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("REDIS NOT TESTED: no redis-server (Debian package redis-server)")
    socket = folder / "redis.sock"
    process = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + _PATIENCE
    while not socket.exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    yield f"unix://{socket}"
    process.terminate()
    process.wait()
