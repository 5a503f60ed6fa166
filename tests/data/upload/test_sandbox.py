"""The reading child: the same result as in process, its limits, and what it may not do."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from data.errors import CrsUndecided, UploadRefused
from data.settings import PROJECT_DIR
from data.upload import sandbox
from data.upload.archive import MB
from data.upload.exchange import refusal_document, refusal_from
from data.upload.readers import ReadResult, read_file
from data.upload.sandbox import ReadLimits, UploadCancelled, read_file_limited
from tests.data.upload.readers.files import (
    OPTIONS,
    shapefile,
    squares,
    workbook,
    zipped_shapefile,
)


@pytest.fixture(autouse=True)
def nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Every test: no process and no file of the sandbox remains."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    sandbox.drop_spare()
    assert list(folder.iterdir()) == []


def _assert_same(one: ReadResult, other: ReadResult) -> None:
    assert (one.container, one.notes) == (other.container, other.notes)
    for a, b in zip(one.tables, other.tables, strict=True):
        assert (a.name, a.crs, a.unreadable) == (b.name, b.crs, b.unreadable)
        assert a.columns.equals(b.columns)
        assert np.array_equal(a.row_numbers, b.row_numbers)
        assert (a.geometry is None) == (b.geometry is None)
        if a.geometry is not None and b.geometry is not None:
            for field in ("wkb", "repaired", "area_m2", "lon", "lat", "bounds"):
                assert np.array_equal(getattr(a.geometry, field), getattr(b.geometry, field)), field


def _files(tmp_path: Path) -> list[Path]:
    zipped = zipped_shapefile(tmp_path / "a.zip", shapefile(tmp_path / "s", squares(epsg=4528)))
    squares(epsg=4550).to_file(tmp_path / "a.gpkg", driver="GPKG", layer="图斑")
    (tmp_path / "a.geojson").write_text(squares().to_json(), encoding="utf-8")
    (tmp_path / "a.xlsx").write_bytes(workbook([["图斑编号", "监测面积"], ["1", 2.5]]))
    (tmp_path / "a.csv").write_text("图斑编号,监测面积\n1,2.5\n", encoding="gb18030")
    return [zipped, *(tmp_path / f"a.{s}" for s in ("gpkg", "geojson", "xlsx", "csv"))]


def test_the_child_reads_what_the_process_would(tmp_path: Path) -> None:
    for path in _files(tmp_path):
        _assert_same(read_file_limited(path, OPTIONS), read_file(path, OPTIONS))


def test_a_refusal_crosses_with_its_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    with pytest.raises(UploadRefused, match="文件是空的"):
        read_file_limited(path, OPTIONS)


def test_a_question_for_the_system_crosses_with_its_fields() -> None:
    known = refusal_from(refusal_document(CrsUndecided("没有说明。", (4528, 4549))))
    assert isinstance(known, CrsUndecided)
    assert (known.situation, known.candidates) == ("没有说明。", (4528, 4549))
    plain = refusal_from(refusal_document(UploadRefused("文件是空的。")))
    assert type(plain) is UploadRefused
    assert plain.message == "文件是空的。"


def test_a_spare_child_is_used_once_and_replaced(tmp_path: Path) -> None:
    path = _files(tmp_path)[-1]
    sandbox.keep_spare()
    first = sandbox._spares._child
    assert first is not None
    read_file_limited(path, OPTIONS)
    second = sandbox._spares._child
    assert second is not None
    assert second is not first
    assert not first.is_alive
    second._process.kill()  # a spare that died in the meantime is no obstacle
    second._process.wait()
    assert read_file_limited(path, OPTIONS).container == "csv"


def _big_workbook(path: Path, rows: int) -> Path:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["图斑编号", "坐落", "监测面积"])
    for row in range(1, rows):
        sheet.write_row(row, 0, [f"3710{row}", f"某村{row}号", row / 7])
    book.close()
    return path


def test_too_much_memory_has_its_sentence(tmp_path: Path) -> None:
    path = _big_workbook(tmp_path / "a.xlsx", 60_000)
    with pytest.raises(UploadRefused, match="内存"):
        read_file_limited(path, OPTIONS, ReadLimits(memory=100 * MB))


def test_too_much_time_has_its_sentence(tmp_path: Path) -> None:
    path = _big_workbook(tmp_path / "a.xlsx", 60_000)
    with pytest.raises(UploadRefused, match="超过时限"):
        read_file_limited(path, OPTIONS, ReadLimits(wall_seconds=0.05))


def test_cancelling_ends_the_child_at_once(tmp_path: Path) -> None:
    path = _big_workbook(tmp_path / "a.xlsx", 60_000)
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    started = time.monotonic()
    with pytest.raises(UploadCancelled, match="取消"):
        read_file_limited(path, OPTIONS, cancelled=stop.is_set)
    assert time.monotonic() - started < 5


def test_a_crash_has_its_sentence_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _files(tmp_path)[-1]

    def crash(child: sandbox._Child, *_arguments: object) -> None:
        child._process.send_signal(11)

    monkeypatch.setattr(sandbox._Child, "ask", crash)
    with pytest.raises(UploadRefused, match="读取程序中止"):
        read_file_limited(path, OPTIONS)
    assert "reading child ended with -11" in caplog.text


def _in_child(code: str) -> subprocess.CompletedProcess[str]:
    prelude = "from data.upload import confinement as c; c.no_network()\n"
    return subprocess.run(
        [sys.executable, "-c", prelude + code],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_child_can_neither_open_a_socket_nor_start_a_program() -> None:
    assert _in_child("assert c.network_is_closed()").returncode == 0
    # below Python, too: libraries call the kernel directly
    direct = "import ctypes; l = ctypes.CDLL(None, use_errno=True); "
    assert _in_child(direct + "assert l.socket(2, 1, 0) == -1, 'socket'").returncode == 0
    assert _in_child(direct + "l.execv(b'/bin/true', None)\nraise SystemExit(7)").returncode == 7
    assert _in_child("import subprocess; subprocess.run(['/bin/true'])").returncode != 0


def test_limits_of_the_child_are_set() -> None:
    code = """
