"""The child process of `sandbox`: confines itself, imports, waits for one file, reads it, ends."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

from data.upload import confinement


def main() -> int:
    confinement.close_inherited_files()
    confinement.confine(Path.cwd())
    _import_readers()
    from data.upload.readers import headers

    line = sys.stdin.readline()
    if not line:
        return 0  # the parent ended, or needs no more children
    request = json.loads(line)
    limits = request["limits"]
    headers.preset_words(request["words"])
    signal.setitimer(signal.ITIMER_REAL, limits["wall_seconds"] + 5)  # should the parent be gone
    confinement.limit_resources(limits["memory"], limits["cpu_seconds"], limits["file_size"])
    folder = Path(request["folder"])
    confinement.only_this_file(Path(request["path"]), folder)
    print("reading", flush=True)
    answer = json.dumps(_answer(request, folder), ensure_ascii=False)
    (folder / "answer.json").write_text(answer, encoding="utf-8")
    return 0


def _import_readers() -> None:
    """All that a file may need, so that a child kept ready reads at once."""
    from data.upload.readers import gdal

    gdal.only_named_driver = True
    gdal.import_pyogrio()
    from data.upload.readers import (  # noqa: F401
        delimited,
        dispatch,
        kml,
        shapefile,
        survey_text,
        vector,
        workbook,
    )


def _answer(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    from data.errors import UploadRefused
    from data.upload.exchange import refusal_document, save_result
    from data.upload.readers import ReadOptions, read_file

    options = request["options"]
    options["city_bounds"] = tuple(options["city_bounds"])
    try:
        result = read_file(Path(request["path"]), ReadOptions(**options))
    except UploadRefused as refusal:
        return {"refused": refusal_document(refusal)}
    return save_result(result, folder)


if __name__ == "__main__":
    sys.exit(main())
