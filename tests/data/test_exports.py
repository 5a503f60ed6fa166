"""Tables as workbooks."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest

from data.exports import SheetColumn, table_to_xlsx, tables_to_xlsx

STAMP = {"基准日": "2023-11-23", "口径": "=1+1"}


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "{{ x }}", "http://a.b"])
def test_text_stays_text_whatever_it_looks_like(text: str) -> None:
    book = opened(table_to_xlsx("表", [SheetColumn("备注")], [[text]], STAMP))
    cell = book["表"]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    assert book["说明"]["B2"].data_type == "s"


def test_numbers_keep_every_digit_and_show_as_their_kind() -> None:
    columns = [SheetColumn("亩", "area"), SheetColumn("率", "rate"), SheetColumn("个", "count")]
    sheet = opened(table_to_xlsx("表", columns, [[1.23456, 0.1496, 12]], STAMP))["表"]
    assert [cell.value for cell in sheet[2]] == [1.23456, 0.1496, 12]
    assert [cell.number_format for cell in sheet[2]] == ["#,##0.00", "0.0###%", "#,##0"]


def test_days_are_days_truth_is_a_word_and_nothing_is_empty() -> None:
    columns = [SheetColumn("日", "date"), SheetColumn("是否"), SheetColumn("空")]
    sheet = opened(table_to_xlsx("表", columns, [[date(2023, 5, 24), True, None]], STAMP))["表"]
    day, truth, empty = sheet[2]
    assert day.value.date() == date(2023, 5, 24)
    assert (truth.value, empty.value) == ("是", None)


def test_a_value_that_is_no_number_stands_in_a_column_of_rates() -> None:
    sheet = opened(table_to_xlsx("表", [SheetColumn("5月", "rate")], [["3/5"], [0.5]], STAMP))["表"]
    assert [cell.value for (cell,) in sheet.iter_rows(min_row=2)] == ["3/5", 0.5]


def test_several_tables_have_a_sheet_each_and_one_stamp() -> None:
    columns = [SheetColumn("a")]
    content = tables_to_xlsx({"一": (columns, [["1"]]), "二": (columns, [["2"]])}, STAMP)
    book = opened(content)
    assert book.sheetnames == ["一", "二", "说明"]
    assert book["说明"]["A1"].value == "基准日"


def test_the_head_is_frozen_and_long_text_is_cut_to_what_a_cell_holds() -> None:
    sheet = opened(table_to_xlsx("表", [SheetColumn("备注")], [["长" * 40_000]], STAMP))["表"]
    assert sheet.freeze_panes == "B2"
    assert len(sheet["A2"].value) == 32_000


def test_areas_are_written_in_the_parts_in_which_they_are_kept() -> None:
    """23.93000000000001 is 23.93; nine decimals stay."""
    columns = [SheetColumn("亩", "area"), SheetColumn("每天", "number"), SheetColumn("率", "rate")]
    row = [23.93000000000001, 0.123456789, 1 / 3]
    sheet = opened(table_to_xlsx("表", columns, [row], STAMP))["表"]
    assert [cell.value for cell in sheet[2]] == [23.93, 0.123456789, pytest.approx(1 / 3)]
