"""Who sees jobs: a file on its way, its preview and its returned rows speak of any district."""

from __future__ import annotations

from callbacks.frame.context import reader_scope
from data.acting import acting
from data.errors import NotFound
from data.jobs.table import UPLOADS, JobTable, JobView
from data.scope import Scope


def sees_jobs(scope: Scope) -> bool:
    return scope.districts is None


def job_of(table: JobTable, job_id: str) -> JobView:
    """Raises NotFound, in the same words for a job that is not the reader's to see."""
    gone = NotFound("没有这项上传任务，可能已被清理。请在下方上传历史中查看结果。")
    try:
        job = table.get(job_id)
    except NotFound:
        raise gone from None
    is_seen = sees_jobs(reader_scope()) or job.created_by == acting().name
    if job.task not in UPLOADS or not is_seen:
        raise gone
    return job


def jobs_of_reader(table: JobTable) -> list[JobView]:
    """Unfinished ones: all for the bureau, a district's reader his own."""
    return [
        job
        for job in table.unfinished()
        if sees_jobs(reader_scope()) or job.created_by == acting().name
    ]
