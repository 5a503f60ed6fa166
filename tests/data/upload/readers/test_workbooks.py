"""What workbooks hold besides plain values: every digit, near-midnight days, errors, merged cells,
the calendar of 1904; the same from .xlsx and .xls."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from data.upload.readers import RawTable, read_file
from data.upload.readers.biff import BookMarks, marks_of
from data.upload.readers.exact_cells import may_be_rounded
from tests.data.upload.readers.files import OPTIONS, workbook
from tests.data.upload.readers.xls_files import Error, xls

HEAD = ["图斑编号", "监测面积", "下发日期"]


def _only(path: Path, content: bytes) -> RawTable:
    path.write_bytes(content)
    (table,) = read_file(path, OPTIONS).tables
    return table


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.28 / 3, "0.09333333333333334"),
        (23.93000000000001, "23.93000000000001"),
        (4e-10, "0.0000000004"),
        (0.1000000001, "0.1000000001"),
        (12.5, "12.5"),
        (-1 / 3, "-0.3333333333333333"),
        (123456.1234567891, "123456.1234567891"),
    ],
)
def test_numbers_of_a_workbook_keep_every_digit(tmp_path: Path, value: float, text: str) -> None:
    for name, content in (
        ("a.xlsx", workbook([HEAD, ["A", value, None], ["B", "0.10", None]])),
        ("a.xls", xls({"表": [HEAD, ["A", value, None], ["B", "0.10", None]]})),
    ):
        table = _only(tmp_path / name, content)
        assert table.columns["监测面积"].to_pylist() == [text, "0.10"], name


def test_a_look_finds_what_would_be_rounded() -> None:
    assert may_be_rounded(b'<c r="A1"><v>0.0933333333</v></c>')
    assert may_be_rounded(b'<c r="A1"><v>4E-10</v></c>')
    assert may_be_rounded(b'<c r="A1"><x:v>1.5e-7</x:v></c>')
    assert not may_be_rounded(b'<c r="A1"><v>12.123456789</v></c>')


def _with_days(*days: float | str) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("表")
    form = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, HEAD)
    for row, day in enumerate(days, start=1):
        sheet.write_row(row, 0, [f"A{row}", 1])
        if isinstance(day, str):
            sheet.write_string(row, 2, day)
        else:
            sheet.write_number(row, 2, day, form)
    book.close()
    return buffer.getvalue()


def test_a_cell_just_before_midnight_is_the_next_day(tmp_path: Path) -> None:
    days = (46162 + 86357 / 86400, 46162 + 86399 / 86400, 46162.999999, 46162.5, 46162)
    table = _only(tmp_path / "a.xlsx", _with_days(*days, "2026-05-20 23:59:59"))
    assert table.columns["下发日期"].to_pylist() == [
        "2026-05-21",
        "2026-05-21",
        "2026-05-21",
        "2026-05-20 12:00:00",
        "2026-05-20",
        "2026-05-20 23:59:59",  # a text, which says the end of its day
    ]


@pytest.mark.parametrize("by_formula", [False, True])
def test_error_cells_of_an_xls_are_errors(tmp_path: Path, by_formula: bool) -> None:
    rows: list[list[Any]] = [
        HEAD,
        ["A", Error(0x2A, by_formula), "2023-05-08"],
        ["B", Error(0x07, by_formula), None],
        ["C", 3.0, Error(0x17, by_formula)],
        [None, Error(0x0F, by_formula), None],
    ]
    table = _only(tmp_path / "a.xls", xls({"空": [["x"]], "表": rows}))
    assert table.columns["监测面积"].to_pylist() == ["#N/A", "#DIV/0!", "3"]
    assert table.columns["下发日期"].to_pylist() == ["2023-05-08", None, "#REF!"]


def _merged_xlsx(ranges: tuple[str, ...], rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for one in ranges:
        sheet.merge_cells(one)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_merged_cells_are_told_by_header_and_rows(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["2023 年下发图斑", None, None],
        HEAD,
        ["A", 1.0, "2023-05-08"],
        [None, 2.0, None],
        ["B", 3.0, None],
    ]
    merged = {"图斑编号": [(3, 4)], "下发日期": [(3, 5)]}
    ranges = ("A1:C1", "A3:A4", "C3:C5")
    xlsx = _only(tmp_path / "a.xlsx", _merged_xlsx(ranges, rows))
    assert xlsx.says.merged == merged
    old = _only(tmp_path / "a.xls", xls({"表": rows}, [(0, 0, 0, 2), (2, 3, 0, 0), (2, 4, 2, 2)]))
    assert old.says.merged == merged


def test_merged_cells_are_found_beside_an_empty_first_column(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[None, *HEAD], [None, "A", 1, "2023-05-08"], [None, None, 2, None]]
    table = _only(tmp_path / "a.xlsx", _merged_xlsx(("B2:B3",), rows))
    assert table.says.merged == {"图斑编号": [(2, 3)]}


def test_a_workbook_that_counts_from_1904_says_so(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.append(HEAD)
    sheet.append(["A", 1, dt.date(2026, 5, 20)])
    sheet.append(["B", 1, 44700])
    buffer = io.BytesIO()
    book.save(buffer)
    table = _only(tmp_path / "a.xlsx", buffer.getvalue())
    assert table.says.days_late == 1462
    assert table.columns["下发日期"].to_pylist() == ["2026-05-20", "44700"]
    old = _only(tmp_path / "a.xls", xls({"表": [HEAD, ["A", 1.0, 44700.0]]}, from_1904=True))
    assert (old.says.days_late, old.columns["下发日期"].to_pylist()) == (1462, ["44700"])


@given(st.integers(0, 6_000), st.binary(max_size=4))
def test_a_damaged_compound_file_says_nothing_or_something_but_never_fails(
    at: int, junk: bytes
) -> None:
    raw = bytearray(xls({"表": [HEAD, ["A", Error(0x2A), None]]}, [(1, 2, 0, 0)]))
    raw[at : at + len(junk)] = junk
    assert isinstance(marks_of(bytes(raw)), BookMarks)
    assert isinstance(marks_of(bytes(raw[:at])), BookMarks)
