"""A worker: a process that takes jobs from the queue, one after another.

`python -m data.jobs.worker` ends when its standard input closes: the web server that started it
holds the other end, so it cannot outlive it. `python -m data worker` runs the same loop in the
foreground, on this host or on others. There may be as many as one likes: a job is taken by one.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from dataclasses import replace

from data.errors import SupervisionError
from data.jobs.bell import bell_of
from data.jobs.cleaning import Cleaner
from data.jobs.hooks import Teller
from data.jobs.leases import Leases
from data.jobs.running import run_job
from data.jobs.table import JobTable
from data.jobs.warming import Warmer
from data.logs import log_to_file
from data.settings import Settings

#: In the data folder.
LOG = "worker.log"
#: How long an upload waits until another has been written.
_WAITS_SECONDS = 3_600
#: After a fault of the database it is asked again so much later.
_AGAIN_SECONDS = 2.0
log = logging.getLogger(__name__)


def main() -> None:
    """`python -m data worker`: until interrupted. SIGTERM lets the job at work come to its end."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        work(Settings.from_environment(), stop)
    except KeyboardInterrupt:
        return


def work(settings: Settings, stop: threading.Event, until_empty: bool = False) -> None:
    """Take jobs from the queue until `stop` is set, or the queue is empty."""
    from data.jobs.mailer import Mailer
    from data.jobs.tasks import TASKS  # heavy: reads pandas and the upload module
    from data.upload.sandbox import drop_spare, keep_spare, say_gaps
    from data.workflow.opening import open_store

    # a job waits for the one before it, however large, and asks more than a page does
    settings = replace(settings, lock_seconds=_WAITS_SECONDS, statement_seconds=0)
    store = open_store(settings)
    leases, bell = Leases(JobTable(settings)), bell_of(settings)
    cleaner, warmer = Cleaner(store, leases.table), Warmer(settings, store)
    if (
        settings.mail_server is not None and not until_empty
    ):  # beside the jobs, which wait for no mail
        threading.Thread(target=Mailer(store).run, args=(stop,), daemon=True).start()
    if settings.hook_hosts and not until_empty:
        threading.Thread(target=Teller(store).run, args=(stop,), daemon=True).start()
    say_gaps()
    keep_spare()
    try:
        while not stop.is_set():
            cleaner.when_due()
            try:
                job = leases.take()
                if job is not None:
                    run_job(leases, store, job, TASKS[job.task])
                    warmer.after_job()
            except SupervisionError as error:  # a job that is left is taken again
                log.warning("%s", error.message)
                stop.wait(_AGAIN_SECONDS)
                continue
            if job is not None:
                continue
            if until_empty:
                return
            bell.wait(stop)
    finally:
        drop_spare()


def _end_with_parent() -> None:
    """The process that started this one has ended, or closed the pipe: so does this one. A running
    upload's transaction is rolled back by the database."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    log_to_file(Settings.from_environment().local_dir / LOG)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            work(Settings.from_environment(), threading.Event())
        except SupervisionError as error:  # the store is locked or away: it may come back
            log.warning("%s", error.message)
            time.sleep(_AGAIN_SECONDS)
