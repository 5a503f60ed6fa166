"""Cells become values, or a sentence that says what to write instead."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.units import AreaUnit
from data.upload import parsing
from data.upload.parsing import (
    CLEARED,
    Unreadable,
    parse_column,
    plain_text,
    read_area,
    read_boolean,
    read_date,
    read_integer,
    read_term,
)
from data.upload.schemas import SCHEMAS, CellType, Column
from data.vocabulary import UploadKind

PATCHES = SCHEMAS[UploadKind.PATCHES]
FINDINGS = SCHEMAS[UploadKind.FINDINGS]


def _parse(column: Column, *cells: Any) -> tuple[list[Any], dict[int, str]]:
    parsed = parse_column(np.array(cells, dtype=object), column, AreaUnit.MU)
    return list(parsed.values), parsed.errors


@given(st.dates(date(1980, 1, 1), date(2100, 12, 31)))
def test_every_day_is_read_in_every_way_of_writing_it(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    for text in (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year} 年 {day.month} 月 {day.day} 日",
        str(serial),
        f"{serial}.0",
        f"{day.isoformat()} 00:00:00",
        f"{day.isoformat()}T08:30:00",
    ):
        assert read_date(text) == day, text


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-30",
        "2023-13-01",
        "昨天",
        "2023-05",
        "5月3日",
        "1",
        "99999999",
        "0203-01-01",
        "4_5050",
    ],
)
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Unreadable, match="下发日期"):
        read_date(text, "下发日期")


@pytest.mark.parametrize("text", ["是", "1", "Y", "y", "true", "１", "1.0"])
def test_yes_in_many_words(text: str) -> None:
    assert read_boolean(text) is True


@pytest.mark.parametrize("text", ["否", "0", "N", "n", "FALSE", "0.0"])
def test_no_in_many_words(text: str) -> None:
    assert read_boolean(text) is False


def test_what_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(Unreadable, match="是"):
        read_boolean("不详")


@given(st.floats(0, 900_000, allow_nan=False).map(lambda v: round(v, 9)))
def test_an_area_in_mu_keeps_every_digit(value: float) -> None:
    assert read_area(repr(value), repr(value), AreaUnit.MU) == value


@pytest.mark.parametrize(
    ("text", "unit", "mu"),
    [
        ("2000", AreaUnit.M2, 3.0),
        ("1", AreaUnit.HA, 15.0),
        ("0.01", AreaUnit.KM2, 15.0),
        ("1,234.5", AreaUnit.MU, 1234.5),
        ("3.5亩", AreaUnit.M2, 3.5),
        ("1公顷", AreaUnit.MU, 15.0),
        ("１２．５", AreaUnit.MU, 12.5),
        ("0.8 hm²", AreaUnit.MU, 12.0),
        ("12.5㎡", AreaUnit.MU, 0.01875),
        ("0.01平方公里", AreaUnit.M2, 15.0),
    ],
)
def test_units_are_converted(text: str, unit: AreaUnit, mu: float) -> None:
    assert read_area(text, text, unit) == pytest.approx(mu, abs=1e-12)


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "1e400", "十二", "1/2", "--", "12,5"])
def test_an_impossible_or_unreadable_area_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_area(text, text, AreaUnit.MU)


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("1.0", 1), ("02", 2), ("３", 3)])
def test_whole_numbers(text: str, number: int) -> None:
    assert read_integer(text) == number


@pytest.mark.parametrize("text", ["1.5", "-1", "一", "1e3", "12345678901"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_integer(text, "地块序号")


def test_terms_are_chinese_labels_and_the_refusal_lists_them() -> None:
    column = FINDINGS.column("legality")
    assert read_term(" 违 法 ", column) == "unlawful"
    with pytest.raises(Unreadable, match="合法、违法、其他"):
        read_term("待判定", column)
    with pytest.raises(Unreadable):
        read_term("unlawful", column)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (371002.0, "371002"),
        (12.5, "12.5"),
        ("\x00HC\x1f-1 ", "HC-1"),
        ("\u200bHC-1\ufeff", "HC-1"),
        ("=1+1", "=1+1"),
        (True, "是"),
        (datetime(2023, 3, 5), "2023-03-05 00:00:00"),
    ],
)
def test_cells_as_text(cell: Any, text: str) -> None:
    assert plain_text(cell) == text


def test_a_spreadsheets_code_loses_its_point() -> None:
    assert _parse(PATCHES.column("patch_no"), "371002.0", "HC-1.0") == (["371002", "HC-1.0"], {})


def test_an_error_of_a_spreadsheet_is_no_value_and_no_empty_cell() -> None:
    for name in ("area_mu", "farmland_mu", "patch_no", "issued_on", "location", "district_code"):
        for cell in ("#N/A", "#REF!", "#DIV/0!", "########", "#公式未计算"):
            values, errors = _parse(PATCHES.column(name), cell)
            assert values == [None], name
            assert "错误值" in errors[0], name
    assert _parse(PATCHES.column("location"), "3#楼", "#5地块") == (["3#楼", "#5地块"], {})


def test_a_year_may_be_called_one() -> None:
    assert _parse(PATCHES.column("year"), "2023年", "２０２３年度", "2023") == ([2023] * 3, {})
    assert _parse(PATCHES.column("year"), "23年")[1]


@pytest.mark.parametrize("code", ["3.71002E+14", "3.71002e+14", "3.71002202300012E17"])
def test_a_code_in_scientific_notation_is_refused(code: str) -> None:
    values, errors = _parse(PATCHES.column("patch_no"), code, "3E14")
    assert values == [None, "3E14"]
    assert "科学计数" in errors[0]


def test_a_number_that_lost_its_last_digits_is_refused() -> None:
    values, errors = _parse(PATCHES.column("patch_no"), "3.71002E+18", "1E5")
    assert values == [None, "1E5"]
    assert "科学计数" in errors[0]


def test_a_period_is_its_year() -> None:
    column = SCHEMAS[UploadKind.SUBMISSIONS].column("period")
    assert _parse(column, "2023", "2023年", "2023年度", "2023.0")[0] == ["2023"] * 4


def test_leading_zeros_stay() -> None:
    assert _parse(PATCHES.column("patch_no"), "007")[0] == ["007"]


def test_an_empty_cell_is_none_and_the_word_clears() -> None:
    values, errors = _parse(PATCHES.column("withdrawn_on"), None, "", "  ", "清空", "2023-05-01")
    assert values == [None, None, None, CLEARED, date(2023, 5, 1)]
    assert errors == {}


@pytest.mark.parametrize("name", ["patch_no", "issued_on", "area_mu", "year"])
def test_what_is_required_cannot_be_cleared(name: str) -> None:
    values, errors = _parse(PATCHES.column(name), "清空")
    assert values == [None]
    assert "不能清空" in errors[0]


def test_one_bad_cell_spoils_no_other() -> None:
    values, errors = _parse(PATCHES.column("issued_on"), "2023-05-01", "昨天", "2023-05-02", "昨天")
    assert values == [date(2023, 5, 1), None, date(2023, 5, 2), None]
    assert set(errors) == {1, 3}


def test_a_time_of_a_picture_may_be_words() -> None:
    column = PATCHES.column("image_before")
    assert _parse(column, "20111120", "2011年夏")[0] == ["2011-11-20", "2011年夏"]


_TEXTS = st.lists(
    st.one_of(
        st.none(),
        st.from_regex(r"[A-Z]?[0-9]{1,12}(\.0)?", fullmatch=True),
        st.text("3710 02\n\u200b．１村清空aE+.", max_size=40),
        st.sampled_from(["清空", "2023年", "", " 7", "1.2E+10", "第3号村东"]),
    ),
    max_size=8,
)
_PLAIN = st.from_regex(r"[0-9]{1,7}(\.[0-9]{1,6})?", fullmatch=True)
_ODD = st.sampled_from(["1,200.5", "-3", "5亩", " 7", "1e3", "９", "", ".5", "7\n8", "无"])
_NUMBERS = st.one_of(
    st.lists(st.one_of(st.none(), st.floats(-1, 2e6), st.just(float("nan"))), max_size=8),
    st.lists(st.one_of(st.none(), _PLAIN), max_size=8),
    st.lists(st.one_of(st.none(), _PLAIN, _ODD), max_size=8),
)


@pytest.mark.parametrize(
    "name", ["patch_no", "location", "mineral", "image_before", "area_mu", "farmland_mu"]
)
@given(data=st.data())
def test_a_column_read_at_once_is_as_one_read_cell_by_cell(name: str, data: st.DataObject) -> None:
    column = next(c for c in SCHEMAS[UploadKind.PATCHES].columns if c.field == name)
    drawn: st.SearchStrategy[list[Any]] = _NUMBERS if column.type is CellType.AREA else _TEXTS
    cells = data.draw(drawn)
    array = np.array([*cells, None], dtype=object)
    at_once = parse_column(array, column, AreaUnit.M2)
    with mock.patch.object(parsing, "_plain_column", return_value=None):
        one_by_one = parse_column(array, column, AreaUnit.M2)
    assert at_once.values.tolist() == one_by_one.values.tolist()
    assert at_once.errors == one_by_one.errors


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-20 23:59:17",  # as browsers at UTC+8 write the 21st
        "2026-05-20 23:58:01.5",
        "2026/5/20 23:59",
        "2026-05-20 11:59:30 PM",
        "2026年5月20日 下午11:59",
        "46162.99950231",
        "46163.0005",
        "2026-05-21 00:01:40",
        "2026-05-20T16:00:00.000Z",
        "2026-05-20T16:00:00+00:00",
        "2026-05-20 16:00:00+00",
        "2026-05-20T16:00Z",
        "2026-05-20 16:00:00 UTC",
        "2026-05-20T15:59:17Z",
        "2026-05-20T12:00:00-05:00",
        "2026-05-21T00:00:00+0800",
        "2026-05-21T23:00:00+08:00",
        "20260520T160000Z",
        "2026/5/20 16:00:00 GMT+0000 (UTC)",
        "2026-05-20 24:00:00",
        "20260521120000",
    ],
)
def test_a_time_is_the_day_that_it_means_in_china(text: str) -> None:
    assert read_date(text) == date(2026, 5, 21)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-20 23:59:59",  # how programs write the end of a day
        "2026-05-20T15:59:59.999Z",
        "2026-05-20 23:57:00",
        "46162.95",
        "2026-05-20T15:30:00Z",
        "2026-05-20T16:00:00",
    ],
)
def test_a_time_well_before_midnight_stays_on_its_day(text: str) -> None:
    assert read_date(text) == date(2026, 5, 20)


def test_a_day_number_of_a_workbook_from_1904_is_four_years_later() -> None:
    assert read_date("44700", days_late=1462) == date(2026, 5, 20)
    assert read_date("2026-05-20", days_late=1462) == date(2026, 5, 20)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1779206400000", "毫秒时间戳（北京时间 2026-05-20）"),
        ("1779206400", "秒时间戳（北京时间 2026-05-20）"),
        ("2026-05-20 25:00", "无法识别"),
        ("2026-05-20T16:00:00 Zulu", "无法识别"),
        ("2026-3-123", "无法识别"),
    ],
)
def test_what_is_no_date_is_told_for_what_it_is(text: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said.replace("(", r"\(")):
        read_date(text)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("'371003202605080002", "371003202605080002"),
        ("’HC-1", "HC-1"),
        ("\t371003202605080002", "371003202605080002"),
        ("3710032026\t05080002", "371003202605080002"),
        ("371003\u202e202605080002", "371003202605080002"),
        ("\u2066HC-1\u2069", "HC-1"),
        ("HC\u200b-\u00ad1", "HC-1"),
        ("371003 20260508 0002", "371003202605080002"),
        ("ＨＣ－１", "HC-1"),
        ("HC-1\ufe0f", "HC-1"),
    ],
)
def test_a_number_holds_nothing_that_nobody_sees(cell: str, number: str) -> None:
    column = PATCHES.column("patch_no")
    assert _parse(column, cell, "HC-9") == ([number, "HC-9"], {})


def test_an_apostrophe_before_any_value_is_no_part_of_it() -> None:
    assert _parse(PATCHES.column("issued_on"), "'2026-05-20") == ([date(2026, 5, 20)], {})
    assert _parse(PATCHES.column("area_mu"), "'12.5") == ([12.5], {})
    assert _parse(PATCHES.column("district_code"), "'环翠区") == (["环翠区"], {})
    assert _parse(PATCHES.column("location"), "'三调'图斑旁") == (["'三调'图斑旁"], {})


def test_what_turns_the_direction_of_a_text_is_left_out_everywhere() -> None:
    assert _parse(PATCHES.column("location"), "某村\u202e北\u200b侧") == (["某村北侧"], {})


@pytest.mark.parametrize("word", ["/", "／", "—", "——", "-", "--", "无", "N/A", "暂无", "null"])
@pytest.mark.parametrize(
    "name", ["withdrawn_on", "redline_mu", "location", "county_code", "town_code", "image_after"]
)
def test_optional_cells_may_say_that_they_are_empty(name: str, word: str) -> None:
    parsed = parse_column(
        np.array([word, word, None], dtype=object), PATCHES.column(name), AreaUnit.MU
    )
    assert (list(parsed.values), parsed.errors) == ([None] * 3, {})
    assert parsed.nothing == {word: 2}


def test_required_cells_may_not() -> None:
    for name in ("patch_no", "area_mu", "issued_on"):
        _, errors = _parse(PATCHES.column(name), "/")
        assert list(errors) == [0], name


def test_none_of_it_is_a_no_where_yes_or_no_is_asked() -> None:
    column = FINDINGS.column("q_greenhouse_abuse")
    assert _parse(column, "无", "/", "有") == ([False, None, True], {})


@pytest.mark.parametrize("name", ["counts_as_unlawful", "is_new_construction"])
def test_none_of_it_takes_no_land_out_of_the_figures(name: str) -> None:
    column = FINDINGS.column(name)
    assert _parse(column, "无", "—", "否", "是") == ([None, None, False, True], {})


@pytest.mark.parametrize("text", ["0", "00000000", "0000-00-00", "0.0"])
def test_an_optional_date_of_zeros_is_none(text: str) -> None:
    parsed = parse_column(
        np.array([text], dtype=object), PATCHES.column("withdrawn_on"), AreaUnit.MU
    )
    assert (list(parsed.values), parsed.errors, parsed.nothing) == ([None], {}, {})
