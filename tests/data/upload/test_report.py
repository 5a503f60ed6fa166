"""The returned workbook holds rejected rows as they came, and nothing in it can run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely
from sqlalchemy import select

from data.store.engine import Store
from data.store.models import Patch
from data.upload.mapping import REASON_HEADER
from data.vocabulary import PatchType, UploadKind
from tests.sending import PATCH, messages, send, send_file

BAD = {**PATCH, "图斑编号": "HC-2", "下发日期": "昨天"}


def _sheet(path: Path | None) -> Any:
    assert path is not None
    return openpyxl.load_workbook(path).active


def test_a_good_file_brings_no_workbook(sqlite_store: Store) -> None:
    assert send(sqlite_store, UploadKind.PATCHES, PATCH).report is None


def test_only_rejected_rows_come_back_with_their_reason(sqlite_store: Store) -> None:
    sheet = _sheet(send(sqlite_store, UploadKind.PATCHES, PATCH, BAD).report)
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == (*PATCH, REASON_HEADER)
    assert len(rows) == 2
    back = dict(zip(rows[0], rows[1], strict=True))
    assert back["图斑编号"] == "HC-2"
    assert back["下发日期"] == "昨天"
    assert "下发日期“昨天”无法识别" in back[REASON_HEADER]


def test_the_faulty_cell_is_marked_and_its_neighbours_are_not(sqlite_store: Store) -> None:
    sheet = _sheet(send(sqlite_store, UploadKind.PATCHES, BAD).report)
    colours = {
        sheet.cell(1, cell.column).value: cell.fill.fgColor.rgb
        for cell in sheet[2]
        if cell.fill.fill_type
    }
    assert list(colours) == ["下发日期"]


def test_closed_vocabularies_can_be_chosen_from(sqlite_store: Store) -> None:
    sheet = _sheet(send(sqlite_store, UploadKind.PATCHES, BAD).report)
    rules = [str(rule.formula1) for rule in sheet.data_validations.dataValidation]
    assert any(all(term.label in rule for term in PatchType) for rule in rules)


@pytest.mark.parametrize("text", ["=HYPERLINK(0)", "+1+1", "-2+3", "@SUM(1)", "{=1}"])
def test_what_looks_like_a_formula_stays_text(sqlite_store: Store, text: str) -> None:
    sheet = _sheet(send(sqlite_store, UploadKind.PATCHES, {**BAD, "坐落": text}).report)
    cell = next(c for c in sheet[2] if c.value == text)
    assert cell.data_type == "s"


def test_a_shape_leaves_its_middle_behind_so_that_its_row_can_go_back(
    sqlite_store: Store, tmp_path: Path
) -> None:
    row = {k: v for k, v in BAD.items() if k != "区市"}
    shape = shapely.box(122.05, 37.3, 122.0513, 37.3005)
    path = tmp_path / "图斑.geojson"
    gpd.GeoDataFrame([row], geometry=[shape], crs=4490).to_file(path)
    report = send_file(sqlite_store, path, UploadKind.PATCHES).report
    assert report is not None
    book = openpyxl.load_workbook(report)
    sheet: Any = book.active
    headers = [cell.value for cell in sheet[1]]
    sheet.cell(2, headers.index("下发日期") + 1).value = "2023-05-08"
    book.save(report)
    outcome = send_file(sqlite_store, report, UploadKind.PATCHES)
    assert (outcome.inserted, outcome.rejected) == (1, 0), messages(outcome)
    with sqlite_store.read() as conn:
        lon, lat = conn.execute(select(Patch.lon, Patch.lat)).one()
    assert shape.contains(shapely.Point(lon, lat))


def test_a_workbook_sent_back_uncorrected_comes_back_the_same(sqlite_store: Store) -> None:
    first = send(sqlite_store, UploadKind.PATCHES, BAD)
    assert first.report is not None
    second = send_file(sqlite_store, first.report, UploadKind.PATCHES)
    assert second.rejected == 1
    rows = [list(_sheet(o.report).iter_rows(values_only=True)) for o in (first, second)]
    assert rows[0] == rows[1]
