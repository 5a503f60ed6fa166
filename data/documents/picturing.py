"""The pages of a paper as pictures, where LibreOffice and poppler are on this machine (optional).

They run in a child process that takes rights away from itself first (picture_child.py), with
limits on time, memory and files; nothing of what they write is kept but the pictures.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from data.errors import SupervisionError
from data.settings import PROJECT_DIR, Settings

log = logging.getLogger(__name__)
_WALL_SECONDS = 90.0
#: More pages than these are not drawn; the Word file has them all.
MOST_PAGES = 40
NOT_INSTALLED = (
    "按页预览需要 LibreOffice（Writer）和 poppler-utils，这台机器没有安装，只有文字预览。"
    "需要时请管理员安装，或用 Word、WPS 打开下载的文件。"
)


@dataclass(frozen=True, slots=True)
class Programs:
    """office: turns Word into PDF. drawer: PDF into pictures."""

    office: str
    drawer: str


def programs(settings: Settings) -> Programs | None:
    """Those of the settings, else what is found; None where one is lacking or switched off."""
    wanted = settings.office or ""
    if wanted == "0":
        return None
    named = [wanted] if wanted else ["soffice", "libreoffice"]
    office = next((path for name in named if (path := shutil.which(name))), None)
    drawer = shutil.which("pdftoppm")
    return Programs(office, drawer) if office and drawer else None


def pictures(found: Programs, docx: bytes) -> list[bytes]:
    """PNG by page. Raises SupervisionError where it takes too long or fails."""
    with tempfile.TemporaryDirectory(prefix="weipian-pages-") as name:
        folder = Path(name)
        (folder / "paper.docx").write_bytes(docx)
        _run(found, folder)
        drawn = sorted(folder.glob("page-*.png"), key=lambda path: int(path.stem[5:]))
        pages = [path.read_bytes() for path in drawn[:MOST_PAGES]]
    if not pages:
        raise SupervisionError("这件公文没有转换成页面，请下载 Word 查看，并告诉管理员。")
    return pages


def _run(found: Programs, folder: Path) -> None:
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(PROJECT_DIR),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder),
        "HOME": str(folder),
    }
    command = [sys.executable, "-m", "data.documents.picture_child", found.office, found.drawer]
    child = subprocess.Popen(
        [*command, str(MOST_PAGES), str(_WALL_SECONDS)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # what it starts ends with it
    )
    try:
        _, said = child.communicate(timeout=_WALL_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise SupervisionError(
            f"按页预览超过{_WALL_SECONDS:.0f}秒，已停止。请稍后再试，或下载 Word 查看。"
        ) from error
    finally:
        _end(child)
    if child.returncode != 0:
        log.warning("pages were not drawn (%s): %s", child.returncode, said[-4000:])
        raise SupervisionError("这件公文没有转换成页面，请下载 Word 查看，并告诉管理员。")


def _end(child: subprocess.Popen[bytes]) -> None:
    """The child and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
