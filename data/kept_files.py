"""Files that records name by their hash: whole on the disk before a transaction tells of them."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path


def keep_whole(target: Path, content: bytes) -> None:
    """Write a file under another name first, so that a killed process leaves no part of one, and a
    part that an earlier one left is replaced. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{uuid.uuid4().hex}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        with suppress(OSError):  # the folder may be what is wrong
            partial.unlink(missing_ok=True)
