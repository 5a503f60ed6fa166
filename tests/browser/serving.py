"""Starts the product as it is served in earnest: gunicorn in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data.settings import PROJECT_DIR, Settings
from tests.signing import session_for

START_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Server:
    """url: without a slash at the end. settings: what it was started with. log: its output."""

    url: str
    settings: Settings
    log: Path


def _environment(settings: Settings) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("WEIPIAN_")}
    today = {"WEIPIAN_TODAY": settings.today().isoformat()}
    return inherited | settings.environment() | today | {"PYTHONUNBUFFERED": "1"}


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=START_SECONDS) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{error}\n{log.read_text(errors='replace')}") from error
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')}")


class Restartable:
    """A server on a port of its own that a test stops and starts again.

    Nobody listens while it is stopped: as when a service is down.
    """

    def __init__(self, settings: Settings, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.settings, self.log = settings, log
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        session_for(self.settings)
        command = [
            sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py",
            "--bind", f"127.0.0.1:{self.port}", "--workers", "1", "app:server",
        ]  # fmt: skip
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=PROJECT_DIR,
                env=_environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        _wait_until_ready(self._process, self.url, self.log)

    def stop(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def serve(
    settings: Settings, log: Path, workers: int = 1, program: str = "app:server"
) -> Iterator[Server]:
    """Serve on a free loopback port until the block ends.

    The listening socket is opened here and handed to gunicorn, so whatever answers on its port is
    the server that this test started and no other.
    """
    session_for(settings)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [
            sys.executable, "-m", "gunicorn",
            "--config", "deploy/gunicorn.conf.py",
            "--bind", f"fd://{listener.fileno()}",
            "--workers", str(workers),
            program,
        ]  # fmt: skip
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=PROJECT_DIR,
                env=_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
    try:
        _wait_until_ready(process, url, log)
        yield Server(url, settings, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
