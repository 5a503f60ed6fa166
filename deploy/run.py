"""`make run`: create the store, fill an empty one with the demo, and serve."""

from __future__ import annotations

import errno
import os
import socket
import sys

from gunicorn.app import wsgiapp

from data.commands.main import main as command
from data.commands.output import DONE
from data.errors import SupervisionError
from data.faults import os_reason
from data.settings import PROJECT_DIR, Settings
from data.store import meta
from data.store.opening import open_store

CONFIGURATION = PROJECT_DIR / "deploy" / "gunicorn.conf.py"


def refuse_taken_port(host: str, port: int) -> None:
    """Raises SupervisionError where nothing can listen on the address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = "端口已被占用" if error.errno == errno.EADDRINUSE else os_reason(error)
            raise SupervisionError(
                f"无法在 {host}:{port} 上提供服务：{why}。"
                "请先停止占用该端口的程序，或换一个端口：make run PORT=8051"
            ) from error


def is_demo(settings: Settings) -> bool:
    """Whether the store is the demo's, where one click signs in."""
    store = open_store(settings)
    with store.read() as conn:
        found = meta.get(conn, "is_demo") == "1"
    store.engine.dispose()
    return found


def main() -> int:
    settings = Settings.from_environment()
    try:
        refuse_taken_port(settings.host, settings.port)
    except SupervisionError as refusal:
        print(refusal.message, file=sys.stderr)
        return 1
    status = command(["demo", "--if-empty"])
    if status != DONE:
        return status
    if "WEIPIAN_ACCESS" not in os.environ and is_demo(settings):
        os.environ["WEIPIAN_ACCESS"] = "demo"
    os.chdir(PROJECT_DIR)
    # In this process, so that what is imported by now is not imported again.
    sys.argv = ["gunicorn", "--config", str(CONFIGURATION), "app:server"]
    wsgiapp.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
