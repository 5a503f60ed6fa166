"""The child process of `confined`: takes rights away from itself, reads one file, prints, ends."""

from __future__ import annotations

import json
import logging
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.upload import confinement
from data.upload.archive import MB

_MEMORY, _CPU_SECONDS, _MOST_WRITTEN = 1024 * MB, 30, 16 * MB


def main(path: Path, suffix: str, wall_seconds: float) -> int:
    logging.disable(logging.CRITICAL)  # what a library says of a bad file is no event
    confinement.close_inherited_files()
    confinement.confine(Path.cwd())
    from PIL import Image, JpegImagePlugin, PngImagePlugin  # noqa: F401
    from pypdf import PdfReader  # noqa: F401

    from data.documents import attachments, extracting, photographs

    signal.setitimer(signal.ITIMER_REAL, wall_seconds + 5)  # should the parent be gone
    confinement.limit_resources(_MEMORY, _CPU_SECONDS, _MOST_WRITTEN)
    confinement.only_this_file(path, Path.cwd())
    from data.errors import UploadRefused

    answer: dict[str, Any]
    try:
        if suffix == photographs.ASKED:
            answer = {"read": asdict(photographs.read(path))}
        elif suffix:
            attachments.prove(path, suffix)
            answer = {"read": None}
        else:
            answer = {"read": asdict(extracting.extract(path))}
    except UploadRefused as refusal:
        answer = {"refused": refusal.message}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
