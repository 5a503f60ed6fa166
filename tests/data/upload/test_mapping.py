"""Headers are recognised as offices write them."""

from __future__ import annotations

import pytest

from data.units import AreaUnit
from data.upload.mapping import ColumnMap, map_columns, signature
from data.upload.schemas import SCHEMAS, Column
from data.vocabulary import UploadKind

PATCHES = SCHEMAS[UploadKind.PATCHES].columns


def _field(header: str) -> str | None:
    assigned = map_columns([header], PATCHES).assigned
    return assigned[0].column.field if assigned else None


def _taken(mapped: ColumnMap, name: str) -> list[str]:
    return [a.header for a in mapped.of(name)]


@pytest.mark.parametrize("column", PATCHES, ids=lambda c: c.field)
def test_every_header_and_alias_leads_to_its_column(column: Column) -> None:
    for header in (column.header, *column.aliases):
        assert _field(header) == column.field
        assert _field(f" {header.lower()} ") == column.field


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("图 斑 编 号", "patch_no"),
        ("图斑编号*", "patch_no"),
        ("ｔｂｂｈ", "patch_no"),
        ("yjjbntmj", "basic_farmland_mu"),
        ("占用永久基", "basic_farmland_mu"),  # ten bytes of GBK
        ("占用永", "basic_farmland_mu"),  # ten bytes of UTF-8
        ("占用生态保", "redline_mu"),
        ("占用", None),
        ("图斑", None),
        ("退回原因", None),
        ("DLBM", None),
    ],
)
def test_width_space_case_and_cut_names_do_not_matter(header: str, name: str | None) -> None:
    assert _field(header) == name


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("监测面积", AreaUnit.MU),
        ("监测面积（亩）", AreaUnit.MU),
        ("监测面积（平方米）", AreaUnit.M2),
        ("其中：监测面积\u200b（平方米）", AreaUnit.M2),
        ("监测面积(㎡)", AreaUnit.M2),
        ("监测面积 ( m2 )", AreaUnit.M2),
        ("JCMJ(m²)", AreaUnit.M2),
        ("监测面积(公顷)", AreaUnit.HA),
        ("监测面积（ha）", AreaUnit.HA),
        ("监测面积（平方千米）", AreaUnit.KM2),
        ("监测面积（单位：公顷）", AreaUnit.HA),
        ("监测面积_平方米", AreaUnit.M2),
        ("监测面积公顷", AreaUnit.HA),
        ("监测面积/公顷", AreaUnit.HA),
        ("监测面积 单位：平方米", AreaUnit.M2),
        ("监测面积、单位公顷", AreaUnit.HA),
        ("监测面积（", AreaUnit.MU),  # cut off in a .dbf
        ("监测面积（必填）", AreaUnit.MU),
    ],
)
def test_the_unit_stands_in_brackets(header: str, unit: AreaUnit) -> None:
    assigned = map_columns([header], PATCHES).assigned
    assert [(a.column.field, a.unit) for a in assigned] == [("area_mu", unit)]


@pytest.mark.parametrize("header", ["监测面积/万亩", "监测面积单位", "监测面积/公顷/亩"])
def test_no_unit_is_cut_out_of_other_words(header: str) -> None:
    assert map_columns([header], PATCHES).assigned == []


def test_an_unknown_unit_is_not_guessed() -> None:
    mapped = map_columns(["监测面积（万亩）"], PATCHES)
    assert (mapped.assigned, mapped.unclear) == ([], ["监测面积（万亩）"])


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("下发日期（年-月-日）", "issued_on"),
        ("图斑编号(必填)", "patch_no"),
        ("下发日期（省级）", None),  # may be another date
    ],
)
def test_a_remark_in_brackets_is_no_part_of_the_name(header: str, name: str | None) -> None:
    assert _field(header) == name


def test_the_canonical_header_wins_over_an_alias_and_the_other_is_said() -> None:
    mapped = map_columns(["JCBH", "图斑编号"], PATCHES)
    assert _taken(mapped, "patch_no") == ["图斑编号"]
    assert mapped.ignored == ["JCBH"]
    assert len(mapped.notes) == 1


def test_code_and_name_of_a_place_serve_together() -> None:
    mapped = map_columns(["XZQDM", "XZQMC"], PATCHES)
    assert _taken(mapped, "county_code") == ["XZQDM", "XZQMC"]


def test_what_the_user_assigns_wins() -> None:
    given: dict[str, dict[str, str | None]] = {
        "编号二": {"field": "patch_no", "unit": None},
        "JCMJ": {"field": None, "unit": None},
    }
    mapped = map_columns(["图斑编号", "编号二", "JCMJ"], PATCHES, given)
    assert _taken(mapped, "patch_no") == ["编号二"]
    assert set(mapped.ignored) == {"图斑编号", "JCMJ"}


def test_files_with_the_same_columns_share_a_signature() -> None:
    assert signature(["图斑编号", "JCMJ"]) == signature(["jcmj ", "图斑 编号"])
    assert signature(["图斑编号"]) != signature(["图斑编号", "JCMJ"])
