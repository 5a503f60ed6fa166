"""The web server's side of the embedded worker: started when needed, restarted when dead.

Several processes may serve the same store (gunicorn); the one that holds `supervisor.HOST.lock`
starts this host's worker, and when it ends the kernel gives the lock to the next.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from data.acting import acting
from data.jobs.bell import bell_of
from data.jobs.table import JobTable
from data.rights import Right
from data.settings import PROJECT_DIR, Settings

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
_OTHERS_SECONDS = 3.0
#: A worker that dies at once again and again is restarted at most this often.
_LEAST_SECONDS = 2.0
#: Where the processes of the web server count their requests; the worker answers none.
_COUNTS = "PROMETHEUS_MULTIPROC_DIR"
#: Without which a job is not queued; uploading where nothing else stands here.
_RIGHTS = {"papers": Right.EXPORT, "pages": Right.EXPORT}


class Supervisor:
    """Keeps one worker alive as long as this process lives."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._guard = threading.Lock()
        self._owner = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    def ensure(self) -> None:
        """Start supervising, once a process (a fork inherits the object, not the thread)."""
        if not self._settings.embedded_worker:
            return
        with self._guard:
            if self._owner == os.getpid() and self._thread and self._thread.is_alive():
                return
            self._owner, self._stop = os.getpid(), threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._stop,), daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the worker and the supervision (tests; a server just ends)."""
        self._stop.set()
        if self._thread is not None and self._owner == os.getpid():
            self._thread.join()
        self._thread = None

    def _run(self, stop: threading.Event) -> None:
        folder = self._settings.local_dir
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"supervisor.{socket.gethostname()}.lock").open("w") as file:
            while not stop.is_set():
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    stop.wait(_OTHERS_SECONDS)
                    continue
                self._supervise(stop)
                return

    def _supervise(self, stop: threading.Event) -> None:
        while not stop.is_set():
            started = time.monotonic()
            worker = _start(self._settings)
            self.worker = worker
            while worker.poll() is None and not stop.wait(_LOOK_SECONDS):
                pass
            if stop.is_set():
                break
            log.warning("worker ended with %s, starting another", worker.returncode)
            stop.wait(max(0.0, _LEAST_SECONDS - (time.monotonic() - started)))
        _end(self.worker)
        self.worker = None


_supervisors: dict[Path, Supervisor] = {}


def ensure_worker(settings: Settings) -> None:
    """Have a worker for this folder; cheap when there is one."""
    _supervisors.setdefault(settings.local_dir, Supervisor(settings)).ensure()


def submit(
    table: JobTable, settings: Settings, task: str, payload: dict[str, object], who: str
) -> str:
    """Put a job into the queue; returns its id. Raises Forbidden without the right to it."""
    acting().require(_RIGHTS.get(task, Right.UPLOAD))
    job_id = table.submit(task, payload, who)
    wake(settings)
    return job_id


def wake(settings: Settings) -> None:
    """After a job was queued (again), so that nobody waits longer than need be."""
    ensure_worker(settings)
    bell_of(settings).ring()


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    """It logs into worker.log; what it cannot log itself goes where this process writes."""
    inherited = {k: v for k, v in os.environ.items() if k != _COUNTS}
    return subprocess.Popen(
        [sys.executable, "-m", "data.jobs.worker"],
        cwd=PROJECT_DIR,
        env=inherited | settings.environment(),
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C in the server's terminal is the server's
    )


def _end(worker: subprocess.Popen[bytes] | None) -> None:
    if worker is None:
        return
    stdin: IO[bytes] | None = worker.stdin
    if stdin is not None:
        stdin.close()
    try:
        worker.wait(5)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
