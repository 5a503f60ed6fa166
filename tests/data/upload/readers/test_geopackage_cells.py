"""Cells of a GeoPackage that are not what their column says: SQLite takes anything anywhere."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from data.store.engine import Store
from data.upload.readers import RawTable, read_file
from data.vocabulary import UploadKind
from tests.data.upload.readers.files import OPTIONS, squares
from tests.sending import messages, send_file


def _gpkg(path: Path, *statements: tuple[str, tuple[object, ...]]) -> Path:
    frame = squares(3)
    frame["TBLX"], frame["JCMJ"] = "新增非农建设类", [14.0, 14.5, 15.0]
    frame.to_file(path, driver="GPKG", layer="图斑", engine="pyogrio")
    with closing(sqlite3.connect(path)) as db:
        triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute('ALTER TABLE "图斑" ADD COLUMN XFRQ DATE')
        db.execute('ALTER TABLE "图斑" ADD COLUMN 延期至 DATETIME')
        db.execute('UPDATE "图斑" SET XFRQ = ?', ("2023-05-08",))
        for statement, values in statements:
            db.execute(statement, values)
        db.commit()
    return path


def _only(path: Path) -> RawTable:
    (table,) = read_file(path, OPTIONS).tables
    return table


def _set(column: str, value: object, row: int = 2) -> tuple[str, tuple[object, ...]]:
    return f'UPDATE "图斑" SET "{column}" = ? WHERE fid = ?', (value, row)


def test_a_day_that_does_not_exist_is_no_other_day(sqlite_store: Store, tmp_path: Path) -> None:
    path = _gpkg(tmp_path / "a.gpkg", _set("XFRQ", "2023-02-31"))
    outcome = send_file(sqlite_store, path, UploadKind.PATCHES)
    assert (outcome.inserted, outcome.rejected) == (2, 1)
    assert "“2023-02-31”无法识别" in messages(outcome)


def test_a_text_in_a_numeric_column_is_no_zero(sqlite_store: Store, tmp_path: Path) -> None:
    path = _gpkg(tmp_path / "a.gpkg", _set("JCMJ", "约十四"))
    outcome = send_file(sqlite_store, path, UploadKind.PATCHES)
    assert (outcome.inserted, outcome.rejected) == (2, 1)
    assert "“约十四”不是数字" in messages(outcome)


def test_an_instant_is_a_day_in_china(sqlite_store: Store, tmp_path: Path) -> None:
    path = _gpkg(tmp_path / "a.gpkg", _set("延期至", "2023-06-20T16:00:00.000Z"))
    table = _only(path)
    assert "2023-06-20 16:00:00+00:00" in map(str, table.columns["延期至"].to_pylist())
    assert send_file(sqlite_store, path, UploadKind.PATCHES).rejected == 0
    with sqlite_store.read() as conn:
        found = conn.exec_driver_sql("SELECT extended_to FROM patch WHERE extended_to NOTNULL")
        assert [str(day) for (day,) in found] == ["2023-06-21"]


def test_columns_whose_cells_are_right_stay_as_they_are(tmp_path: Path) -> None:
    columns = _only(_gpkg(tmp_path / "a.gpkg")).columns
    assert columns["JCMJ"].to_pylist() == [14.0, 14.5, 15.0]
    assert [str(day) for day in columns["XFRQ"].to_pylist()] == ["2023-05-08"] * 3


def test_a_text_in_gbk_is_read_and_said(tmp_path: Path) -> None:
    path = _gpkg(
        tmp_path / "a.gpkg",
        ('UPDATE "图斑" SET XMC = CAST(? AS TEXT) WHERE fid = 2', ("文登区".encode("gb18030"),)),
    )
    result = read_file(path, OPTIONS)
    assert result.tables[0].columns["XMC"].to_pylist() == ["环翠区", "文登区", "环翠区"]
    assert any("“XMC”有 1 个单元格按 GB18030（GBK）读取" in note for note in result.notes)


@pytest.mark.parametrize("broken", [b"\xff\xfe\xff", "环翠区海边村".encode()[:-1] + b"\xf0a"])
def test_a_text_in_no_code_page_costs_its_row_only(
    sqlite_store: Store, tmp_path: Path, broken: bytes
) -> None:
    path = _gpkg(
        tmp_path / "a.gpkg",
        ('UPDATE "图斑" SET XMC = CAST(? AS TEXT) WHERE fid = 2', (broken,)),
    )
    outcome = send_file(sqlite_store, path, UploadKind.PATCHES)
    assert (outcome.inserted, outcome.rejected) == (2, 1)
    assert [issue.row for issue in outcome.errors] == [2]
    assert "“XMC”里的文字既不是 UTF-8 也不是 GB18030" in messages(outcome)
