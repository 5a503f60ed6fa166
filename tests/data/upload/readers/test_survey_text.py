"""勘测定界 TXT as programs and people write it: no line is lost without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.errors import UploadRefused
from data.store.engine import Store
from data.store.models import Patch
from data.upload.readers import RawTable, ReadResult, read_file
from data.vocabulary import UploadKind
from tests.data.upload.readers.files import OPTIONS, projected
from tests.sending import send_file


def _square(at: int) -> list[str]:
    """Points of a square of one hectare."""
    x, y = projected(4529)
    x += 300 * at
    corners = [(x, y), (x + 100, y), (x + 100, y + 100), (x, y + 100), (x, y)]
    return [f"J{i},1,{north:.3f},{east:.3f}" for i, (east, north) in enumerate(corners, start=1)]


def _read(path: Path, *parcels: str, head: str = "") -> ReadResult:
    lines = ["[属性描述]", head, "[地块坐标]"]
    for at, parcel in enumerate(parcels):
        lines += [parcel, *_square(at)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_file(path, OPTIONS)


def _only(result: ReadResult) -> RawTable:
    (table,) = result.tables
    return table


def _cells(table: RawTable, start: str) -> list[Any]:
    name = next(n for n in table.columns.column_names if n.startswith(start))
    found: list[Any] = table.columns[name].to_pylist()
    return found


GOOD = "5,1.0,B,地块二,面,,,,@"


@pytest.mark.parametrize(
    "line",
    [
        "5,1.0,A,地块一,面,,,",
        "5,1.0,A,地块一,面,,,,＠",
        "5，1.0，A，地块一，面，，，，@",
        "5,1.0,A,地块一,面,,,@,",
        "5,1.0,A,地块一,,,农用地,0102",
        "5,1.0,A,1,面",
    ],
)
def test_a_parcel_without_its_mark_is_a_parcel(tmp_path: Path, line: str) -> None:
    for lines in ((line, GOOD), (GOOD.replace(",B,", ",A,"), line.replace("A", "B"))):
        table = _only(_read(tmp_path / "a.txt", *lines))
        assert _cells(table, "地块编号") == ["A", "B"]
        assert _cells(table, "地块面积") == ["1.0", "1.0"]
        assert table.geometry is not None
        assert table.geometry.area_m2.tolist() == pytest.approx([10_000] * 2, rel=1e-3)


def test_a_missing_mark_is_said(tmp_path: Path) -> None:
    result = _read(tmp_path / "a.txt", "5,1.0,A,地块一,面,,,", GOOD)
    assert any("第 4 行的地块说明末尾没有“@”" in note for note in result.notes)


def test_a_missing_point_count_shifts_no_column(tmp_path: Path) -> None:
    result = _read(tmp_path / "a.txt", "1.0公顷,A,地块一,面,,,,@", GOOD)
    table = _only(result)
    assert _cells(table, "地块编号") == ["A", "B"]
    assert _cells(table, "地块面积") == ["1.0公顷", "1.0"]
    assert any("第 4 行的地块说明缺少点数" in note for note in result.notes)


@pytest.mark.parametrize(("count", "said"), [("5", 0), ("4", 0), ("", 0), ("6", 1), ("3", 1)])
def test_a_point_count_that_is_not_met_is_said(tmp_path: Path, count: str, said: int) -> None:
    """Four corners and the first again: both are what programs count."""
    result = _read(tmp_path / "a.txt", f"{count},1.0,A,地块一,面,,,,@")
    told = [note for note in result.notes if "界址点" in note]
    assert len(told) == said
    assert all(f"写明{count}个界址点，实际读到5个" in note for note in told)


def test_a_line_without_point_count_and_number_is_told_what_it_lacks(tmp_path: Path) -> None:
    table = _only(_read(tmp_path / "a.txt", "1.0公顷,,地块一,面,,,,@", GOOD))
    assert [issue.row for issue in table.unreadable] == [4]
    assert "缺少点数，也没有地块编号" in table.unreadable[0].message


def test_points_before_any_parcel_are_a_row_that_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n".join(["[地块坐标]", *_square(0), GOOD, *_square(1)]), encoding="utf-8")
    table = _only(read_file(path, OPTIONS))
    assert _cells(table, "地块编号") == [None, "B"]
    assert "之前没有地块说明行" in table.unreadable[0].message


@pytest.mark.parametrize(
    ("area", "header"),
    [
        ("10000.0", "地块面积(平方米)"),
        ("1.0", "地块面积(公顷)"),
        ("15.0", "地块面积(亩)"),
        ("0.01", "地块面积(平方千米)"),
        ("3.0", "地块面积(公顷)"),
    ],
)
def test_an_undeclared_unit_is_told_by_the_shapes(tmp_path: Path, area: str, header: str) -> None:
    table = _only(_read(tmp_path / "a.txt", f"5,{area},A,地块一,面,,,,@"))
    assert header in table.columns.column_names


@pytest.mark.parametrize("said", ["平方米", "㎡", "m2", "米"])
def test_a_declared_unit_is_taken_at_its_word(tmp_path: Path, said: str) -> None:
    table = _only(_read(tmp_path / "a.txt", GOOD, head=f"面积单位={said}"))
    assert "地块面积(平方米)" in table.columns.column_names


def test_a_declared_unit_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UploadRefused, match="面积单位“方丈”不认识"):
        _read(tmp_path / "a.txt", GOOD, head="面积单位=方丈")


def test_a_unit_that_is_given_goes_before_one_that_was_assumed(
    sqlite_store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    _read(path, "5,7.0,A,地块一,面,,,,@")  # fits the shape in no unit
    given = {"图斑类型": "新增非农建设类", "下发日期": "2023-05-08"}
    assert send_file(sqlite_store, path, UploadKind.PATCHES, set_columns=given).rejected == 1
    given["面积单位"] = "亩"
    assert send_file(sqlite_store, path, UploadKind.PATCHES, set_columns=given).inserted == 1
    with sqlite_store.read() as conn:
        assert conn.execute(select(Patch.area_mu)).scalar_one() == 7.0
