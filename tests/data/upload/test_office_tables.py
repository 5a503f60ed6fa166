"""Tables that offices really have: which rows count, and what their columns are read as."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from sqlalchemy import select

from data.errors import Issue
from data.store.engine import Store
from data.store.models import EnforcementCase, Parcel, Patch
from data.upload.office_tables import read_as
from data.upload.readers import RawTable
from data.vocabulary import UploadKind
from tests.sending import QUESTIONS, corrected, messages, send_file, warnings

DETAIL = [
    ("图斑编号", "图斑状态", "拆分状态", "区市", "图斑类型", "下发日期", "监测面积", "占用耕地面积",
     "核实认定意见", "非农违法面积", "非农违法耕地面积", "非农违法永久基本农田面积",
     "已整改面积", "剩余未整改面积", "拆除面积", "补办面积", *QUESTIONS),
    ("A1", "", "审核结束", "环翠区", "新增非农建设类", "2023-05-08", 12, 8,
     "非农违法", 5, 3, 1, 5, 0, 2, 3, *QUESTIONS.values()),
    ("A2", "被拆分", "", "环翠区", "新增非农建设类", "2023-05-08", 20, 10,
     "", "", "", "", "", "", "", "", *[""] * 6),
    ("A2_1", "拆分", "审核结束", "环翠区", "新增非农建设类", "2023-05-08", 15, 6,
     "非农违法", 4, 2, 0, 1, 3, 1, 0, *QUESTIONS.values()),
    ("A2_2", "拆分", "", "环翠区", "新增非农建设类", "2023-05-08", 5, 4,
     "设施农用地", 0, 0, 0, 0, 0, 0, 0, *[""] * 6),
    ("A3", "", "", "环翠区", "新增非农建设类", "2023-05-08", 7, 0,
     "伪变化", 0, 0, 0, 0, 0, 0, 0, *[""] * 6),
]  # fmt: skip


def _workbook(path: Path, rows: list[tuple[object, ...]], title: str = "图斑列表") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def _table(rows: list[tuple[object, ...]]) -> RawTable:
    headers, *body = rows
    columns = {
        str(h): pa.array([str(r[i]) if r[i] != "" else None for r in body], pa.string())
        for i, h in enumerate(headers)
    }
    return RawTable("图斑列表", pa.table(columns), np.arange(2, len(body) + 2))


def _read(
    rows: list[tuple[object, ...]], kind: UploadKind
) -> tuple[dict[str, list[str]], list[Issue]]:
    found = read_as(_table(rows), kind)
    taken = {
        str(word["field"]): found.table.columns.column(header).to_pylist()
        for header, word in found.mapping.items()
        if word["field"]
    }
    return taken, found.warnings


def test_a_detail_table_counts_parents_as_patches_and_children_as_parcels(
    sqlite_store: Store, tmp_path: Path
) -> None:
    path = _workbook(tmp_path / "卫片检索明细表.xlsx", DETAIL)
    issued = send_file(sqlite_store, path, UploadKind.PATCHES)
    assert issued.inserted == 3, messages(issued)
    judged = send_file(sqlite_store, path, UploadKind.FINDINGS)
    assert judged.inserted == 4, messages(judged)
    with sqlite_store.read() as conn:
        areas = conn.execute(select(Patch.patch_no, Patch.area_mu).order_by(Patch.patch_no)).all()
        parcels = conn.execute(
            select(
                Patch.patch_no, Parcel.parcel_no, Parcel.legality, Parcel.other_category,
                Parcel.area_mu, Parcel.farmland_mu, Parcel.basic_farmland_mu,
            ).join(Patch, Patch.id == Parcel.patch_id).order_by(Patch.patch_no, Parcel.parcel_no)
        ).all()  # fmt: skip
    assert [tuple(a) for a in areas] == [("A1", 12.0), ("A2", 20.0), ("A3", 7.0)]
    assert [tuple(p) for p in parcels] == [
        ("A1", 1, "unlawful", None, 5.0, 3.0, 1.0),
        ("A2", 1, "unlawful", None, 4.0, 2.0, 0.0),
        ("A2", 2, "other", "facility_farmland", 5.0, 4.0, 0.0),
        ("A3", 1, "other", "unchanged", 7.0, 0.0, 0.0),
    ]


def test_the_same_detail_table_again_changes_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    path = _workbook(tmp_path / "明细.xlsx", DETAIL)
    send_file(sqlite_store, path, UploadKind.PATCHES)
    send_file(sqlite_store, path, UploadKind.FINDINGS)
    again = send_file(sqlite_store, path, UploadKind.FINDINGS)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 4)


def test_only_what_is_rectified_and_reviewed_becomes_a_case(
    sqlite_store: Store, tmp_path: Path
) -> None:
    path = _workbook(tmp_path / "明细.xlsx", DETAIL)
    send_file(sqlite_store, path, UploadKind.PATCHES)
    send_file(sqlite_store, path, UploadKind.FINDINGS)
    cases = send_file(
        sqlite_store, path, UploadKind.CASES, set_columns={"消除违法状态日期": "2023-12-01"}
    )
    assert cases.inserted == 1, messages(cases)
    with sqlite_store.read() as conn:
        numbers = conn.scalars(
            select(Patch.patch_no).join(EnforcementCase, EnforcementCase.patch_id == Patch.id)
        ).all()
    assert numbers == ["A1"]


def test_sums_of_a_detail_table_that_do_not_add_up_are_said(
    sqlite_store: Store, tmp_path: Path
) -> None:
    wrong = [DETAIL[0], (*DETAIL[1][:13], 0.5, *DETAIL[1][14:])]
    path = _workbook(tmp_path / "明细.xlsx", wrong)
    send_file(sqlite_store, path, UploadKind.PATCHES)
    outcome = send_file(sqlite_store, path, UploadKind.FINDINGS)
    assert outcome.inserted == 1, messages(outcome)
    assert "“非农违法面积”不等于“已整改面积”与“剩余未整改面积”之和" in warnings(outcome)


def test_a_violations_area_is_read_in_its_own_columns_unit() -> None:
    headers = tuple(h if h != "非农违法面积" else "非农违法面积（平方米）" for h in DETAIL[0])
    taken, _ = _read([headers, (*DETAIL[1][:9], 2000, *DETAIL[1][10:])], UploadKind.FINDINGS)
    assert taken["area_mu"] == ["3.0"]


def test_an_unknown_opinion_is_left_for_the_checks_to_refuse() -> None:
    row = (*DETAIL[1][:8], "待定", *DETAIL[1][9:])
    taken, _ = _read([DETAIL[0], row], UploadKind.FINDINGS)
    assert taken["legality"] == ["待定"]


def test_a_file_that_went_through_a_profile_is_read_the_same_again() -> None:
    once = read_as(_table(DETAIL), UploadKind.FINDINGS)
    twice = read_as(once.table, UploadKind.FINDINGS)
    assert twice.table.columns.column_names == once.table.columns.column_names


def test_a_business_table_says_its_stages_and_takes_the_name_that_is_filled(
    sqlite_store: Store, tmp_path: Path
) -> None:
    path = _workbook(
        tmp_path / "业务表.xlsx",
        [
            ("监测图斑编号", "县级行政区名称", "行政区名称", "监测面积（亩）", "下发日期",
             "图斑类型", "状态（系统）", "审核阶段（系统）", "打回状态（系统）"),
            ("3710820001", "", "荣成市", 9, "2023-05-08", "其他变化类", 1.0, 101.0, ""),
            ("3710820002", "", "荣成市", 9, "2023-05-08", "其他变化类", 2.0, 90.0, 1.0),
        ],
    )  # fmt: skip
    outcome = send_file(sqlite_store, path, UploadKind.PATCHES)
    assert outcome.inserted == 2, messages(outcome)
    assert any("已办结 1、已退回 1" in note for note in outcome.notes)
    with sqlite_store.read() as conn:
        assert set(conn.scalars(select(Patch.district_code))) == {"371082"}


OVERLAY = (
    "图斑标识",
    "地块总面积（平方米）",
    "耕地（平方米）",
    "基本农田（平方米）",
    "非耕农用地（平方米）",
    "未利用地（平方米）",
    "生态红线（平方米）",
    "建设用地（平方米）",
)


@pytest.mark.parametrize(("total", "said"), [(2000, False), (2006, False), (2010, True)])
def test_an_overlays_parts_make_its_whole(total: float, said: bool) -> None:
    row = ("HC-1", total, 1000, 500, 400, 300, 0, 300)
    taken, remarks = _read([OVERLAY, row], UploadKind.FINDINGS)
    assert taken["patch_no"] == ["HC-1"]
    assert {"area_mu", "farmland_mu", "basic_farmland_mu", "redline_mu"} <= set(taken)
    assert [r.row for r in remarks] == ([2] if said else [])


SURVEY = """[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
带号=41
[地块坐标]
4,0.81,DK-7,村东,面,,建设用地,,@
J1,1,4110000.0,41420000.0
J2,1,4110090.0,41420000.0
J3,1,4110090.0,41420090.0
J4,1,4110000.0,41420090.0
"""


def test_a_survey_text_becomes_a_patch(sqlite_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "勘测定界.txt"
    path.write_text(SURVEY, encoding="gb18030")
    outcome = send_file(
        sqlite_store,
        path,
        UploadKind.PATCHES,
        set_columns={"图斑类型": "其他变化类", "下发日期": "2023-05-08"},
    )
    assert outcome.inserted == 1, messages(outcome)
    with sqlite_store.read() as conn:
        number, area, location = conn.execute(
            select(Patch.patch_no, Patch.area_mu, Patch.location)
        ).one()
    assert (number, location) == ("DK-7", "村东")
    assert area == pytest.approx(0.81 * 15)


def test_a_table_that_no_profile_knows_stays_as_it_is() -> None:
    table = _table([("图斑编号", "监测面积"), ("HC-1", 3)])
    assert read_as(table, UploadKind.PATCHES).table is table


def test_a_returned_row_of_a_detail_table_goes_back_in_as_the_parcel_that_it_was(
    sqlite_store: Store, tmp_path: Path
) -> None:
    rows = [tuple(row) for row in DETAIL]
    opinion = DETAIL[0].index("核实认定意见")
    bad = [tuple("看不清" if i == opinion else v for i, v in enumerate(row)) for row in rows[4:5]]
    path = _workbook(tmp_path / "明细.xlsx", [*rows[:4], *bad, *rows[5:]])
    assert send_file(sqlite_store, path, UploadKind.PATCHES).rejected == 0
    first = send_file(sqlite_store, path, UploadKind.FINDINGS)
    assert (first.inserted, first.rejected) == (3, 1), messages(first)

    back = corrected(first.report, "核实认定意见", "设施农用地")
    second = send_file(sqlite_store, back, UploadKind.FINDINGS, None)

    assert (second.inserted, second.rejected, second.ended) == (1, 0, 0), messages(second)
    with sqlite_store.read() as conn:
        query = select(Patch.patch_no, Parcel.parcel_no, Parcel.legality)
        query = query.join(Parcel, Parcel.patch_id == Patch.id)
        found = sorted(tuple(row) for row in conn.execute(query))
    assert found[1:3] == [("A2", 1, "unlawful"), ("A2", 2, "other")]
