"""In which unit an area column is read: by its header, by a line of the table, by a word of the
user; and what is said where the values fit another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.errors import UploadRefused
from data.jobs.preview import columns_document
from data.store.engine import Store
from data.store.models import Parcel, Patch
from data.units import AreaUnit, area_unit
from data.upload.mapping import map_columns, unit_of_header, units_outside
from data.upload.readers import read_file
from data.upload.schemas import PATCHES as PATCHES_SCHEMA
from data.vocabulary import UploadKind
from tests.data.upload.readers.files import OPTIONS, squares, workbook
from tests.sending import FINDING, PATCH, messages, send, send_file, warnings

PATCHES, FINDINGS = UploadKind.PATCHES, UploadKind.FINDINGS
_HEADER = ["图斑编号", "图斑类型", "下发日期", "区市", "监测面积", "占用耕地面积"]
_ROW = ["HC-1", "新增非农建设类", "2023-05-08", "环翠区", "0.8333", "0.2"]


def _book(path: Path, *rows: list[Any]) -> Path:
    path.write_bytes(workbook(rows))
    return path


def _areas(store: Store) -> list[tuple[float, float]]:
    with store.read() as conn:
        found = conn.execute(select(Patch.area_mu, Patch.farmland_mu).order_by(Patch.patch_no))
        return [(round(a, 9), round(f, 9)) for a, f in found]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("㎡", AreaUnit.M2),
        ("m²", AreaUnit.M2),
        ("平米", AreaUnit.M2),
        ("hm²", AreaUnit.HA),
        ("㏊", AreaUnit.HA),
        ("k m2", AreaUnit.KM2),
        ("平方公里", AreaUnit.KM2),
        ("市亩", AreaUnit.MU),
        ("万亩", None),
        ("米", None),
    ],
)
def test_units_are_known_however_they_are_written(text: str, unit: AreaUnit | None) -> None:
    assert area_unit(text) is unit


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("占地（平方米）", AreaUnit.M2),
        ("其中：耕地（公顷）", AreaUnit.HA),
        ("占地[单位：公顷]", AreaUnit.HA),
        ("占地【公顷，保留四位小数】", AreaUnit.HA),
        ("占地（平方公里）合计", AreaUnit.KM2),
        ("占地面积/平方米", AreaUnit.M2),
        ("AREA_HA", AreaUnit.HA),
        ("mj_m2", AreaUnit.M2),
        ("占地hm²", AreaUnit.HA),
        ("占地", None),
        ("ALPHA", None),
        ("占地（公顷）（亩）", None),
    ],
)
def test_a_header_names_its_unit_whatever_its_column_is(header: str, unit: AreaUnit | None) -> None:
    assert unit_of_header(header) is unit


@pytest.mark.parametrize(
    ("header", "value", "mu"),
    [
        ("占地（平方米）", "6670", 10.005),
        ("其中：占地（公顷）", "0.5", 7.5),
        ("占地_平方公里", "0.01", 15.0),
    ],
)
def test_a_header_that_is_mapped_by_hand_keeps_its_unit(
    sqlite_store: Store, header: str, value: str, mu: float
) -> None:
    row = {k: v for k, v in PATCH.items() if not k.startswith(("监测", "占用"))}
    mapping = {header: {"field": "area_mu", "unit": None}}
    outcome = send(sqlite_store, PATCHES, {**row, header: value}, mapping=mapping)
    assert _areas(sqlite_store) == [(mu, 0.0)]
    assert warnings(outcome) == ""


def test_a_chosen_unit_against_the_headers_is_a_warning(sqlite_store: Store) -> None:
    row = {k: v for k, v in PATCH.items() if not k.startswith(("监测", "占用"))}
    mapping = {"占地（平方米）": {"field": "area_mu", "unit": "MU"}}
    outcome = send(
        sqlite_store, PATCHES, {**row, "占地（平方米）": "6670"}, mapping=mapping, preview=True
    )
    assert "写明的单位是平方米，却指定按亩读取" in warnings(outcome)


def test_the_box_of_a_unit_starts_at_what_the_file_says(tmp_path: Path) -> None:
    path = _book(
        tmp_path / "t.xlsx",
        ["单位：公顷"],
        ["图斑编号", "占地（平方米）", "其中：耕地", "坐落"],
        ["A", "6670", "0.5", "某村"],
    )
    (table,) = read_file(path, OPTIONS).tables
    mapped = map_columns(
        table.columns.column_names, PATCHES_SCHEMA.columns, None, units_outside(table)
    )
    shown = columns_document([table], [mapped], PATCHES_SCHEMA.columns)
    assert {c["header"]: c["suggested_unit"] for c in shown} == {
        "图斑编号": None,
        "占地（平方米）": "M2",
        "其中：耕地": "HA",
        "坐落": None,
    }


@pytest.mark.parametrize(
    ("above", "factor"),
    [
        (["单位：公顷"], 15),
        ([None, None, None, "单位:公顷、米"], 15),
        (["2023年下发图斑（单位：平方米）"], 3 / 2000),
        (["2023年下发图斑（公顷）"], 15),
        (["填报单位：环翠分局", "面积单位：hm²"], 15),
        (["单位：", "公顷"], 15),
        (["以平方公里为单位"], 1500),
        (["计量单位：个，亩"], 1),
        (["填报单位：环翠分局"], 1),
        (["（单位：元、亩）"], 1),
    ],
)
def test_a_unit_above_the_table_holds_for_its_area_columns(
    sqlite_store: Store, tmp_path: Path, above: list[Any], factor: float
) -> None:
    send_file(sqlite_store, _book(tmp_path / "t.xlsx", above, _HEADER, _ROW), PATCHES)
    assert _areas(sqlite_store) == [(round(0.8333 * factor, 9), round(0.2 * factor, 9))]


@pytest.mark.parametrize("below", ["注：面积单位为公顷", "单位：公顷", "备注：以公顷为单位"])
def test_so_does_one_below_it(sqlite_store: Store, tmp_path: Path, below: str) -> None:
    send_file(sqlite_store, _book(tmp_path / "t.xlsx", _HEADER, _ROW, [below]), PATCHES)
    assert _areas(sqlite_store) == [(12.4995, 3.0)]


def test_a_column_with_a_unit_of_its_own_keeps_it(sqlite_store: Store, tmp_path: Path) -> None:
    header = [*_HEADER[:-1], "占用耕地面积（亩）"]
    send_file(sqlite_store, _book(tmp_path / "t.xlsx", ["单位：公顷"], header, _ROW), PATCHES)
    assert _areas(sqlite_store) == [(12.4995, 0.2)]


def test_units_may_stand_in_a_row_under_the_titles(sqlite_store: Store, tmp_path: Path) -> None:
    units = [None, None, None, None, "公顷", "（平方米）"]
    send_file(sqlite_store, _book(tmp_path / "t.xlsx", _HEADER, units, _ROW), PATCHES)
    assert _areas(sqlite_store) == [(12.4995, 0.0003)]


def test_units_may_stand_in_the_group_over_the_titles(sqlite_store: Store, tmp_path: Path) -> None:
    groups = [*_HEADER[:4], "面积（公顷）", None]
    titles = [None, None, None, None, *_HEADER[4:]]
    send_file(sqlite_store, _book(tmp_path / "t.xlsx", groups, titles, _ROW), PATCHES)
    assert _areas(sqlite_store) == [(12.4995, 3.0)]


@pytest.mark.parametrize("line", ["单位：万亩", "单位：公顷、亩", "单位：千公顷"])
def test_a_unit_that_cannot_be_told_is_asked_for(
    sqlite_store: Store, tmp_path: Path, line: str
) -> None:
    path = _book(tmp_path / "t.xlsx", [line], _HEADER, _ROW)
    with pytest.raises(UploadRefused, match="不能确定列“监测面积”、“占用耕地面积”的面积单位"):
        send_file(sqlite_store, path, PATCHES)
    send_file(sqlite_store, path, PATCHES, set_columns={"面积单位": "公顷"})
    assert _areas(sqlite_store) == [(12.4995, 3.0)]


def test_a_unit_given_for_the_file_that_nobody_knows_is_refused(sqlite_store: Store) -> None:
    with pytest.raises(UploadRefused, match="面积单位“丈”不认识"):
        send(sqlite_store, PATCHES, PATCH, set_columns={"面积单位": "丈"})


def test_a_csv_names_its_unit_above_the_table_too(sqlite_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["单位：公顷,,,,,", ",".join(_HEADER), ",".join(_ROW)]), "gb18030")
    send_file(sqlite_store, path, PATCHES)
    assert _areas(sqlite_store) == [(12.4995, 3.0)]


def _layer(path: Path, per_m2: float, **columns: float) -> Path:
    frame = squares(4)
    area_m2 = frame.to_crs(4526 + 3).area
    frame["JCMJ"] = area_m2 * per_m2
    frame["TBLX"], frame["XFRQ"] = "新增非农建设类", "2023-05-08"
    for name, share in columns.items():
        frame[name] = area_m2 * share
    frame.to_file(path, driver="GPKG", layer="图斑", engine="pyogrio")
    return path


@pytest.mark.parametrize(("per_m2", "label"), [(1 / 10_000, "公顷"), (1e-6, "平方千米")])
def test_areas_too_small_by_one_factor_are_a_warning_before_writing(
    sqlite_store: Store, tmp_path: Path, per_m2: float, label: str
) -> None:
    outcome = send_file(sqlite_store, _layer(tmp_path / "t.gpkg", per_m2), PATCHES, preview=True)
    assert f"像是{label}" in warnings(outcome)
    assert f"--set 面积单位={label}" in warnings(outcome)


def test_areas_too_large_by_one_factor_come_back_with_the_unit_to_choose(
    sqlite_store: Store, tmp_path: Path
) -> None:
    path = _layer(tmp_path / "t.gpkg", 1.0)
    outcome = send_file(sqlite_store, path, PATCHES)
    assert outcome.rejected == 4
    assert "数值像是平方米" in messages(outcome)
    assert any("面积的666.667倍" in note for note in outcome.notes)
    assert send_file(sqlite_store, path, PATCHES, set_columns={"面积单位": "平方米"}).rejected == 0


def test_parts_of_the_patch_are_held_against_the_shape_as_well(
    sqlite_store: Store, tmp_path: Path
) -> None:
    path = _layer(tmp_path / "t.gpkg", 3 / 2000, GDMJ=1 / 10_000)
    assert "“GDMJ”按亩读取" in warnings(send_file(sqlite_store, path, PATCHES, preview=True))
    path = _layer(tmp_path / "u.gpkg", 3 / 2000, GDMJ=1.0)
    assert "占用耕地面积" in messages(send_file(sqlite_store, path, PATCHES, preview=True))


def test_without_shapes_parts_are_held_against_the_whole(sqlite_store: Store) -> None:
    rows = [
        {**PATCH, "图斑编号": f"HC-{n}", "监测面积": 15.0 * n, "占用耕地面积": 1.0 * n}
        for n in (1, 2, 3)
    ]
    assert "“占用耕地面积”按亩读取" in warnings(send(sqlite_store, PATCHES, *rows))
    assert "像是" not in warnings(send(sqlite_store, PATCHES, *rows[:2]))


def test_an_area_within_a_right_one_is_no_doubt(sqlite_store: Store, tmp_path: Path) -> None:
    path = _layer(tmp_path / "t.gpkg", 3 / 2000, GDMJ=1 / 2000)
    assert "像是" not in warnings(send_file(sqlite_store, path, PATCHES, preview=True))


@pytest.mark.parametrize(("area", "label"), [("8000", "平方米"), ("0.8", "公顷")])
def test_parcels_are_held_against_their_patch(sqlite_store: Store, area: str, label: str) -> None:
    send(sqlite_store, PATCHES, PATCH)
    outcome = send(
        sqlite_store, FINDINGS, {**FINDING, "面积": area, "占用耕地面积": "0"}, preview=True
    )
    assert f"像是{label}" in warnings(outcome)


def test_a_part_larger_than_the_whole_is_a_warning(sqlite_store: Store) -> None:
    outcome = send(sqlite_store, PATCHES, {**PATCH, "占用耕地面积": "80"})
    assert "占用耕地面积80.00亩大于监测面积12.00亩" in warnings(outcome)


def test_findings_take_the_unit_of_the_line_above(sqlite_store: Store, tmp_path: Path) -> None:
    send(sqlite_store, PATCHES, PATCH)
    finding = {**FINDING, "面积": "0.8", "占用耕地面积": "0.5"}
    path = _book(tmp_path / "t.xlsx", ["单位：公顷"], list(finding), list(finding.values()))
    send_file(sqlite_store, path, FINDINGS)
    with sqlite_store.read() as conn:
        assert conn.execute(select(Parcel.area_mu, Parcel.farmland_mu)).one() == (12.0, 7.5)
