"""Papers of a month as a job: packed by the worker, kept for some days for who asked for them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from data.acting import acting
from data.errors import SupervisionError
from data.jobs.table import JobView
from data.rights import Right
from data.settings import Settings
from data.store.engine import Store
from data.upload.request import Progress
from data.workflow.paper_batch import pack, papers_of_month

TASK = "papers"
_DAY = 86_400.0
_KEPT_DAYS = 7


def folder(settings: Settings) -> Path:
    return settings.outputs_dir / TASK


def payload_of(year: int, month: str, district: str | None, place: str) -> dict[str, Any]:
    """month: `2023-11`. place: what pages call the district or the whole."""
    return {"year": year, "month": month, "district": district, "place": place}


def scope_told(districts: frozenset[str] | None) -> list[str] | None:
    """A scope as results keep it."""
    return None if districts is None else sorted(districts)


def pack_papers(store: Store, job: JobView, progress: Progress) -> tuple[str, dict[str, Any]]:
    """payload: payload_of. → {made, failed: [[number, sentence]], districts}; the
    archive lies below folder(), named by the job. districts: whose papers its reader might see."""
    acting().require(Right.EXPORT)
    asked, scope = job.payload, acting().scope
    progress("查找公文", 0, 0)
    with store.read() as conn:
        numbers = papers_of_month(conn, scope, asked["year"], asked["month"], asked["district"])
    if not numbers:
        raise SupervisionError("这个月没有签发的公文。请换一个基准日所在的月份。")
    target = archive_of(store.settings, job)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{job.attempt}")
    packed = pack(store, scope, numbers, partial, progress)
    partial.replace(target)
    return "done", {
        "made": packed.made,
        "failed": [list(one) for one in packed.failed],
        "districts": scope_told(scope.districts),
    }


def archive_of(settings: Settings, job: JobView) -> Path:
    return folder(settings) / f"{job.id}.zip"


def is_there(settings: Settings, job: JobView) -> bool:
    """Whether its archive can be handed to who acts: his own, of what he may see by now."""
    return (
        job.task == TASK
        and job.state == "done"
        and job.created_by == acting().name
        and (job.result or {}).get("districts") == scope_told(acting().scope.districts)
        and archive_of(settings, job).is_file()
    )


def clean_archives(settings: Settings, now: float | None = None) -> int:
    """Remove archives that nobody fetches any more; returns how many."""
    now = time.time() if now is None else now
    gone = 0
    for path in folder(settings).glob("*"):
        if now - path.stat().st_mtime > _KEPT_DAYS * _DAY:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
