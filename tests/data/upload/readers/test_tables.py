"""Workbooks and delimited text: every digit kept, rows counted as the user counts them."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import UploadRefused
from data.upload.readers import RawTable, read_file
from tests.data.upload.readers.files import OPTIONS, workbook, workbook_of

HEAD: list[object] = ["图斑编号", "下发日期", "监测面积", "坐落"]


def _only(path: Path) -> RawTable:
    (table,) = read_file(path, OPTIONS).tables
    return table


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_cells_keep_every_digit_and_dates_are_iso(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        HEAD,
        ["0012", dt.date(2023, 3, 5), 1234567.1234567, "某村"],
        [371002202300012, dt.datetime(2023, 3, 5, 12, 30), 101.0, None],
        ["x", None, 1e-7, True],
        [None, None, None, None],
        ["y", "2023.3.5", 0.1, " 　"],
    ]
    table = _only(_write(tmp_path / "a.xlsx", workbook(rows)))
    assert table.columns["图斑编号"].to_pylist() == ["0012", "371002202300012", "x", "y"]
    assert table.columns["下发日期"].to_pylist() == [
        "2023-03-05",
        "2023-03-05 12:30:00",
        None,
        "2023.3.5",
    ]
    assert table.columns["监测面积"].to_pylist() == ["1234567.1234567", "101", "0.0000001", "0.1"]
    assert table.columns["坐落"].to_pylist() == ["某村", None, "是", None]
    assert table.row_numbers.tolist() == [2, 3, 4, 6]


def test_rows_are_counted_as_in_the_sheet_below_titles(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [],
        ["某表"],
        [],
        HEAD,
        ["1", "2023-05-08", 2, "村"],
        ["合计", None, 2],
    ]
    result = read_file(_write(tmp_path / "a.xlsx", workbook(rows)), OPTIONS)
    (table,) = result.tables
    assert table.row_numbers.tolist() == [5]
    assert any("第 4 行" in note for note in result.notes)
    assert any("合计" in note for note in result.notes)


def test_formulas_give_their_last_value(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.write_formula(1, 0, '="A"&"1"', None, "A1")
    sheet.write_formula(1, 2, "=1+1.5", None, 2.5)
    book.close()
    table = _only(path)
    assert table.columns["图斑编号"].to_pylist() == ["A1"]
    assert table.columns["监测面积"].to_pylist() == ["2.5"]


def test_errors_and_formulas_without_a_value_are_not_empty_cells(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("说明")
    sheet = book.add_worksheet("表 & 二")
    sheet.write_row(2, 1, HEAD)  # neither the first row nor the first column
    sheet.write_row(3, 1, ["A1", "2023-05-08"])
    sheet.write_formula(3, 3, "=1/0", None, "#DIV/0!")
    sheet.write_formula(3, 4, "=A1", None, "")
    sheet.write_row(4, 1, ["A2", "2023-05-08", 2])
    sheet.write_formula(4, 4, '="某村"', None, "某村")
    sheet.write_formula(5, 3, "=D9", None, "#REF!")  # drawn down below the data
    book.close()
    table = _only(path)
    assert table.columns["图斑编号"].to_pylist() == ["A1", "A2"]
    assert table.columns["监测面积"].to_pylist() == ["#DIV/0!", "2"]
    assert table.columns["坐落"].to_pylist() == ["#公式未计算", "某村"]


def test_a_formula_that_gives_an_empty_text_is_an_empty_cell(tmp_path: Path) -> None:
    content = _rewritten(
        workbook([HEAD, ["1", None, "=IF(1,E1,2)", "村"]]),
        "xl/worksheets/sheet1.xml",
        r'(<c r="C2")(>.*?)(?:<v ?/>|<v></v>)',  # with or without lxml
        r'\1 t="str"\2<v></v>',
    )
    table = _only(_write(tmp_path / "a.xlsx", content))
    assert table.columns["监测面积"].to_pylist() == [None]


def test_a_number_longer_than_a_spreadsheet_keeps_is_told_from_a_text(tmp_path: Path) -> None:
    number = 371002202300012345
    rows: list[list[object]] = [HEAD, [number, None, 1], [str(number), None, 2], [371002202300012]]
    content = workbook(rows)
    assert _only(_write(tmp_path / "a.xlsx", content)).columns["图斑编号"].to_pylist() == [
        "3.710022023000124e+17",
        "371002202300012345",
        "371002202300012",
    ]
    digits = _rewritten(content, "xl/worksheets/sheet1.xml", r"3\.71\d+e\+17", str(number))
    table = _only(_write(tmp_path / "b.xlsx", digits))  # a program wrote all of them
    assert table.columns["图斑编号"].to_pylist()[0] == "371002202300012345"


def test_what_nobody_sees_is_not_taken(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    content = workbook_of({"一": [HEAD, ["1"]], "二": [HEAD, ["2"]], "三": [HEAD, ["3"]]})
    book = load_workbook(io.BytesIO(content))
    book["二"].sheet_state = "hidden"
    book["三"].sheet_state = "veryHidden"
    path = tmp_path / "a.xlsx"
    book.save(path)
    result = read_file(path, OPTIONS)
    assert [t.name for t in result.tables] == ["一"]
    assert any("“二”、“三”" in note and "隐藏" in note for note in result.notes)
    assert [t.name for t in read_file(path, replace(OPTIONS, layer="二")).tables] == ["二"]
    book["一"].delete_rows(2)  # nothing that can be seen holds rows
    book.save(path)
    assert [t.name for t in read_file(path, OPTIONS).tables] == ["二", "三"]


def test_sums_within_and_signatures_below_are_no_rows(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        HEAD,
        ["1", "2023-05-08", 2, "村"],
        ["小计：", None, 2],
        *([str(i), "2023-05-08", 2, "村"] for i in range(2, 9)),
        ["总计（亩）", None, 16],
        ["填表人：张三", None, None, "审核人：李四"],
    ]
    result = read_file(_write(tmp_path / "a.xlsx", workbook(rows)), OPTIONS)
    assert result.tables[0].columns["图斑编号"].to_pylist() == [str(i) for i in range(1, 9)]
    assert any("2 行合计" in note for note in result.notes)
    assert any("填表人：张三" in note for note in result.notes)


def test_every_sheet_with_a_table_comes_and_one_can_be_chosen(tmp_path: Path) -> None:
    content = workbook_of({"一": [HEAD, ["1"]], "空": [], "二": [HEAD, ["2"]], "头": [HEAD]})
    path = _write(tmp_path / "a.xlsx", content)
    assert [t.name for t in read_file(path, OPTIONS).tables] == ["一", "二"]
    assert [t.name for t in read_file(path, replace(OPTIONS, layer="二")).tables] == ["二"]
    with pytest.raises(UploadRefused, match="一、空、二、头"):
        read_file(path, replace(OPTIONS, layer="三"))


def test_a_workbook_without_rows_says_what_is_missing(tmp_path: Path) -> None:
    sheets: list[list[list[object]]] = [[], [HEAD], [[None, None]]]
    for index, rows in enumerate(sheets):
        with pytest.raises(UploadRefused, match="没有数据行"):
            read_file(_write(tmp_path / f"{index}.xlsx", workbook(rows)), OPTIONS)


@pytest.mark.parametrize("corner", ["XFD1048576", "A1048576", "ZZ900000"])
def test_two_cells_at_opposite_corners_are_refused_before_they_are_laid_out(
    tmp_path: Path, corner: str
) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active["A1"] = "图斑编号"
    book.active["A2"] = "1"
    book.active[corner] = "x"
    if not corner.startswith("A1"):
        book.save(tmp_path / "a.xlsx")
        with pytest.raises(UploadRefused, match="空白行列"):
            read_file(tmp_path / "a.xlsx", OPTIONS)
    else:  # a column of a million empty cells is heavy, not impossible
        book.save(tmp_path / "a.xlsx")
        assert _only(tmp_path / "a.xlsx").row_numbers.tolist() == [2, 1048576]


def _rewritten(content: bytes, part: str, pattern: str, replacement: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            raw = old.read(name)
            if name == part:
                raw, found = re.subn(pattern.encode(), replacement.encode(), raw, count=1)
                assert found, pattern
            new.writestr(name, raw)
    return buffer.getvalue()


def test_a_document_type_in_a_workbook_is_refused(tmp_path: Path) -> None:
    evil = _rewritten(
        workbook([HEAD, ["1"]]),
        "xl/worksheets/sheet1.xml",
        "<worksheet",
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet',
    )
    with pytest.raises(UploadRefused, match="DTD"):
        read_file(_write(tmp_path / "a.xlsx", evil), OPTIONS)


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize("junk", ["", "<", "<a><b></a>", "\\0\\0\\0"])
def test_damaged_parts_of_a_workbook_give_a_sentence_or_a_table(
    tmp_path: Path, part: str, junk: str
) -> None:
    evil = _rewritten(workbook([HEAD, ["1"]]), part, r"(?s)^.*$", junk)
    path = _write(tmp_path / "a.xlsx", evil)
    with contextlib.suppress(UploadRefused):  # anything else fails the test
        assert read_file(path, OPTIONS).tables


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_delimited_text_in_every_code_page_and_with_every_mark(
    tmp_path: Path, codec: str, mark: str
) -> None:
    rows = [[str(title) for title in HEAD], ["0012", "2023-05-08", "12.340", "㐂村"]]
    text = "".join(mark.join(row) + "\r\n" for row in rows)
    table = _only(_write(tmp_path / "a.csv", text.encode(codec)))
    assert table.columns.column_names == HEAD
    assert [c[0].as_py() for c in table.columns.columns] == ["0012", "2023-05-08", "12.340", "㐂村"]
    assert table.row_numbers.tolist() == [2]


def test_ragged_rows_quotes_and_empty_lines(tmp_path: Path) -> None:
    text = '图斑编号,坐落,监测面积\n1,"某村,\n二组"\n\n"=""0371""",="0012",3,多\n'
    table = _only(_write(tmp_path / "a.csv", text.encode()))
    assert table.columns.column_names == ["图斑编号", "坐落", "监测面积", "列D"]
    assert table.columns["坐落"].to_pylist() == ["某村,\n二组", "0012"]
    assert table.columns["图斑编号"].to_pylist() == ["1", "0371"]
    assert table.columns["列D"].to_pylist() == [None, "多"]


