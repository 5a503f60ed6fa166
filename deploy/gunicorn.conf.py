"""Gunicorn settings: `gunicorn --config deploy/gunicorn.conf.py app:server`.

The code is imported once and shared by the workers; each of them opens the store itself (no
preload_app), so that no database connection crosses a fork.
"""

import importlib
import logging
import os
import shutil
import sys
import tempfile
from typing import Any

bind = f"{os.environ.get('WEIPIAN_HOST', '127.0.0.1')}:{os.environ.get('WEIPIAN_PORT', '8050')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
# A chunk of an upload and the preparation of an export are the longest requests.
timeout = 120
graceful_timeout = 30
keepalive = 5
# A worker's heartbeat file belongs in memory: on a slow disk it would look hung.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112
limit_request_line = 8190
# Who is believed what he forwards, the product says (WEIPIAN_PROXIES), not gunicorn.
forwarded_allow_ips = ""
loglevel = os.environ.get("WEIPIAN_LOG_LEVEL", "warning")
errorlog = "-"

# What the workers count for /metrics lies in a folder of this start alone, named before the library
# is imported.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="weipian-metrics-")


def on_starting(server: Any) -> None:
    """Import the code before the workers are forked; `server` of it is made in each of them.

    The workers log as this process does, gunicorn's own words included: lines of JSON. A store that
    cannot be used (newer than the program, away) ends the start with its sentence.
    """
    importlib.import_module("app")
    _open_once()
    importlib.import_module("deploy.broken_requests").answer_in_chinese()
    logs = importlib.import_module("data.logs")
    logs.log_to(sys.stderr, logging.getLevelNamesMapping()[loglevel.upper()])
    if where := os.environ.get("WEIPIAN_ACCESS_LOG"):
        logs.log_requests_to(where)
    for handler in server.log.error_log.handlers:
        handler.setFormatter(logs.json_lines())


def _open_once() -> None:
    """So that it is created or migrated by one process, and refused once and in words."""
    settings = importlib.import_module("data.settings").Settings
    opening = importlib.import_module("data.workflow.opening")
    try:
        opening.open_store(settings.from_environment()).engine.dispose()
    except importlib.import_module("data.errors").SupervisionError as refusal:
        print(refusal.message, file=sys.stderr)
        on_exit(None)
        sys.exit(1)


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


def child_exit(server: Any, worker: Any) -> None:
    importlib.import_module("prometheus_client.multiprocess").mark_process_dead(worker.pid)


def post_worker_init(worker: Any) -> None:
    """Print the address once the first worker can answer."""
    if worker.age == 1:
        for address in worker.sockets:
            name = address.getsockname()
            if isinstance(name, tuple):
                print(f"卫片执法监管已启动 / ready: http://{name[0]}:{name[1]}/", flush=True)
