"""The same jobs on Celery with Redis, where several hosts share the work.

A message carries a job's id and nothing else; everything about the job is in the job table, which
all hosts must share (PostgreSQL), as they must the local folder (a network mount). JSON only.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from data.errors import SupervisionError
from data.jobs.running import SILENT_SECONDS, run_job, settle_left_running
from data.jobs.table import JobTable
from data.settings import Settings

RUN = "weipian.run_job"


@lru_cache(maxsize=4)
def celery_app(broker_url: str) -> Celery:
    app = Celery("weipian", broker=_broker(broker_url), set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        event_serializer="json",
        result_serializer="json",
        task_ignore_result=True,
        task_acks_late=False,  # a job whose worker died is reported, not run again unasked
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        task_default_queue="weipian",
    )
    return app


def _broker(url: str) -> str:
    """Celery's way to write a unix socket is redis+socket:."""
    return url.replace("unix://", "redis+socket://", 1)


def send(settings: Settings, job_id: str) -> None:
    """Raises SupervisionError where the broker is away."""
    try:
        celery_app(settings.celery_broker_url or "").send_task(
            RUN, args=[job_id], retry=False, ignore_result=True
        )
    except OperationalError as error:
        raise SupervisionError(
            "后台任务服务（Redis）连接不上，这次没有开始处理。请稍后重试，或联系管理员。"
        ) from error


def worker_app(settings: Settings) -> Celery:
    """The application with its task, for a worker process."""
    from data.jobs.cleaning import Cleaner
    from data.jobs.tasks import TASKS
    from data.jobs.warming import Warmer
    from data.workflow.opening import open_store

    app = celery_app(settings.celery_broker_url or "")
    table, store = JobTable(settings), open_store(settings)
    cleaner, warmer = Cleaner(store, table), Warmer(settings, store)

    @app.task(name=RUN)  # type: ignore[untyped-decorator]
    def run(job_id: str) -> None:
        settle_left_running(table, store, SILENT_SECONDS)
        cleaner.when_due()
        if table.start(job_id, os.getpid()):
            job = table.get(job_id)
            run_job(table, store, job, TASKS[job.task])
            warmer.after_job()

    return app


def run_worker(settings: Settings, *options: Any) -> None:
    """One job at a time in this process; more hosts or more workers take more."""
    from data.upload.sandbox import say_gaps

    say_gaps()
    worker_app(settings).worker_main(["worker", "--pool=solo", "--loglevel=INFO", *options])
