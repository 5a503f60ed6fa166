"""The child process of `picturing`: takes rights away from itself, has LibreOffice turn paper.docx
of its folder into PDF and poppler draw the pages."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from data.upload import confinement
from data.upload.archive import MB

_MEMORY, _CPU_SECONDS, _MOST_WRITTEN = 1024 * MB, 60, 64 * MB
_DOTS_PER_INCH = 96


def main(office: str, drawer: str, most_pages: str, wall_seconds: float) -> int:
    folder = Path.cwd()
    confinement.close_inherited_files()
    confinement.confine_programs(folder)
    signal.setitimer(signal.ITIMER_REAL, wall_seconds + 5)  # should the parent be gone
    confinement.limit_resources(_MEMORY, _CPU_SECONDS, _MOST_WRITTEN)
    convert = [
        office,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault"),
        *("--convert-to", "pdf:writer_pdf_Export", "--outdir", str(folder), "paper.docx"),
    ]
    draw = [drawer, "-png", "-r", str(_DOTS_PER_INCH), "-l", most_pages, "paper.pdf", "page"]
    for command in (convert, draw):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
