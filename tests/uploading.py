"""Small upload files, and jobs that bring them in, for the tests of jobs and of the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.jobs.incoming import Incoming
from data.jobs.leases import Leases
from data.jobs.running import run_job
from data.jobs.table import JobTable, JobView
from data.jobs.tasks import TASKS, confirmation
from data.store.engine import Store

PATCHES_HEADER = "图斑编号,图斑类型,下发日期,区市,监测面积,占用耕地面积"
PATCHES = (
    "HC-001,新增非农建设类,2023-05-08,环翠区,12.5,3",
    "HC-002,新增非农建设类,2023-05-08,环翠区,8,0",
    "WD-001,其他变化类,2023-05-22,文登区,20,10",
)


def csv(path: Path, *rows: str, header: str = PATCHES_HEADER) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def put_in(store: Store, path: Path) -> str:
    """Send a whole file to the incoming folder; returns its id."""
    incoming = Incoming(store.settings)
    data = path.read_bytes()
    file = incoming.begin(path.name, len(data))
    incoming.append(file.id, 0, data)
    return file.id


def payload(file_id: str, **options: Any) -> dict[str, Any]:
    return {"step": "preview", "file": file_id, "kind": "patches", "year": 2023} | options


def run_next(table: JobTable, store: Store) -> JobView:
    """Run the oldest queued job in this process; returns it as it ended."""
    leases = Leases(table)
    job = leases.take()
    assert job is not None, "the queue is empty"
    run_job(leases, store, job, TASKS[job.task])
    return table.get(job.id)


def previewed(table: JobTable, store: Store, path: Path, **options: Any) -> JobView:
    asked = payload(put_in(store, path), file_name=path.name, **options)
    table.submit("upload", asked, "王工")
    return run_next(table, store)


def confirmed(table: JobTable, store: Store, job: JobView) -> JobView:
    assert job.result is not None, job.message
    table.again(job.id, ("waiting",), **confirmation(job.result))
    return run_next(table, store)
