"""`make run`: create the store, fill an empty one with the demo, and serve.

This process becomes gunicorn in the end, so that Ctrl-C and signals reach it.
"""

from __future__ import annotations

import os
import socket
import sys

from data.errors import SupervisionError
from data.settings import PROJECT_DIR, Settings
from data.store.engine import Store, open_store
from data.store.queries.stamp import stamp


def refuse_taken_port(host: str, port: int) -> None:
    """Raises SupervisionError where nothing can listen on the address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SupervisionError(
                f"无法在 {host}:{port} 上提供服务（{error.strerror}）。"
                "请先停止占用该端口的程序，或换一个端口：make run PORT=8051"
            ) from error


def fill_if_empty(store: Store, settings: Settings) -> None:
    """Upload the demo year where nothing was ever uploaded."""
    with store.read() as connection:
        is_empty = stamp(connection).last_upload_at is None
    if is_empty:
        # Only a first start pays for the import of the demo and of the upload module.
        from data.demo import load_demo

        print("数据库为空，正在写入演示数据……/ filling the empty store with demo data", flush=True)
        load_demo(store, settings)


def main() -> int:
    settings = Settings.from_environment()
    try:
        refuse_taken_port(settings.host, settings.port)
        store = open_store(settings)
        fill_if_empty(store, settings)
        store.engine.dispose()
    except SupervisionError as refusal:
        print(refusal.message, file=sys.stderr)
        return 1
    os.chdir(PROJECT_DIR)
    configuration = str(PROJECT_DIR / "deploy" / "gunicorn.conf.py")
    command = [sys.executable, "-m", "gunicorn", "--config", configuration, "app:server"]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    sys.exit(main())
