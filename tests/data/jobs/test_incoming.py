from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from data.errors import NotFound, UploadRefused
from data.jobs.incoming import MAX_BYTES, Incoming, OutOfStep
from data.settings import Settings


@pytest.fixture
def incoming(settings: Settings) -> Incoming:
    return Incoming(settings)


def test_slices_become_the_file(incoming: Incoming) -> None:
    file = incoming.begin("五月.csv", 6)
    assert incoming.append(file.id, 0, b"abc").offset == 3
    assert not incoming.get(file.id).is_complete
    assert incoming.append(file.id, 3, b"def").is_complete
    assert incoming.path(file.id, file.name).read_bytes() == b"abcdef"


def test_a_slice_out_of_step_says_where_to_go_on(incoming: Incoming) -> None:
    file = incoming.begin("五月.csv", 6)
    incoming.append(file.id, 0, b"abc")
    for offset in (0, 4):
        with pytest.raises(OutOfStep) as refusal:
            incoming.append(file.id, offset, b"de")
        assert refusal.value.offset == 3
    assert incoming.path(file.id, file.name).read_bytes() == b"abc"


def test_more_than_was_announced_is_refused(incoming: Incoming) -> None:
    file = incoming.begin("五月.csv", 3)
    with pytest.raises(UploadRefused):
        incoming.append(file.id, 0, b"abcd")
    assert incoming.get(file.id).offset == 0


@pytest.mark.parametrize("size", [0, -1, MAX_BYTES + 1])
def test_empty_and_too_large_files_are_refused_before_they_are_sent(
    incoming: Incoming, size: int
) -> None:
    with pytest.raises(UploadRefused):
        incoming.begin("五月.csv", size)


def test_the_largest_file_is_let_in(incoming: Incoming) -> None:
    assert incoming.begin("五月.csv", MAX_BYTES).size == MAX_BYTES


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("图斑.shp", "压缩成 .zip"),
        ("图斑.rar", ".zip"),
        ("通知.docx", "文档"),
        ("x.exe", "可以上传"),
        ("无后缀", "可以上传"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(
    incoming: Incoming, name: str, part: str
) -> None:
    with pytest.raises(UploadRefused) as refusal:
        incoming.begin(name, 10)
    assert part in refusal.value.message


@pytest.mark.parametrize("name", ["../../etc/x.csv", "..\\..\\x.csv", "/etc/cron.d/x.csv"])
def test_a_path_in_the_name_leads_nowhere(
    incoming: Incoming, settings: Settings, name: str
) -> None:
    file = incoming.begin(name, 3)
    assert file.name == "x.csv"
    incoming.append(file.id, 0, b"abc")
    written = [p for p in settings.local_dir.parent.rglob("*") if p.is_file()]
    assert all(p.parent == incoming.folder for p in written)


@pytest.mark.parametrize("file_id", ["", "..", "../x", "a" * 32, "A" * 32, "*"])
def test_an_id_that_was_not_given_out_is_unknown(incoming: Incoming, file_id: str) -> None:
    with pytest.raises(NotFound):
        incoming.get(file_id)
    incoming.drop(file_id)


def test_an_uploaded_json_is_not_taken_for_the_notes_beside_it(incoming: Incoming) -> None:
    file = incoming.begin("图斑.json", 2)
    incoming.append(file.id, 0, b"{}")
    assert incoming.get(file.id).is_complete


def test_what_was_left_behind_goes_after_its_time(incoming: Incoming) -> None:
    begun, finished = incoming.begin("a.csv", 4), incoming.begin("b.csv", 2)
    incoming.append(finished.id, 0, b"ab")
    hours = 3600
    old = time.time() - 30 * hours
    for file in (begun, finished):
        path: Path = incoming.path(file.id, file.name)
        os.utime(path, (old, old))
    incoming.clean()
    with pytest.raises(NotFound):
        incoming.get(begun.id)
    assert incoming.get(finished.id).is_complete
    incoming.clean(now=time.time() + 8 * 24 * hours)
    with pytest.raises(NotFound):
        incoming.get(finished.id)