import resource as r
c.limit_resources(2 << 30, 60, 1 << 30)
assert r.getrlimit(r.RLIMIT_DATA)[0] == 2 << 30
assert r.getrlimit(r.RLIMIT_CORE) == (0, 0)
assert 60 <= r.getrlimit(r.RLIMIT_CPU)[0] <= 65
try:
    bytearray(3 << 30)
except MemoryError:
    raise SystemExit(9)
"""
    assert _in_child(code).returncode == 9


def test_only_the_named_driver_is_left_in_the_child() -> None:
    code = """
from data.upload.exchange import refusal_document, refusal_from
from data.upload.readers import gdal
gdal.only_named_driver = True
pyogrio = gdal.pyogrio_for("GPKG")
assert set(pyogrio.list_drivers()) == {"GPKG"}, pyogrio.list_drivers()
"""
    done = _in_child(code)
    assert done.returncode == 0, done.stderr


def test_a_child_whose_parent_is_gone_ends_by_itself() -> None:
    child = sandbox._Child()
    try:
        assert child._process.stdin is not None
        child._process.stdin.close()
        assert child._process.wait(30) == 0
    finally:
        child.close()


def test_the_file_itself_is_not_touched(tmp_path: Path) -> None:
    for path in _files(tmp_path):
        before = (path.read_bytes(), path.stat().st_mtime_ns, set(path.parent.iterdir()))
        read_file_limited(path, OPTIONS)
        assert before == (path.read_bytes(), path.stat().st_mtime_ns, set(path.parent.iterdir()))


def test_too_much_processor_time_has_its_sentence(tmp_path: Path) -> None:
    path = _big_workbook(tmp_path / "a.xlsx", 60_000)
    with pytest.raises(UploadRefused, match="超过时限"):
        read_file_limited(path, OPTIONS, ReadLimits(cpu_seconds=-1))


def test_what_is_not_confined_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("data.upload.confinement.gaps", lambda: ["没有文件访问限制（Landlock）"])
    sandbox.say_gaps()
    assert "没有文件访问限制" in caplog.text
