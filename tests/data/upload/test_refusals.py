"""A refused file is an event, and its copy goes after a while; a dropped preview's at once."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import SupervisionError, UploadRefused
from data.store.engine import Store
from data.upload.prepare import digest_of
from data.upload.refusals import Refusal, clean_copies, clean_reports, refusals
from data.upload.watch import watch
from data.vocabulary import UploadKind
from tests.sending import PATCH, send, send_file

DAY = 86_400
BAD = {**PATCH, "监测面积": -1}


def _refused(store: Store) -> list[Refusal]:
    with store.read() as conn:
        return refusals(conn, store.settings)


def _copies(store: Store) -> list[str]:
    folder = store.settings.uploads_dir
    return sorted(p.name for p in folder.iterdir() if p.is_file()) if folder.is_dir() else []


@pytest.fixture
def nothing(tmp_path: Path) -> Path:
    path = tmp_path / "空.csv"
    path.write_bytes(b"")
    return path


def test_a_file_that_cannot_be_read_leaves_who_what_and_why(store: Store, nothing: Path) -> None:
    with pytest.raises(UploadRefused) as refusal:
        send_file(store, nothing, UploadKind.PATCHES, uploaded_by="王工", uploaded_from="10.0.0.1")
    (event,) = _refused(store)
    assert (event.who, event.source, event.file_name) == ("王工", "10.0.0.1", "空.csv")
    assert (event.kind, event.year, event.reason) == ("patches", 2023, refusal.value.message)
    assert event.sha256 == digest_of(nothing)
    assert event.has_copy


def test_a_file_of_which_no_row_is_taken_is_refused_too(store: Store) -> None:
    outcome = send(store, UploadKind.PATCHES, BAD)
    assert outcome.batch is None
    (event,) = _refused(store)
    assert "没有一行可以导入" in event.reason
    send(store, UploadKind.PATCHES, BAD, {**PATCH, "图斑编号": "A"}, all_or_nothing=True)
    assert "全部合格才导入" in _refused(store)[0].reason


def test_a_file_that_is_taken_is_no_event(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH, {**BAD, "图斑编号": "A"})
    send(store, UploadKind.PATCHES, PATCH)
    assert _refused(store) == []


def test_a_store_that_cannot_be_written_refuses_nothing_of_the_file(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, nothing: Path
) -> None:
    from data.errors import StoreRefused

    def locked(self: Store) -> None:
        raise StoreRefused("数据库正被占用。")

    monkeypatch.setattr(Store, "write", locked)
    with pytest.raises(UploadRefused):
        send_file(store, nothing, UploadKind.PATCHES)
    assert "was not kept" in caplog.text


def test_the_copy_of_a_refused_file_goes_after_the_period(store: Store, nothing: Path) -> None:
    with pytest.raises(UploadRefused):
        send_file(store, nothing, UploadKind.PATCHES)
    assert len(_copies(store)) == 1
    now = time.time()
    assert clean_copies(store, (), now + 29 * DAY) == 0
    assert clean_copies(store, (), now + 31 * DAY) == 1
    assert _copies(store) == []
    assert not _refused(store)[0].has_copy


def test_the_period_is_a_setting(store: Store, nothing: Path) -> None:
    with pytest.raises(UploadRefused):
        send_file(store, nothing, UploadKind.PATCHES)
    store.settings = replace(store.settings, refused_days=2)
    assert clean_copies(store, (), time.time() + 3 * DAY) == 1


def test_what_an_upload_brought_stays_for_ever(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    before = _copies(store)
    assert clean_copies(store, (), time.time() + 400 * DAY) == 0
    assert _copies(store) == before != []


def test_a_file_refused_first_and_taken_later_stays(store: Store) -> None:
    rows = [{"图斑编号": "HC-1", "立案日期": "2023-06-01"}]
    assert send(store, UploadKind.CASES, *rows).batch is None
    send(store, UploadKind.PATCHES, PATCH)
    assert send(store, UploadKind.CASES, *rows).batch is not None
    assert clean_copies(store, (), time.time() + 400 * DAY) == 0


def test_a_preview_leaves_no_copy(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH, preview=True)
    assert _copies(store) == []


def test_copies_of_open_previews_stay_and_left_ones_go_after_a_day(
    store: Store, nothing: Path
) -> None:
    from data.upload.prepare import keep_file
    from data.upload.request import UploadRequest

    kept = keep_file(store.settings, UploadRequest(nothing, "空.csv", UploadKind.PATCHES))
    later = time.time() + 2 * DAY
    assert clean_copies(store, {kept.sha256}, later) == 0
    assert clean_copies(store, (), time.time()) == 0
    assert clean_copies(store, (), later) == 1


def test_returned_workbooks_stay_while_an_upload_or_a_job_names_them(store: Store) -> None:
    taken = send(store, UploadKind.PATCHES, PATCH, {**BAD, "图斑编号": "A"})
    refused = send(store, UploadKind.PATCHES, {**BAD, "图斑编号": "B"})
    assert taken.report is not None
    assert refused.report is not None
    later = time.time() + 31 * DAY
    below = str(refused.report.relative_to(store.settings.outputs_dir))
    assert clean_reports(store, {below}, later) == 0
    assert clean_reports(store, (), later) == 1
    assert taken.report.is_file()


def test_the_watched_folder_tells_of_refusals(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    rules = '[[rule]]\npattern = "*.csv"\nkind = "patches"\nyear = 2023\n'
    (folder / "weipian-watch.toml").write_text(f"settle_seconds = 0\n{rules}", "utf-8")
    (folder / "a.csv").write_bytes(b"")
    watch(store, store.settings, folder, once=True)
    (event,) = _refused(store)
    assert (event.who, event.source, event.file_name) == ("投递文件夹", "watch", "a.csv")


def test_unreadable_settings_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from data.settings import Settings

    monkeypatch.setenv("WEIPIAN_REFUSED_DAYS", "三十")
    with pytest.raises(SupervisionError, match="WEIPIAN_REFUSED_DAYS"):
        Settings.from_environment()
