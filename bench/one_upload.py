"""`python -m bench.one_upload FILE FOLDER [--kind K] [--url URL] [--base FILE]`.

Uploads a file into a new store, SQLite or that of the URL, and once more. --base: patches that are
there before.

A process of its own, so that its peak of memory is that of this upload. Everything is imported
before the clock starts, and the next reading child is ready, as in a worker that has been running.
Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from bench.files import YEAR
from bench.measure import peak_mb
from data.settings import Settings
from data.store.engine import Store
from data.store.opening import open_store
from data.upload.sandbox import drop_spare, keep_spare
from data.upload.service import UploadRequest, upload_file
from data.vocabulary import UploadKind

_CHILD_STARTS_S = 3


def upload(store: Store, path: Path, kind: UploadKind = UploadKind.PATCHES) -> dict[str, object]:
    """Its seconds, the seconds of each phase in order, and the counts of its outcome."""
    marks: list[tuple[str, float]] = []

    def note(phase: str, done: int, total: int) -> None:
        if not marks or marks[-1][0] != phase:
            marks.append((phase, time.perf_counter()))

    request = UploadRequest(
        path=path,
        file_name=path.name,
        kind=kind,
        year=YEAR,
        uploaded_by="bench",
        uploaded_from="bench",
    )
    start = time.perf_counter()
    outcome = upload_file(store, request, note)
    end = time.perf_counter()
    ends = [moment for _, moment in marks[1:]] + [end]
    phases: dict[str, float] = {}
    if marks and marks[0][1] - start > 0.01:
        phases["start"] = marks[0][1] - start
    for (phase, begun), ended in zip(marks, ends, strict=True):
        phases[phase] = phases.get(phase, 0.0) + ended - begun
    return {
        "seconds": end - start,
        "phases": phases,
        "rows": outcome.rows,
        "inserted": outcome.inserted,
        "unchanged": outcome.unchanged,
        "rejected": outcome.rejected,
        "warnings": len(outcome.warnings),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.one_upload")
    parser.add_argument("path", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", type=UploadKind, default=UploadKind.PATCHES)
    parser.add_argument("--url")
    parser.add_argument("--base", type=Path)
    options = parser.parse_args()
    url = options.url or f"sqlite:///{options.folder}/store.sqlite"
    store = open_store(Settings(local_dir=options.folder, database_url=url))
    keep_spare()
    if options.base:
        upload(store, options.base)
    time.sleep(_CHILD_STARTS_S)
    first = upload(store, options.path, options.kind)
    peak = peak_mb()
    time.sleep(_CHILD_STARTS_S)
    again = upload(store, options.path, options.kind)
    drop_spare()
    print(json.dumps({"first": first, "again": again, "peak_mb": peak}))


if __name__ == "__main__":
    main()
