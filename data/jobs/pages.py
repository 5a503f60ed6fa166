"""The pages of a paper as pictures, drawn by the worker and kept by what the paper says."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from data.acting import acting
from data.code_version import code_version
from data.documents.issued import IssuedPaper, paper_of
from data.documents.picturing import NOT_INSTALLED, pictures, programs
from data.errors import NotFound, SupervisionError
from data.jobs.table import JobView
from data.measures.frozen import digest
from data.rights import Right
from data.settings import Settings
from data.store.engine import Store
from data.upload.request import Progress

TASK = "pages"
_DAY = 86_400.0
_KEPT_DAYS = 30


def page_digest(paper: IssuedPaper) -> str:
    """What the pictures show: all that the paper says, and how this program lays it out."""
    issue = paper.issue
    said = digest(paper.composed.figures, paper.composed.texts, issue.number)
    whole = "\n".join((said, issue.issued_on, issue.due_on, code_version()))
    return hashlib.sha256(whole.encode()).hexdigest()


def folder(settings: Settings) -> Path:
    return settings.outputs_dir / TASK


def page_count(settings: Settings, paper: IssuedPaper) -> int:
    """0 where its pages have not been drawn."""
    return len(list((folder(settings) / page_digest(paper)).glob("*.png")))


def page_file(settings: Settings, paper: IssuedPaper, page: int) -> Path:
    """page: from 1. Raises NotFound."""
    path = folder(settings) / page_digest(paper) / f"{page}.png"
    if not path.is_file():
        raise NotFound("没有这一页的预览，可能文稿已改或预览已清理。请刷新措施的页面。")
    return path


def draw_pages(store: Store, job: JobView, progress: Progress) -> tuple[str, dict[str, Any]]:
    """payload: {measure}. → {pages}. The paper is one that its reader may see."""
    acting().require(Right.EXPORT)
    found = programs(store.settings)
    if found is None:
        raise SupervisionError(NOT_INSTALLED)
    progress("生成文稿", 0, 0)
    with store.read() as conn:
        paper = paper_of(conn, acting().scope, int(job.payload["measure"]))
    target = folder(store.settings) / page_digest(paper)
    if not target.is_dir():
        progress("转换成页面", 0, 0)
        drawn = pictures(found, paper.docx())
        _keep(drawn, target)
    return "done", {"pages": page_count(store.settings, paper)}


def _keep(drawn: list[bytes], target: Path) -> None:
    """All of a paper's pages at once, by whichever worker was first."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".", dir=target.parent))
    for number, content in enumerate(drawn, start=1):
        (partial / f"{number}.png").write_bytes(content)
    try:
        partial.replace(target)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        if not target.is_dir():
            raise


def clean_pages(settings: Settings, now: float | None = None) -> int:
    """Remove pictures that were drawn long ago; returns of how many papers."""
    now = time.time() if now is None else now
    gone = 0
    for path in folder(settings).glob("*"):
        if now - path.stat().st_mtime > _KEPT_DAYS * _DAY:
            shutil.rmtree(path, ignore_errors=True)
            gone += 1
    return gone
