"""What killed processes, dropped previews and refused files leave behind is cleared away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from callbacks.upload.actions import Actions, Asked
from data.jobs.cleaning import Cleaner, clean
from data.jobs.leases import Leases
from data.jobs.table import JobTable
from data.services import Services
from data.settings import PROJECT_DIR
from data.store.engine import Store
from data.upload import sandbox
from data.upload.refusals import refusals
from tests.uploading import PATCHES, csv, previewed, run_next


@pytest.fixture
def table(store: Store) -> JobTable:
    return JobTable(store.settings)


def _copies(store: Store) -> list[Path]:
    return [p for p in store.settings.uploads_dir.iterdir() if p.is_file()]


def _drop(store: Store, table: JobTable, job_id: str) -> None:
    actions = Actions(Services(store.settings, store), table)
    actions.act(Asked("drop", {}, (), (), "10.0.0.1"), {"job": job_id})


def test_dropping_a_preview_removes_its_copy_at_once(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    job = previewed(table, store, csv(tmp_path / "a.csv", *PATCHES))
    assert len(_copies(store)) == 1
    _drop(store, table, job.id)
    assert _copies(store) == []


def test_a_copy_that_another_preview_shows_stays(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    path = csv(tmp_path / "a.csv", *PATCHES)
    first, second = (previewed(table, store, path) for _ in range(2))
    _drop(store, table, first.id)
    assert len(_copies(store)) == 1
    _drop(store, table, second.id)
    assert _copies(store) == []


def test_a_preview_that_is_refused_is_an_event(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    job = previewed(table, store, csv(tmp_path / "a.csv", header=""), kind="patches")
    assert job.state == "failed"
    with store.read() as conn:
        (event,) = refusals(conn, store.settings)
    assert (event.file_name, event.reason, event.who) == ("a.csv", job.message, "王工")


def test_a_cancelled_preview_leaves_nothing(store: Store, table: JobTable, tmp_path: Path) -> None:
    from data.upload.sandbox import UploadCancelled

    def cancel(phase: str, done: int, total: int) -> None:
        if phase == "识别列":
            raise UploadCancelled("已取消")

    from data.jobs.tasks import upload
    from tests.uploading import payload, put_in

    path = csv(tmp_path / "a.csv", *PATCHES)
    table.submit("upload", payload(put_in(store, path), file_name=path.name), "王工")
    job = Leases(table).take()
    assert job is not None
    with pytest.raises(UploadCancelled):
        upload(store, job, cancel)
    assert _copies(store) == []
    with store.read() as conn:
        assert refusals(conn, store.settings) == []


_CHILD = """
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from data.upload.sandbox import _Child
child = _Child()
print(child.folder, flush=True)
sys.stdin.read()
"""


def test_folders_of_a_killed_process_go_and_those_in_use_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(tmp_path)],
        cwd=PROJECT_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert killed.stdout is not None
    left = Path(killed.stdout.readline().strip())
    assert left.is_dir()
    old = tmp_path / "weipian-upload-old"
    old.mkdir()
    os.utime(old, (0, 0))
    other = tmp_path / "something-else"
    other.mkdir()
    later = time.time() + 120
    assert sandbox.clean_folders(later) == 1  # the old one: the other is in use
    assert left.is_dir()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert sandbox.clean_folders() == 0  # may have no lock yet
    assert sandbox.clean_folders(later) == 1
    assert not left.exists()
    assert other.is_dir()


def test_the_worker_cleans_when_it_starts_and_not_before_each_job(
    store: Store, table: JobTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("data.jobs.cleaning.clean", lambda *_: asked.append(1))
    cleaner = Cleaner(store, table)
    cleaner.when_due()
    cleaner.when_due()
    assert asked == [1]


def test_what_cannot_be_cleared_stops_nobody(
    store: Store, table: JobTable, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no")

    monkeypatch.setattr("data.jobs.cleaning.clean", broken)
    Cleaner(store, table).when_due()
    assert "could not be cleared" in caplog.text


def test_an_unconfirmed_preview_ends_with_its_copy(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    job = previewed(table, store, csv(tmp_path / "a.csv", *PATCHES))
    for path in _copies(store):
        os.utime(path, (0, 0))
    clean(store, table)
    assert len(_copies(store)) == 1
    table.cancel(job.id)
    clean(store, table)
    assert _copies(store) == []


def test_a_file_refused_when_it_is_written_is_an_event(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    path = csv(tmp_path / "b.csv", "HC-9,新增非农建设类,2023-05-08,环翠区,-1,0")
    bad = previewed(table, store, path)
    table.again(bad.id, ("waiting",), step="apply", kind="patches")
    assert run_next(table, store).state == "failed"
    with store.read() as conn:
        (event,) = refusals(conn, store.settings)
    assert event.has_copy
