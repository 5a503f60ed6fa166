"""A file that a record names is whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.kept_files import keep_whole


def test_it_is_written_with_its_folder_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "照片" / "a.jpg"
    keep_whole(target, b"whole")
    assert target.read_bytes() == b"whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_part_that_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    target.write_bytes(b"wh")
    keep_whole(target, b"whole")
    assert target.read_bytes() == b"whole"


def test_a_disk_that_gives_up_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        keep_whole(tmp_path / "a.jpg", b"whole")
    assert list(tmp_path.iterdir()) == []
