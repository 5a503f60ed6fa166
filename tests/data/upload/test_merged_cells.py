"""Cells merged downwards hold for all of their rows, or the rows come back with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from data.store.engine import Store
from data.store.models import Parcel, Patch
from data.vocabulary import UploadKind
from tests.data.upload.readers.xls_files import xls
from tests.sending import FINDING, PATCH, messages, send, send_file

PATCHES, FINDINGS = UploadKind.PATCHES, UploadKind.FINDINGS


def _rows(*parcels: dict[str, Any]) -> list[list[Any]]:
    rows = [{**FINDING, **parcel} for parcel in parcels]
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def _three(**first: Any) -> list[list[Any]]:
    """One patch of three parcels and another of one; the number stands in the first row."""
    areas = {"面积": "4", "占用耕地面积": "1"}
    return _rows(
        {**areas, **first},
        {**areas, "图斑编号": None, "地块序号": 2},
        {**areas, "图斑编号": None, "地块序号": 3},
        {**areas, "图斑编号": "HC-2"},
    )


def _book(path: Path, rows: list[list[Any]], *merged: tuple[int, int, int]) -> Path:
    """merged: column and first and last row, from 1."""
    if path.suffix == ".xls":
        cells = [[float(c) if isinstance(c, int) else c for c in row] for row in rows]
        ranges = [(first - 1, last - 1, column - 1, column - 1) for column, first, last in merged]
        path.write_bytes(xls({"表": cells}, ranges))
        return path
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for column, first, last in merged:
        sheet.merge_cells(start_row=first, end_row=last, start_column=column, end_column=column)
    book.save(path)
    return path


def _parcels(store: Store) -> list[tuple[str, int]]:
    query = select(Patch.patch_no, Parcel.parcel_no).join(Parcel, Parcel.patch_id == Patch.id)
    with store.read() as conn:
        return sorted((no, parcel) for no, parcel in conn.execute(query))


@pytest.fixture
def with_patches(sqlite_store: Store) -> Store:
    send(sqlite_store, PATCHES, PATCH, {**PATCH, "图斑编号": "HC-2"})
    return sqlite_store


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls"])
def test_a_merged_number_holds_for_all_of_its_parcels(
    with_patches: Store, tmp_path: Path, name: str
) -> None:
    outcome = send_file(with_patches, _book(tmp_path / name, _three(), (1, 2, 4)), FINDINGS)
    assert _parcels(with_patches) == [("HC-1", 1), ("HC-1", 2), ("HC-1", 3), ("HC-2", 1)]
    assert any("“图斑编号”有合并单元格（如第2–4行）" in note for note in outcome.notes)


def test_a_merged_day_and_judgement_hold_for_all_of_their_rows(
    with_patches: Store, tmp_path: Path
) -> None:
    rows = _three()
    day, legality = rows[0].index("上报日期"), rows[0].index("合法性判定")
    for row in rows[2:4]:
        row[day] = row[legality] = None
    path = _book(tmp_path / "a.xlsx", rows, (1, 2, 4), (day + 1, 2, 4), (legality + 1, 2, 4))
    assert send_file(with_patches, path, FINDINGS).rejected == 0
    with with_patches.read() as conn:
        assert len(set(conn.execute(select(Parcel.reported_on, Parcel.legality)).all())) == 1


def test_a_merged_area_cannot_be_divided(with_patches: Store, tmp_path: Path) -> None:
    rows = _three()
    at = rows[0].index("占用耕地面积")
    for row in rows[2:4]:
        row[at] = None
    outcome = send_file(
        with_patches, _book(tmp_path / "a.xlsx", rows, (1, 2, 4), (at + 1, 2, 4)), FINDINGS
    )
    assert "“占用耕地面积”第2–4行是合并单元格" in messages(outcome)
    assert _parcels(with_patches) == [("HC-2", 1)]


def test_parcels_under_a_merged_number_need_numbers_of_their_own(
    with_patches: Store, tmp_path: Path
) -> None:
    rows = [row[:1] + row[2:] for row in _three()]
    outcome = send_file(with_patches, _book(tmp_path / "a.xlsx", rows, (1, 2, 4)), FINDINGS)
    assert "合并单元格，这几行没有地块序号" in messages(outcome)
    assert _parcels(with_patches) == [("HC-2", 1)]


def test_a_number_left_out_below_the_first_parcel_takes_none_of_the_patch(
    with_patches: Store, tmp_path: Path
) -> None:
    outcome = send_file(with_patches, _book(tmp_path / "a.xlsx", _three()), FINDINGS)
    assert outcome.rejected == 3
    assert "像是由合并单元格另存而来" in messages(outcome)
    assert _parcels(with_patches) == [("HC-2", 1)]


def test_a_row_without_number_that_continues_nothing_costs_only_itself(
    with_patches: Store, tmp_path: Path
) -> None:
    rows = _rows({"面积": "4"}, {"图斑编号": None, "地块序号": 1}, {"图斑编号": "HC-2"})
    outcome = send_file(with_patches, _book(tmp_path / "a.xlsx", rows), FINDINGS)
    assert outcome.rejected == 1
    assert _parcels(with_patches) == [("HC-1", 1), ("HC-2", 1)]


def test_patches_may_share_merged_cells_too(sqlite_store: Store, tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        list(PATCH),
        list(PATCH.values()),
        list({**PATCH, "图斑编号": "HC-2"}.values()),
    ]
    at = rows[0].index("区市")
    rows[2][at] = None
    send_file(sqlite_store, _book(tmp_path / "a.xlsx", rows, (at + 1, 2, 3)), PATCHES)
    with sqlite_store.read() as conn:
        assert conn.execute(select(Patch.district_code)).all() == [("371002",), ("371002",)]


def test_rows_that_come_back_bring_the_merged_number_along(
    with_patches: Store, tmp_path: Path
) -> None:
    rows = _three()
    rows[2][rows[0].index("面积")] = "很大"
    path = _book(tmp_path / "a.xlsx", rows, (1, 2, 4))
    report = send_file(with_patches, path, FINDINGS).report
    assert report is not None
    sheet = openpyxl.load_workbook(report).worksheets[0]
    assert {row[0] for row in sheet.iter_rows(min_row=2, values_only=True)} == {"HC-1"}


def test_a_day_number_of_a_workbook_from_1904_is_stored_as_its_day(
    sqlite_store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "a.xls"
    row: list[Any] = [44700.0 - 1096 if h == "下发日期" else v for h, v in PATCH.items()]
    path.write_bytes(xls({"表": [list(PATCH), row]}, from_1904=True))
    send_file(sqlite_store, path, PATCHES, year=2023)
    with sqlite_store.read() as conn:
        assert str(conn.execute(select(Patch.issued_on)).scalar_one()) == "2023-05-20"
