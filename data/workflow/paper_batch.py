"""All papers of a month in one archive: one that cannot be made is listed, the others are made."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from data.documents.annex import annex_workbook
from data.documents.issued import IssuedPaper, paper_of
from data.errors import SupervisionError
from data.faults import number_of
from data.measures.states import StepKind
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.measures import measures

log = logging.getLogger(__name__)
#: The list of what is lacking, in the archive.
FAILED = "未能生成.txt"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Packed:
    """made: papers in the archive. failed: (number of the measure, a sentence)."""

    made: int
    failed: tuple[tuple[int, str], ...]


def papers_of_month(
    conn: Connection, scope: Scope, year: int, month: str, district: str | None = None
) -> list[int]:
    """Measures of a work year whose papers were issued in a month (`2023-11`), oldest first."""
    found = []
    for row in measures(conn, scope, year, district):
        issued = next((s.on for s in row.steps if s.step == StepKind.ISSUE.value), None)
        if issued is not None and f"{issued:%Y-%m}" == month:
            found.append(row.id)
    return found


def annex_name(paper: IssuedPaper) -> str:
    return f"{paper.name} 随附清单.xlsx"


def pack(
    store: Store, scope: Scope, numbers: Sequence[int], target: Path, progress: Progress
) -> Packed:
    """Write the archive of these papers with their lists. What `progress` raises ends it; a target
    that was begun is then removed."""
    failed: list[tuple[int, str]] = []
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for done, number in enumerate(numbers):
                progress("生成公文", done, len(numbers))
                try:
                    files = _files(store, scope, number)
                except SupervisionError as error:
                    failed.append((number, error.message))
                except Exception as error:
                    fault = number_of(error, f"in the paper of measure {number}")
                    failed.append((number, f"系统出错，请把编号 {fault} 告诉管理员。"))
                else:
                    for name, content in files:
                        archive.writestr(name, content)
            progress("生成公文", len(numbers), len(numbers))
            if failed:
                archive.writestr(FAILED, "\n".join(f"第{n}号：{said}" for n, said in failed))
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Packed(len(numbers) - len(failed), tuple(failed))


def _files(store: Store, scope: Scope, number: int) -> list[tuple[str, bytes]]:
    """A paper whole or not at all."""
    with store.read() as conn:
        paper = paper_of(conn, scope, number)
    files = [(f"{paper.name}.docx", paper.docx())]
    if paper.paper.lists:
        files.append((annex_name(paper), annex_workbook(paper)))
    return files
