"""What unknown columns could be is told from their values, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from data.units import AreaUnit, mu_to_m2
from data.upload.mapping import map_columns
from data.upload.readers import Geometry, RawTable
from data.upload.schemas import CASES, FINDINGS, PATCHES, KindSchema
from data.upload.suggesting import Known, Suggestion, needs_of, suggest

DISTRICTS = {"环翠区": "371002", "文登区": "371003", "371002": "371002"}
TOWNS = {"张村镇": "371002101", "羊亭镇": "371002103"}
KNOWN = Known(DISTRICTS.get, TOWNS.get, (121.1, 36.7, 122.8, 37.6))


def table(columns: dict[str, Sequence[Any]], areas_mu: Sequence[float] | None = None) -> RawTable:
    count = len(next(iter(columns.values())))
    geometry = None
    if areas_mu is not None:
        nan = np.full(count, np.nan)
        geometry = Geometry(
            np.full(count, b"", dtype=object),
            np.array([mu_to_m2(a) for a in areas_mu]),
            nan,
            nan,
            np.full((count, 4), np.nan),
            np.zeros(count, dtype=bool),
        )
    cells = {h: pa.array([None if v is None else str(v) for v in vs]) for h, vs in columns.items()}
    return RawTable("表", pa.table(cells), np.arange(count) + 2, geometry)


def suggested(
    columns: dict[str, Sequence[Any]],
    schema: KindSchema = PATCHES,
    known: Known = KNOWN,
    areas_mu: Sequence[float] | None = None,
) -> dict[str, Suggestion]:
    raw = table(columns, areas_mu)
    return suggest(raw, map_columns(list(columns), schema.columns), schema.columns, known)


WHOLE: dict[str, Sequence[Any]] = {
    "甲": ["HC-001", "HC-002", "WD-003"],
    "乙": ["新增非农建设类", "新增非农建设类", "其他变化类"],
    "丙": ["2023-05-08", "2023/5/8", "2023年5月22日"],
    "丁": ["环翠区", "环翠区", "文登区"],
    "戊": ["张村镇", "羊亭镇", "张村镇"],
    "己": [12.5, 8.25, 20.75],
    "庚": [122.05, 122.1, 121.9],
    "辛": [37.31, 37.4, 37.2],
}


def test_a_table_without_a_known_title_is_told_by_its_values() -> None:
    found = suggested(WHOLE)
    assert {header: s.field for header, s in found.items()} == {
        "甲": "patch_no",
        "乙": "patch_type",
        "丙": "issued_on",
        "丁": "district_code",
        "戊": "town_code",
        "己": "area_mu",
        "庚": "lon",
        "辛": "lat",
    }
    assert found["甲"].reason == "每行一个、互不重复，如 HC-001、HC-002"
    assert "取值都是日期" in found["丙"].reason
    assert "图斑类型" in found["乙"].reason
    assert "经度" in found["庚"].reason


def test_known_columns_are_left_and_their_fields_not_suggested_again() -> None:
    found = suggested(
        {"图斑编号": ["A1", "A2"], "另一编号": ["B1", "B2"], "丙": ["2023-05-08"] * 2}
    )
    assert set(found) == {"丙"}


@pytest.mark.parametrize("unit", list(AreaUnit))
def test_an_area_is_told_by_the_shapes_and_with_its_unit(unit: AreaUnit) -> None:
    areas = [12.5, 8.0, 20.0]
    cells = [a * unit.denominator / unit.numerator for a in areas]
    found = suggested({"甲": ["A1", "A2", "A3"], "大小": cells}, areas_mu=areas)
    assert (found["大小"].field, found["大小"].unit) == ("area_mu", unit)
    assert unit.label in found["大小"].reason


def test_of_two_columns_of_decimals_the_larger_in_every_row_is_the_whole_area() -> None:
    found = suggested({"一": [3.5, 8.5, 0.5], "二": [12.5, 9.25, 20.75]})
    assert found["二"].field == "area_mu"
    assert "一" not in found


def test_decimals_that_cross_each_other_are_not_guessed_at() -> None:
    assert suggested({"一": [3.5, 9.5], "二": [12.5, 2.25]}) == {}


def test_the_title_tells_which_area_it_is() -> None:
    found = suggested({"耕地面积数": [3.5, 0.5], "监测面积": [5.0, 6.0]})
    assert found["耕地面积数"].field == "farmland_mu"
    whole = suggested({"其中占耕地": [3, 0], "监测面积": [5.0, 6.0]})
    assert whole["其中占耕地"].reason == "列名含“耕地”，取值是数，如 3、0"


def test_one_of_several_dates_is_not_chosen_but_said_to_be_one() -> None:
    found = suggested({"图斑编号": ["A"], "那天": ["2023-05-08"]}, CASES)
    assert found["那天"].field is None
    assert "请选择" in found["那天"].reason
    named = suggested({"图斑编号": ["A"], "立案的日期": ["2023-05-08"]}, CASES)
    assert named["立案的日期"].field == "filed_on"


def test_compact_dates_are_dates_and_plain_numbers_are_not() -> None:
    assert suggested({"丙": ["20230508", "20230522"]})["丙"].field == "issued_on"
    assert "丙" not in suggested({"丙": ["45054", "45068"], "图斑编号": ["A1", "A2"]})


def test_numbers_that_the_store_knows_are_the_patches() -> None:
    known = Known(DISTRICTS.get, TOWNS.get, KNOWN.bounds, {"12", "13"})
    found = suggested({"x": ["12", "12", "13"], "y": ["1", "2", "1"]}, FINDINGS, known)
    assert found["x"].field == "patch_no"
    assert "100%" in found["x"].reason
    assert found["y"].field == "parcel_no"


def test_a_running_number_is_no_patch_number() -> None:
    found = suggested({"序": ["1", "2", "3"], "图斑编号": ["A", "B", "C"]})
    assert "序" not in found
    assert "序" not in suggested({"序": ["1", "2", "3"]})


def test_vocabularies_tell_findings() -> None:
    found = suggested(
        {"图斑编号": ["A", "B"], "结论": ["违法", "合法"], "细类": [None, "临时用地"]}, FINDINGS
    )
    assert found["结论"].field == "legality"
    assert found["细类"].field == "other_category"


def test_gauss_coordinates_are_told_with_and_without_their_zone() -> None:
    for x in (40_504_000.5, 504_000.5):
        found = suggested({"图斑编号": ["A", "B"], "横": [x, x + 90], "纵": [4_130_000, 4_131_000]})
        assert (found["横"].field, found["纵"].field) == ("lon", "lat")


def test_an_empty_column_and_our_own_are_passed_over() -> None:
    assert suggested({"空": [None, None], "【退回说明】": ["缺少图斑编号"] * 2}) == {}


def test_hostile_values_are_only_text() -> None:
    found = suggested({"图斑编号": ["A"], "下发的日期": ["<script>alert(1)</script>"]})
    assert "下发的日期" not in found


def test_what_is_needed_says_where_it_is() -> None:
    needs = needs_of(
        PATCHES.columns,
        {"patch_no": "甲"},
        {"issued_on": "丙"},
        {"图斑类型": "矿产"},
        has_place=False,
    )
    assert [(n["title"], n["state"], n["by"]) for n in needs] == [
        ("图斑编号", "file", "甲"),
        ("图斑类型", "given", "矿产"),
        ("下发日期", "suggested", "丙"),
        ("监测面积", "missing", None),
        ("位置（图形、中心坐标或区市）", "missing", None),
    ]
    place = needs_of(PATCHES.columns, {}, {"district_code": "丁"}, {}, has_place=False)[-1]
    assert (place["state"], place["by"]) == ("suggested", "丁")
    assert needs_of(PATCHES.columns, {}, {}, {}, has_place=True)[-1]["state"] == "shape"


def test_a_wide_table_is_looked_through_quickly() -> None:
    wide: dict[str, Sequence[Any]] = {
        f"列{n}": [f"{n}-{r}" for r in range(2_000)] for n in range(100)
    }
    assert len(suggested(wide)) <= 1
