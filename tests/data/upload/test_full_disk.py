"""A disk that is full at any point of an upload: refused in a sentence, nothing of it is there."""

from __future__ import annotations

import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data.errors import SupervisionError
from data.store import meta
from data.store.engine import Store
from data.store.history import HEAD_KEY
from data.vocabulary import UploadKind
from data.workflow.proof import verify
from tests.examples import FACTOR
from tests.sending import PATCH, send, send_file, write_csv

#: Rows of a file: enough that the store has to grow by many pages.
ROWS = 300
_RNG = random.Random(9)


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Within the block no file of this process grows beyond so many bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _rows(of: int) -> list[dict[str, object]]:
    return [{**PATCH, "图斑编号": f"F{of}-{i}", "坐落": "某村" * 40} for i in range(ROWS)]


#: By how many bytes the store may still grow; the first: not even the copy of the file fits.
_LEFT = [None, 0, *sorted(_RNG.randrange(8_192, 700_000) for _ in range(4 * FACTOR))]


@pytest.mark.parametrize("left", _LEFT)
def test_a_disk_full_at_any_point_leaves_the_store_as_it_was(
    sqlite_store: Store, tmp_path: Path, left: int | None
) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    path = Path(str(sqlite_store.engine.url.database))
    file = write_csv(tmp_path / "many.csv", _rows(1))
    with sqlite_store.read() as conn:
        head = meta.get(conn, HEAD_KEY)
    size = file.stat().st_size // 2 if left is None else path.stat().st_size + left
    said = ""
    with no_file_beyond(size):
        try:
            send_file(sqlite_store, file, UploadKind.PATCHES)
        except SupervisionError as refusal:
            said = refusal.message
    with sqlite_store.read() as conn:
        now = meta.get(conn, HEAD_KEY)
    assert (now == head) == bool(said)
    assert not said or any(word in said for word in ("磁盘", "保存"))
    assert said or (left or 0) > 100_000, "the limit is no limit"
    assert verify(sqlite_store).bad == []
    assert send(sqlite_store, UploadKind.PATCHES, *_rows(2)).inserted == ROWS
    assert verify(sqlite_store, is_quick=True).bad == []
