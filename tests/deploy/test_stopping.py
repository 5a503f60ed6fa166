"""SIGTERM drops no request: what was asked is answered, and who asks meanwhile waits.

gunicorn by the product's own configuration, with a program that takes its time in place of the
product; the listening socket is held outside of it, as weipian.socket does.
"""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from data.settings import PROJECT_DIR

_PROGRAM = """
import os, time

def server(environ, start_response):
    time.sleep(0.7)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "7")])
    return [b"%07d" % os.getppid()]
"""
_CONFIGURATION = f"""
exec(open({str(PROJECT_DIR / "deploy" / "gunicorn.conf.py")!r}).read())

def on_starting(server):
    pass

def post_worker_init(worker):
    print("ready", flush=True)
"""


def _ask(port: int) -> tuple[int, int]:
    """Status, and the process that answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/", headers={"Connection": "close"})
    answer = connection.getresponse()
    return answer.status, int(answer.read())


def _starter(folder: Path, listener: socket.socket) -> Callable[[], subprocess.Popen[str]]:
    (folder / "slow.py").write_text(_PROGRAM)
    (folder / "conf.py").write_text(_CONFIGURATION)
    command = [sys.executable, "-m", "gunicorn", "--config", "conf.py", "--workers", "1"]

    def start() -> subprocess.Popen[str]:
        started = subprocess.Popen(
            [*command, "--bind", f"fd://{listener.fileno()}", "slow:server"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=[listener.fileno()],
        )
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        return started

    return start


def test_a_restart_drops_no_request(tmp_path: Path) -> None:
    with socket.socket() as listener, ThreadPoolExecutor(16) as people:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        port = listener.getsockname()[1]
        start = _starter(tmp_path, listener)
        old = start()
        asked = [people.submit(_ask, port) for _ in range(6)]  # two more than there are threads
        time.sleep(0.3)  # all of them are with the server now
        old.send_signal(signal.SIGTERM)
        asked += [people.submit(_ask, port) for _ in range(6)]
        assert old.wait(30) == 0
        new = start()
        try:
            answers = [one.result() for one in asked]
        finally:
            new.terminate()
            new.wait(30)
    assert [status for status, _ in answers] == [200] * 12
    assert {by for _, by in answers[:6]} == {old.pid}
    assert new.pid in {by for _, by in answers[6:]}