@pytest.mark.parametrize("where", ['HC-2,"某村,3', 'HC-2,某村,"3', '"HC-2,某村,3'])
def test_a_quote_left_open_swallows_no_rows(tmp_path: Path, where: str) -> None:
    text = f"图斑编号,坐落,监测面积\nHC-1,村,3\n{where}\nHC-3,村,3\nHC-4,村,3\n"
    with pytest.raises(UploadRefused, match="引号"):
        read_file(_write(tmp_path / "a.csv", text.encode()), OPTIONS)


def test_the_mark_that_ends_a_file_of_old_programs_is_no_row(tmp_path: Path) -> None:
    for end in ("\n", ""):
        text = f'图斑编号,坐落\nHC-1,"某村"{end}\x1a'
        table = _only(_write(tmp_path / "a.csv", text.encode()))
        assert table.columns["图斑编号"].to_pylist() == ["HC-1"]
        assert table.columns["坐落"].to_pylist() == ["某村"]


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.csv"])
def test_a_web_page_called_a_workbook_is_told_how_to_become_one(tmp_path: Path, name: str) -> None:
    page = "\n<html><table><tr><td>图斑编号</td></tr></table></html>"
    with pytest.raises(UploadRefused, match="另存为"):
        read_file(_write(tmp_path / name, page.encode()), OPTIONS)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n\n",
        b"\xef\xbb\xbf",
        "图斑编号\n1".encode("utf-16-le"),
        b"\xff\xfe",
        b"a,b\n\0\0,1",
        b"\x81\x20\xff,\xfe\n1,2",
        b"<html><table><tr><td>1</td></tr></table></html>",
        b'a,b\n"' + b"x" * 200_000,
    ],
)
def test_text_that_is_no_table_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UploadRefused) as caught:
        read_file(_write(tmp_path / "a.csv", content), OPTIONS)
    assert caught.value.message.endswith("。")


def test_a_workbook_called_csv_or_xls_is_still_read(tmp_path: Path) -> None:
    content = workbook([HEAD, ["1", "2023-05-08", 2, "村"]])
    for name in ("a.csv", "a.xls"):
        assert _only(_write(tmp_path / name, content)).columns["图斑编号"].to_pylist() == ["1"]
