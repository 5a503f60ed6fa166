"""Reading uploads within the process of the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def read_in_process() -> Iterator[None]:
    """Without the child process, which costs a second for each file and is tested by itself."""
    from data.upload import prepare
    from data.upload.readers import ReadOptions, ReadResult, read_file

    def read(path: Path, options: ReadOptions, **_limits: object) -> ReadResult:
        return read_file(path, options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare, "read_file_limited", read)
        yield
