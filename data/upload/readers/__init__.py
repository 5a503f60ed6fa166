"""Readers: a file of any container in upload-formats.md becomes tables of columns and geometry.

`read_file` runs in the calling process and trusts the file; uploads go through
`data.upload.sandbox.read_file_limited`, which runs it in a child process with limits.
"""

from __future__ import annotations

from pathlib import Path

from data.upload.readers.base import (
    CrsDecision,
    Geometry,
    RawTable,
    ReadOptions,
    ReadResult,
    SheetSays,
)

__all__ = [
    "CrsDecision",
    "Geometry",
    "RawTable",
    "ReadOptions",
    "ReadResult",
    "SheetSays",
    "read_file",
]


def read_file(path: Path, options: ReadOptions) -> ReadResult:
    """The tables of a file. Raises UploadRefused with a sentence for any file it cannot take."""
    from data.upload.readers.dispatch import read  # pulls the geometry libraries in: on demand

    return read(Path(path), options)
