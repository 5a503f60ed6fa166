"""Reads the text of one PDF in a process of its own: memory, time and output are limited."""

from __future__ import annotations

import json
import resource
import sys

_MEMORY = 1024**3
_SECONDS = 30
_MOST_PAGES, _MOST_TEXT = 400, 4_000_000


def main(path: str) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    import logging

    from pypdf import PdfReader

    logging.disable(logging.CRITICAL)
    texts: list[str] = []
    for page in PdfReader(path).pages[:_MOST_PAGES]:
        texts.append(page.extract_text() or "")
        if sum(map(len, texts)) > _MOST_TEXT:
            return 1
    sys.stdout.write(json.dumps({"text": "\n".join(texts)}))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except (Exception, MemoryError, RecursionError):
        sys.exit(1)
