"""Reading what comes from outside in a process of its own, as confined as the one that reads
uploads (data/upload/confinement.py): no network, no other file, limits on memory and time."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from data.documents.extracting import LIMITS, Piece, Read
from data.documents.photographs import ASKED, Picture
from data.errors import UploadRefused
from data.settings import PROJECT_DIR
from data.upload.archive import check_body

log = logging.getLogger(__name__)
_WALL_SECONDS = 40.0


def read_file(path: Path) -> Read:
    """The text of a .docx or .pdf. Raises UploadRefused for what is neither, is damaged, or goes
    beyond the limits."""
    read = _asked(path, "")
    pieces = tuple(
        Piece(p["text"], p["in_table"], tuple((name, text) for name, text in p["marks"]))
        for p in read["pieces"]
    )
    return Read(read["is_pdf"], pieces, read["whole"], read["measure"], read["digest"])


def prove_file(path: Path, suffix: str) -> None:
    """attachments.prove. Raises UploadRefused."""
    _asked(path, suffix)


def read_photograph(path: Path) -> Picture:
    """photographs.read. Raises UploadRefused."""
    return Picture(**_asked(path, ASKED))


def _asked(path: Path, suffix: str) -> Any:
    try:
        with path.open("rb"):
            check_body(path, LIMITS)
    except OSError as error:
        raise UploadRefused(f"文件“{path.name}”无法读取（{error.strerror}），请核对。") from error
    with tempfile.TemporaryDirectory(prefix="weipian-paper-") as folder:
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(PROJECT_DIR),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": folder,
            "HOME": folder,
            "OPENBLAS_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "data.documents.document_child"]
        try:
            done = subprocess.run(
                [*command, str(path.resolve()), suffix, str(_WALL_SECONDS)],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=_WALL_SECONDS,
                cwd=folder, env=environment, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise UploadRefused("文件读取超时，疑似异常文件，未读取。") from error
    if done.returncode != 0:
        log.warning("document child ended with %s: %s", done.returncode, done.stderr[-4000:])
        raise UploadRefused("文件结构异常或过于复杂，不能读取；请从原软件重新导出后再试。")
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise UploadRefused(answer["refused"])
    return answer["read"]
