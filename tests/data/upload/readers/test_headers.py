"""Header rows under titles, merged groups, and names of columns."""

from __future__ import annotations

import pytest

from data.upload.readers.headers import find_header, is_signature, is_total, plain

EMPTY: str | None = None


def test_the_first_row_is_the_header_in_a_plain_sheet() -> None:
    header = find_header([["图斑编号", "下发日期", "监测面积"], ["1", "2023-05-08", "2"]])
    assert header is not None
    assert (header.first, header.last) == (0, 0)
    assert header.names == ("图斑编号", "下发日期", "监测面积")


def test_titles_and_notes_above_the_header_are_stepped_over() -> None:
    rows: list[list[str | None]] = [
        ["威海市2023年卫片图斑台账", EMPTY, EMPTY],
        ["单位：亩", EMPTY, "填报日期：2023-05-08"],
        ["图斑编号", "下发日期", "监测面积（亩）"],
        ["1", "2023-05-08", "2"],
    ]
    header = find_header(rows)
    assert header is not None
    assert header.first == header.last == 2


def test_groups_join_their_columns_only_where_a_title_repeats() -> None:
    rows: list[list[str | None]] = [
        ["图斑编号", "非农违法", EMPTY, "合法", EMPTY, "备注"],
        [EMPTY, "面积", "耕地面积", "面积", "项目名称", EMPTY],
        ["1", "2", "1", "0", "某项目", EMPTY],
    ]
    header = find_header(rows)
    assert header is not None
    assert (header.first, header.last) == (0, 1)
    assert header.names == ("图斑编号", "非农违法面积", "耕地面积", "合法面积", "项目名称", "备注")


def test_groups_under_a_title_are_found_too() -> None:
    rows: list[list[str | None]] = [
        ["某表", EMPTY, EMPTY, EMPTY],
        ["图斑编号", "占用情况", EMPTY, "坐落"],
        [EMPTY, "监测面积", "占用耕地面积", EMPTY],
        ["1", "2", "1", "某村"],
    ]
    header = find_header(rows)
    assert header is not None
    assert (header.first, header.last) == (1, 2)
    assert header.names == ("图斑编号", "监测面积", "占用耕地面积", "坐落")


def test_a_row_of_texts_is_not_taken_for_a_second_header_row() -> None:
    rows: list[list[str | None]] = [
        ["图斑编号", "坐落", EMPTY],
        ["甲一", "某村", "附注"],
        ["甲二", "某村", EMPTY],
    ]
    header = find_header(rows)
    assert header is not None
    assert (header.first, header.last) == (0, 0)


def test_a_sheet_of_unknown_titles_has_its_first_full_row_as_header() -> None:
    rows: list[list[str | None]] = [
        ["某市某表", EMPTY, EMPTY],
        ["甲列", "乙列", "丙列"],
        ["1", "2", "3"],
        ["4", "5", "6"],
    ]
    header = find_header(rows)
    assert header is not None
    assert header.first == 1


def test_records_that_mention_titles_are_not_the_header() -> None:
    rows: list[list[str | None]] = [
        ["属性名称", "类型", "长度"],
        ["地块编号", "字符串", "255"],
        ["面积", "数值", "20"],
    ]
    header = find_header(rows)
    assert header is not None
    assert header.first == 0


def test_equal_titles_without_groups_get_numbers() -> None:
    header = find_header([["图斑编号", "备注", "备注"], ["1", "a", "b"]])
    assert header is not None
    assert header.names == ("图斑编号", "备注", "备注_2")


@pytest.mark.parametrize(
    "title",
    [
        "监测面积（平方米）",
        "监测面积(㎡)",
        " 监测 面积 ",
        "*监测面积",
        "监测面积：",
        "监测面积\n(亩)",
    ],
)
def test_width_spaces_units_and_marks_do_not_matter(title: str) -> None:
    assert plain(title) == "监测面积"


def test_an_empty_sheet_has_no_header() -> None:
    assert find_header([]) is None
    assert find_header([[EMPTY, EMPTY], [EMPTY, EMPTY]]) is None


@pytest.mark.parametrize("title", ["合计", "总 计：", "合计（亩）", "本页小计:"])
def test_sums_are_told_by_their_first_cell(title: str) -> None:
    assert is_total([None, title, "12"])
    assert not is_total(["合计村", title])


@pytest.mark.parametrize(
    "cell", ["填表人：张三", "审核人 : ", "备注：面积以亩计", "填报日期：5月9日"]
)
def test_signatures_and_remarks_are_told_by_their_first_cell(cell: str) -> None:
    assert is_signature([cell, None, "审核人：李四"])
    assert not is_signature(["HC-1", cell])
    assert not is_signature(["负责人", "x"])
