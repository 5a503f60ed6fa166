"""A returned workbook, corrected, goes back in as its file was read: kind, year, columns, units."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely
from sqlalchemy import select

from data.errors import UploadRefused
from data.store.engine import Store
from data.store.models import Parcel, Patch
from data.upload.mapping import REASON_HEADER, signature
from data.upload.readers import ReadResult
from data.upload.readers.base import SLIP_SHEET
from data.upload.request import UploadOutcome
from data.upload.schemas import SCHEMAS, CellType
from data.upload.slip import Slip, slip_cells, slip_of
from data.upload.template_examples import example_rows
from data.vocabulary import ReferenceLayer, UploadKind
from tests.sending import FINDING, PATCH, corrected, messages, send, send_file

YEAR = 2023
TABLES = [k for k in UploadKind if k is not UploadKind.REFERENCE]


def strange(rows: list[dict[str, Any]], kind: UploadKind) -> tuple[list[dict[str, Any]], Any]:
    """The rows under headers that no alias knows, and the mapping a user would give them."""
    fields = {c.header: c for c in SCHEMAS[kind].columns}
    names = {header: f"甲{at}" for at, header in enumerate(fields)}
    renamed = [{names[h]: v for h, v in row.items()} for row in rows]
    used = {h for row in rows for h in row}
    mapping = {
        names[h]: {"field": c.field, "unit": "HA" if c.type is CellType.AREA else None}
        for h, c in fields.items()
        if h in used
    }
    return renamed, mapping


@pytest.mark.parametrize("kind", TABLES)
def test_rows_of_a_hand_mapped_file_go_back_in_once_corrected(
    sqlite_store: Store, kind: UploadKind
) -> None:
    whole = {**PATCH, "下发日期": "2023-03-08", "监测面积": 900}
    if kind is not UploadKind.PATCHES:
        patches = [{**whole, "图斑编号": f"示例-00{n}"} for n in (1, 2)]
        send(sqlite_store, UploadKind.PATCHES, *patches, year=YEAR)
    good, bad = (dict(row) for row in example_rows(kind, YEAR))
    if kind is not UploadKind.LEDGER:  # the year is chosen, and comes back in the slip
        good.pop("年度", None)
        bad.pop("年度", None)
    key = next(c for c in SCHEMAS[kind].columns if c.required and c.header in bad)
    right, bad[key.header] = bad[key.header], None
    rows, mapping = strange([good, bad], kind)
    first = send(sqlite_store, kind, *rows, year=YEAR, mapping=mapping, profile="某区的表")
    assert (first.inserted, first.rejected) == (1, 1), messages(first)

    header = next(h for h, word in mapping.items() if word["field"] == key.field)
    back = corrected(first.report, header + _unit(key.type), right)
    second = send_file(sqlite_store, back, kind, year=None)

    assert (second.inserted, second.rejected, second.ended) == (1, 0, 0), messages(second)
    assert "方案“某区的表”" in second.notes[0]
    meant, _ = strange([good, {**bad, key.header: right}], kind)
    again = send(sqlite_store, kind, *meant, year=YEAR, mapping=mapping)
    assert again.unchanged == 2, "the row that went back is the row that the file meant"


def _unit(type_: CellType) -> str:
    return "（公顷）" if type_ is CellType.AREA else ""


def test_what_was_chosen_goes_before_the_slip(sqlite_store: Store) -> None:
    bad = {**PATCH, "下发日期": "昨天"}
    del bad["图斑类型"]
    given = {"图斑类型": "其他变化类"}
    first = send(sqlite_store, UploadKind.PATCHES, bad, set_columns=given)
    back = corrected(first.report, "下发日期", "2023-05-08")
    chosen = {"图斑类型": "其他新增建设类"}
    outcome = send_file(sqlite_store, back, UploadKind.PATCHES, 2023, set_columns=chosen)
    assert outcome.inserted == 1, messages(outcome)
    with sqlite_store.read() as conn:
        assert conn.scalar(select(Patch.patch_type)) == "other_construction"


def test_a_parcel_that_comes_back_does_not_end_its_neighbours(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    parcels = [{**FINDING, "地块序号": n, "面积": 3.0, "占用耕地面积": 1.0} for n in (1, 2, 3)]
    assert send(store, UploadKind.FINDINGS, *parcels).inserted == 3
    first = send(
        store, UploadKind.FINDINGS, {**parcels[0], "备注": "一"}, {**parcels[1], "合法性判定": "?"}
    )
    assert (first.updated, first.rejected, first.ended) == (1, 1, 0)

    back = corrected(first.report, "合法性判定", "违法")
    second = send_file(store, back, UploadKind.FINDINGS, None)

    assert second.rejected == 0, messages(second)
    assert _active(store) == [1, 2], "the third was not in the file, the first was"


def test_without_the_slip_a_returned_workbook_ends_nothing(sqlite_store: Store) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    parcels = [{**FINDING, "地块序号": n, "面积": 3.0, "占用耕地面积": 1.0} for n in (1, 2)]
    send(sqlite_store, UploadKind.FINDINGS, parcels[0])
    first = send(sqlite_store, UploadKind.FINDINGS, {**parcels[1], "合法性判定": "?"})
    back = corrected(first.report, "合法性判定", "违法", drop_slip=True)
    outcome = send_file(sqlite_store, back, UploadKind.FINDINGS)
    assert (outcome.inserted, outcome.ended) == (1, 0), messages(outcome)
    assert any("不终止" in note for note in outcome.notes)


def test_the_area_of_one_parcel_that_comes_back_is_not_the_whole_patchs(
    sqlite_store: Store,
) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    parcels = [{**FINDING, "地块序号": n, "面积": 3.0, "占用耕地面积": 1.0} for n in (1, 2)]
    first = send(sqlite_store, UploadKind.FINDINGS, parcels[0], {**parcels[1], "面积": ""})
    back = corrected(first.report, "上报日期", "2023-05-20")
    outcome = send_file(sqlite_store, back, UploadKind.FINDINGS)
    assert outcome.rejected == 1, "3 亩 are taken of it already"


def _active(store: Store) -> list[int]:
    with store.read() as conn:
        query = select(Parcel.parcel_no).where(~Parcel.ended).order_by(Parcel.parcel_no)
        return list(conn.scalars(query))


def test_a_unit_that_stood_elsewhere_is_written_into_the_header(sqlite_store: Store) -> None:
    rows, mapping = strange([{**PATCH, "下发日期": "昨天", "监测面积": 0.8}], UploadKind.PATCHES)
    first = send(sqlite_store, UploadKind.PATCHES, *rows, mapping=mapping)
    assert first.report is not None
    headers = [cell.value for cell in openpyxl.load_workbook(first.report).worksheets[0][1]]
    area = next(h for h, word in mapping.items() if word["field"] == "area_mu")
    assert f"{area}（公顷）" in headers


def test_a_layers_middle_counts_and_its_columns_of_metres_do_not(
    sqlite_store: Store, tmp_path: Path
) -> None:
    row = {**PATCH, "下发日期": "昨天", "XZB": 1.0, "YZB": 2.0}
    del row["区市"]
    path = tmp_path / "图斑.geojson"
    shape = shapely.box(122.05, 37.3, 122.0513, 37.3005)
    gpd.GeoDataFrame([row], geometry=[shape], crs=4490).to_file(path)
    first = send_file(sqlite_store, path, UploadKind.PATCHES)
    back = corrected(first.report, "下发日期", "2023-05-08")
    outcome = send_file(sqlite_store, back, UploadKind.PATCHES, None)
    assert outcome.inserted == 1, messages(outcome)
    with sqlite_store.read() as conn:
        assert shape.contains(shapely.Point(*conn.execute(select(Patch.lon, Patch.lat)).one()))


def test_centres_in_metres_are_read_in_the_system_of_their_file(sqlite_store: Store) -> None:
    """One row alone could lie in several; among its neighbours there was one answer."""
    row = {k: v for k, v in PATCH.items() if k != "区市"} | {"XZB": 504_000, "YZB": 4_130_000}
    bad = {**row, "图斑编号": "HC-2", "下发日期": "昨天"}
    first = send(sqlite_store, UploadKind.PATCHES, row, bad, crs=4550)
    assert (first.inserted, first.rejected) == (0, 2) or first.rejected == 1
    slip = _slip_in(first)
    assert slip.crs == 4550


def _slip_in(outcome: UploadOutcome) -> Slip:
    assert outcome.report is not None
    sheet = openpyxl.load_workbook(outcome.report)[SLIP_SHEET]
    assert sheet.sheet_state == "veryHidden"
    cells = [str(row[0]) for row in sheet.iter_rows(values_only=True)]
    slip = slip_of(ReadResult([], "excel", slip="".join(cells[1:])))
    assert slip is not None
    return slip


def test_another_kind_than_the_slips_is_said_and_nothing_is_taken_from_it(
    sqlite_store: Store,
) -> None:
    first = send(sqlite_store, UploadKind.PATCHES, {**PATCH, "下发日期": "昨天"})
    assert first.report is not None
    with pytest.raises(UploadRefused, match="年度"):
        send_file(sqlite_store, first.report, UploadKind.CASES, None)
    said = send_file(sqlite_store, first.report, UploadKind.CASES, 2023)
    assert "“下发图斑”的退回表" in said.notes[0]


def test_the_workbook_of_a_layer_says_that_shapes_come_from_the_layer(
    sqlite_store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "台账.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["编号", REASON_HEADER])
    book.active.append(["甲", "不是面"])
    hidden = book.create_sheet(SLIP_SHEET)
    for text in slip_cells(Slip(UploadKind.REFERENCE, "农田.zip", None, ReferenceLayer.FARMLAND)):
        hidden.append([text])
    book.save(path)
    with pytest.raises(UploadRefused, match=r"农田\.zip"):
        send_file(sqlite_store, path, UploadKind.REFERENCE)


def test_the_reasons_do_not_change_whose_file_it_is() -> None:
    assert signature(["图斑号", "多大"]) == signature(["图斑号", "多大", REASON_HEADER])
    assert signature(["图斑号"]) == signature(["图斑号", "中心经度", "中心纬度", "退回原因"])


def test_a_slip_goes_through_its_cells_whole() -> None:
    mapping: dict[str, dict[str, str | None]] = {
        f"列{n}": {"field": "area_mu", "unit": "HA"} for n in range(900)
    }
    slip = Slip(
        UploadKind.FINDINGS, "表.xlsx", 2023, None, 4528, {"用途": "仓储"}, mapping, "甲", {}
    )
    cells = slip_cells(slip)
    assert max(map(len, cells)) < 32_767
    assert slip_of(ReadResult([], "excel", slip="".join(cells[1:]))) == slip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        '{"kind": "nothing"}',
        '{"kind": ["patches"]}',
        '{"kind": "patches", "layer": "sea"}',
        "[" * 100_000,
    ],
)
def test_a_slip_that_is_none_is_passed_over(text: str) -> None:
    assert slip_of(ReadResult([], "excel", slip=text)) is None


def test_what_a_forged_slip_says_is_held_to_what_can_be_said() -> None:
    forged = {
        "kind": "patches",
        "file": "<script>\u202e甲.xlsx",
        "year": 9999,
        "crs": "EPSG:4528; drop",
        "set": {"区市": ["环翠区"], "图斑类型": "矿产"},
        "mapping": {"a": {"field": "area_mu", "unit": "ACRE"}, "b": 3, "c": {"field": "area_mu"}},
        "splits": {"2023/A": "1", "2023/B": [1, "x"]},
    }
    slip = slip_of(ReadResult([], "excel", slip=json.dumps(forged)))
    assert slip is not None
    assert (slip.year, slip.crs, slip.file_name) == (None, None, "script甲.xlsx")
    assert slip.set_columns == {"图斑类型": "矿产"}
    assert slip.mapping == {"c": {"field": "area_mu", "unit": None}}
    assert slip.splits == {"2023/B": [1]}


def test_the_hidden_sheet_is_neither_read_nor_told(sqlite_store: Store) -> None:
    first = send(sqlite_store, UploadKind.PATCHES, {**PATCH, "下发日期": "昨天"})
    assert first.report is not None
    said = "".join(send_file(sqlite_store, first.report, UploadKind.PATCHES).notes)
    assert "隐藏" not in said
    assert "没有用到的列" not in said
