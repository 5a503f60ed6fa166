"""Files go in row by row: what is accepted, what comes back and why (upload-formats.md)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from data.errors import UploadRefused
from data.store import history
from data.store.engine import Store
from data.store.models import (
    AuditDecision,
    Base,
    District,
    EnforcementCase,
    History,
    Parcel,
    Patch,
    ReferenceFeature,
    Upload,
)
from data.upload.mapping import REASON_HEADER
from data.upload.service import UploadRequest, prepare, take, upload_file
from data.vocabulary import UploadKind
from tests.sending import (
    FINDING,
    PATCH,
    QUESTIONS,
    messages,
    send,
    send_file,
    warnings,
    write_csv,
)

PATCHES, FINDINGS, AUDITS, CASES = (
    UploadKind.PATCHES,
    UploadKind.FINDINGS,
    UploadKind.AUDITS,
    UploadKind.CASES,
)


def _patch(store: Store, number: str = "HC-1") -> Any:
    with store.read() as conn:
        return conn.execute(select(Patch).where(Patch.patch_no == number)).first()


def _one(store: Store, *columns: Any) -> Any:
    with store.read() as conn:
        return conn.execute(select(*columns)).one()


# ---- patches ---------------------------------------------------------------------------------


def test_a_patch_gets_its_deadline_and_place(store: Store) -> None:
    outcome = send(store, PATCHES, PATCH)
    assert (outcome.rows, outcome.inserted, outcome.rejected) == (1, 1, 0)
    due, month, district = _one(store, Patch.due_on, Patch.clearance_month, Patch.district_code)
    assert (due, month, district) == (date(2023, 5, 24), "2023-05", "371002")


@pytest.mark.parametrize(
    ("issued", "extended", "due", "month"),
    [
        ("2023-05-20", "", date(2023, 5, 24), "2023-05"),
        ("2023-05-21", "", date(2023, 6, 24), "2023-06"),
        ("2023-12-21", "", date(2024, 1, 24), "2024-01"),
        ("2023-05-20", "2023-07-01", date(2023, 7, 1), "2023-05"),
    ],
)
def test_the_twentieth_decides_and_an_extension_moves_the_day_not_the_month(
    sqlite_store: Store, issued: str, extended: str, due: date, month: str
) -> None:
    send(sqlite_store, PATCHES, {**PATCH, "下发日期": issued, "延期至": extended})
    assert _one(sqlite_store, Patch.due_on, Patch.clearance_month) == (due, month)


def test_a_mineral_patch_has_no_due_date(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, {**PATCH, "图斑类型": "矿产", "矿种": "海砂"})
    assert _one(sqlite_store, Patch.domain, Patch.due_on, Patch.clearance_month) == (
        "mineral",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("header", "value", "mu"),
    [
        ("监测面积", 12.3456789012345, 12.3456789012345),
        ("监测面积（平方米）", 2000, 3.0),
        ("监测面积(公顷)", 0.5, 7.5),
        ("JCMJ", 4, 4.0),
        ("图斑面积 ( m2 )", 200, 0.3),
    ],
)
def test_areas_come_in_their_units_and_keep_every_digit(
    sqlite_store: Store, header: str, value: float, mu: float
) -> None:
    row = {k: v for k, v in PATCH.items() if not k.startswith(("监测", "占用"))}
    assert send(sqlite_store, PATCHES, {**row, header: value}).inserted == 1
    assert _one(sqlite_store, Patch.area_mu) == (mu,)


@pytest.mark.parametrize(
    "text",
    ["2023-03-05", "2023/3/5", "2023.3.5", "20230305", "2023年3月5日", "44990", "2023-03-05 00:00"],
)
def test_dates_are_read_as_people_write_them(sqlite_store: Store, text: str) -> None:
    send(sqlite_store, PATCHES, {**PATCH, "下发日期": text})
    assert _one(sqlite_store, Patch.issued_on) == (date(2023, 3, 5),)


@pytest.mark.parametrize(
    ("place", "district", "warned"),
    [
        ({"区市": "环翠区"}, "371002", False),
        ({"区市": "371071"}, "371071", False),
        ({"区市": "高区"}, "371071", False),
        ({"区市": "经济区"}, "371072", False),
        ({"区市": "火炬高技术产业开发区（高区）"}, "371071", False),
        ({"区市": "371082000000"}, "371082", False),
        ({"区市": "371082.0"}, "371082", False),
        ({"区市": "", "乡镇": "初村镇"}, "371071", False),
        ({"区市": "", "乡镇": "双岛街道办事处"}, "371071", False),
        ({"区市": "", "乡镇": "371003108"}, "371090", False),
        ({"区市": "", "XZQDM": "371002"}, "371002", True),
        ({"区市": "", "XZQMC": "乳山市"}, "371083", False),
        ({"区市": "经区", "XZQDM": "371002"}, "371072", False),
        ({"区市": "", "乡镇": "蔄山镇", "XZQDM": "371002"}, "371073", False),
        ({"区市": "", "中心经度": 122.5, "中心纬度": 37.15}, "371082", False),
    ],
)
def test_a_patch_belongs_to_one_unit(
    sqlite_store: Store, place: dict[str, Any], district: str, warned: bool
) -> None:
    row = {k: v for k, v in PATCH.items() if k != "区市"}
    outcome = send(sqlite_store, PATCHES, {**row, **place})
    assert outcome.inserted == 1, messages(outcome)
    assert _one(sqlite_store, Patch.district_code) == (district,)
    assert ("可能属功能区" in warnings(outcome)) == warned


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"图斑编号": ""}, "缺少图斑编号"),
        ({"下发日期": "五月"}, "无法识别"),
        ({"下发日期": ""}, "缺少下发日期"),
        ({"图斑类型": "违建类"}, "不在可选值内"),
        ({"图斑类型": ""}, "缺少图斑类型"),
        ({"监测面积": -1}, "负数"),
        ({"监测面积": "十亩"}, "不是数字"),
        ({"监测面积": ""}, "缺少监测面积"),
        ({"占用永久基本农田面积": 9}, "大于占用耕地面积"),
        ({"区市": "青岛市"}, "不认识"),
        ({"区市": ""}, "没有位置"),
        ({"区市": "", "中心经度": 121.9, "中心纬度": 36.2}, "本市以外"),
        ({"战略性矿种": "也许"}, "应填“是”或“否”"),
        ({"领域": "海洋"}, "不在可选值内"),
        ({"图斑编号": "清空"}, "不能清空"),
    ],
)
def test_a_bad_row_comes_back_with_its_reason_and_costs_no_good_one(
    sqlite_store: Store, change: dict[str, Any], says: str
) -> None:
    good = {**PATCH, "图斑编号": "HC-2", "中心经度": "", "中心纬度": ""}
    outcome = send(sqlite_store, PATCHES, good, {**PATCH, **change})
    assert (outcome.inserted, outcome.rejected) == (1, 1)
    assert says in messages(outcome)
    assert outcome.errors[0].row == 3


def test_a_key_that_stands_twice_comes_back_once(sqlite_store: Store) -> None:
    outcome = send(sqlite_store, PATCHES, PATCH, {**PATCH, "监测面积": 15})
    assert (outcome.inserted, outcome.rejected) == (1, 1)
    assert "与第2行重复" in messages(outcome)


def test_an_empty_cell_leaves_and_the_word_clears(store: Store) -> None:
    send(store, PATCHES, {**PATCH, "坐落": "甲村", "延期至": "2023-06-30"})
    send(store, PATCHES, {**PATCH, "坐落": "", "延期至": "清空", "占用耕地面积": ""})
    assert _one(store, Patch.location, Patch.extended_to, Patch.farmland_mu, Patch.due_on) == (
        "甲村",
        None,
        8.0,
        date(2023, 5, 24),
    )


def test_a_cleared_district_leaves_it_to_the_place(sqlite_store: Store) -> None:
    at = {"中心经度": 122.05, "中心纬度": 37.4}
    send(sqlite_store, PATCHES, {**PATCH, **at, "区市": "文登区"})
    assert _one(sqlite_store, Patch.district_code, Patch.place_source)[1] == "explicit"
    assert send(sqlite_store, PATCHES, {"图斑编号": "HC-1", "区市": "清空"}).updated == 1
    district, source = _one(sqlite_store, Patch.district_code, Patch.place_source)
    assert district == "371002"
    assert source != "explicit"


def test_the_year_comes_from_the_choice_or_the_column(sqlite_store: Store) -> None:
    assert send(sqlite_store, PATCHES, {**PATCH, "年度": 2022}, year=None).inserted == 1
    refused = send(sqlite_store, PATCHES, {**PATCH, "年度": 2022}, year=2023)
    assert "年度与所选的2023不符" in messages(refused)
    with pytest.raises(UploadRefused, match="没有指定年度"):
        send(sqlite_store, PATCHES, PATCH, year=None)


@pytest.mark.parametrize("year", [None, 2023])
def test_a_year_cannot_be_cleared(sqlite_store: Store, year: int | None) -> None:
    cleared = {**PATCH, "图斑编号": "HC-2", "年度": "清空"}
    outcome = send(sqlite_store, PATCHES, {**PATCH, "年度": 2023}, cleared, year=year)
    assert (outcome.inserted, outcome.rejected) == (1, 1)
    assert "年度是必填项，不能清空" in messages(outcome)


def test_a_column_that_the_file_lacks_can_be_given(sqlite_store: Store) -> None:
    row = {k: v for k, v in PATCH.items() if k not in ("图斑类型", "下发日期")}
    given = {"图斑类型": "其他变化类", "下发日期": "2023-05-08"}
    assert send(sqlite_store, PATCHES, row, set_columns=given).inserted == 1
    with pytest.raises(UploadRefused, match="没有“颜色”这一列"):
        send(sqlite_store, PATCHES, row, set_columns={"颜色": "红"})


def test_a_name_that_is_no_text_is_kept_in_readable_form(
    sqlite_store: Store, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "a.csv", [PATCH])
    request = UploadRequest(path, "图\udcff\n\x00.csv", PATCHES, 2023)
    assert upload_file(sqlite_store, request).inserted == 1
    assert _one(sqlite_store, Upload.file_name) == ("图???.csv",)


def test_a_file_of_another_kind_is_refused_naming_its_columns(sqlite_store: Store) -> None:
    with pytest.raises(UploadRefused, match=r"没有识别出.*姓名"):
        send(sqlite_store, PATCHES, {"姓名": "甲", "电话": "1"})


# ---- geometry --------------------------------------------------------------------------------


def _geojson(path: Path, *features: tuple[str, float, float, float, dict[str, Any]]) -> Path:
    """Squares: number, west, south, side in degrees, more properties."""
    items = []
    for number, west, south, side, more in features:
        ring = [
            [west, south],
            [west + side, south],
            [west + side, south + side],
            [west, south + side],
            [west, south],
        ]
        properties = {k: v for k, v in {**PATCH, "图斑编号": number, **more}.items() if v != ""}
        items.append(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    path.write_text(json.dumps({"type": "FeatureCollection", "features": items}), encoding="utf-8")
    return path


#: A square of 0.001° in 荣成 measures about 14.73 亩.
SQUARE_MU = 14.73


def test_area_is_held_beside_the_geometry(sqlite_store: Store, tmp_path: Path) -> None:
    path = _geojson(
        tmp_path / "p.geojson",
        ("A", 122.45, 37.15, 0.001, {"区市": "荣成市", "监测面积": SQUARE_MU}),
        ("B", 122.46, 37.15, 0.001, {"区市": "荣成市", "监测面积": SQUARE_MU * 1.2}),
        ("C", 122.47, 37.15, 0.001, {"区市": "荣成市", "监测面积": SQUARE_MU * 1.6}),
    )
    outcome = send_file(sqlite_store, path, PATCHES)
    assert (outcome.inserted, outcome.rejected) == (2, 1)
    assert "1.5倍" in messages(outcome)
    assert [w.row for w in outcome.warnings] == [2]
    assert "相差超过5%" in warnings(outcome)


def test_a_day_that_does_not_exist_is_no_other_day(sqlite_store: Store, tmp_path: Path) -> None:
    path = _geojson(
        tmp_path / "p.geojson",
        ("A", 122.45, 37.15, 0.001, {"区市": "荣成市", "监测面积": SQUARE_MU}),
        (
            "B",
            122.46,
            37.15,
            0.001,
            {"区市": "荣成市", "监测面积": SQUARE_MU, "下发日期": "2023-02-31"},
        ),
    )
    outcome = send_file(sqlite_store, path, PATCHES)
    assert (outcome.inserted, outcome.rejected) == (1, 1)
    assert "2023-02-31" in messages(outcome)


def test_geometry_lies_in_the_city_or_near_its_coast(sqlite_store: Store, tmp_path: Path) -> None:
    path = _geojson(
        tmp_path / "p.geojson",
        ("内", 122.45, 37.15, 0.001, {"区市": "荣成市", "监测面积": SQUARE_MU}),
        ("海上", 122.45, 36.30, 0.001, {"区市": "荣成市", "监测面积": SQUARE_MU}),
    )
    outcome = send_file(sqlite_store, path, PATCHES)
    assert (outcome.inserted, outcome.rejected) == (1, 1)
    assert "本市以外" in messages(outcome)


def test_name_and_place_that_disagree_are_said(sqlite_store: Store, tmp_path: Path) -> None:
    path = _geojson(
        tmp_path / "p.geojson",
        ("A", 122.45, 37.15, 0.001, {"区市": "乳山市", "监测面积": SQUARE_MU}),
    )
    outcome = send_file(sqlite_store, path, PATCHES)
    assert "填报为乳山市，位置却在荣成市" in warnings(outcome)
    assert _patch(sqlite_store, "A").district_code == "371083"


def test_a_patch_on_another_of_the_year_is_said(store: Store, tmp_path: Path) -> None:
    more = {"区市": "荣成市", "监测面积": SQUARE_MU}
    first = _geojson(tmp_path / "a.geojson", ("A", 122.45, 37.15, 0.001, more))
    second = _geojson(
        tmp_path / "b.geojson",
        ("B", 122.4502, 37.15, 0.001, more),
        ("C", 122.4509, 37.15, 0.001, more),
    )
    send_file(store, first, PATCHES)
    outcome = send_file(store, second, PATCHES)
    assert outcome.inserted == 2
    said = [w for w in outcome.warnings if "重叠过半" in w.message]
    assert [w.row for w in said] == [1]
    assert "“A”" in said[0].message


def test_overlaps_are_found_across_the_strips_of_a_large_file(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.upload.plan_patches._STRIP", 2)
    more = {"区市": "荣成市", "监测面积": SQUARE_MU}
    places = [122.45 + 0.0004 * i for i in range(5)]  # each covers 60 % of the next
    path = _geojson(
        tmp_path / "a.geojson", *((f"P{i}", x, 37.15, 0.001, more) for i, x in enumerate(places))
    )
    outcome = send_file(sqlite_store, path, PATCHES)
    said = [w.row for w in outcome.warnings if "重叠过半" in w.message]
    assert said == [1, 2, 3, 4, 5]


def test_overlaps_that_a_second_process_finds_are_kept_with_the_upload(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.upload.plan_patches._BESIDE_FROM", 1)
    more = {"区市": "荣成市", "监测面积": SQUARE_MU}
    path = _geojson(
        tmp_path / "a.geojson",
        ("A", 122.45, 37.15, 0.001, more),
        ("B", 122.4504, 37.15, 0.001, more),
    )
    outcome = send_file(sqlite_store, path, PATCHES)
    said = [w.message for w in outcome.warnings if "重叠过半" in w.message]
    assert len(said) == 2
    with sqlite_store.read() as conn:
        warned, issues = conn.execute(select(Upload.warnings, Upload.issues)).one()
    assert warned == len(outcome.warnings)
    assert [i["message"] for i in issues if i["message"] in said] == said


def test_what_was_fetched_before_another_upload_does_not_count(
    store: Store, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "a.csv", [PATCH])
    first = prepare(store, UploadRequest(path, path.name, PATCHES, 2023))
    assert send(store, PATCHES, PATCH).inserted == 1
    outcome = take(store, first)
    assert (outcome.inserted, outcome.unchanged) == (0, 1)


def test_the_next_reading_child_starts_when_an_upload_is_over(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads: list[int] = []

    def refill() -> None:
        with sqlite_store.read() as conn:
            uploads.append(conn.scalar(select(func.count()).select_from(Upload)) or 0)

    monkeypatch.setattr("data.upload.service.refill_spare", refill)
    send(sqlite_store, PATCHES, PATCH)
    assert uploads == [1]
    with pytest.raises(UploadRefused):
        send(sqlite_store, PATCHES, {"面积": 3})
    assert uploads == [1, 1]


# ---- findings --------------------------------------------------------------------------------


def test_findings_report_a_patch_when_all_parcels_have_a_date(store: Store) -> None:
    send(store, PATCHES, PATCH)
    parts = [{**FINDING, "地块序号": n, "面积": 6, "占用耕地面积": 4} for n in (1, 2)]
    send(store, FINDINGS, parts[0], {**parts[1], "上报日期": ""})
    assert _patch(store).reported_on is None
    send(store, FINDINGS, parts[0], {**parts[1], "上报日期": "2023-05-23"})
    assert _patch(store).reported_on == date(2023, 5, 23)


def test_a_new_split_ends_parcels_and_keeps_the_date(store: Store) -> None:
    send(store, PATCHES, PATCH)
    send(store, FINDINGS, FINDING)
    parts = [
        {**FINDING, "地块序号": n, "面积": 6, "占用耕地面积": 4, "上报日期": "2023-06-10"}
        for n in (2, 3)
    ]
    outcome = send(store, FINDINGS, *parts)
    assert (outcome.inserted, outcome.ended) == (2, 1)
    assert _patch(store).reported_on == date(2023, 5, 20)
    with store.read() as conn:
        active = conn.scalars(select(Parcel.parcel_no).where(~Parcel.ended)).all()
    assert sorted(active) == [2, 3]
    again = send(store, FINDINGS, FINDING)
    assert (again.updated, again.ended) == (1, 2)


def test_a_rejected_row_ends_no_parcel_of_its_patch(store: Store) -> None:
    send(store, PATCHES, PATCH)
    parts = [{**FINDING, "地块序号": n, "面积": 6, "占用耕地面积": 4} for n in (1, 2)]
    send(store, FINDINGS, *parts)
    outcome = send(store, FINDINGS, parts[0], {**parts[1], "面积": "很大"})
    assert (outcome.unchanged, outcome.rejected, outcome.ended) == (1, 1, 0)
    assert "暂不终止" in warnings(outcome)


def test_one_parcel_takes_the_area_of_its_patch(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH)
    send(sqlite_store, FINDINGS, {**FINDING, "面积": "", "地块序号": ""})
    assert _one(sqlite_store, Parcel.area_mu, Parcel.parcel_no) == (12.0, 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"大棚房": ""}, "还缺：大棚房"),
        ({"图斑编号": "XX-9"}, "没有图斑“XX-9”"),
        ({"上报日期": "2023-05-07"}, "早于图斑下发日期"),
        ({"合法性判定": ""}, "缺少合法性判定"),
        ({"合法性判定": "待判定"}, "不在可选值内"),
        ({"占用永久基本农田面积": 9}, "大于占用耕地面积"),
        ({"地块序号": "一"}, "应为整数"),
    ],
)
def test_a_bad_finding_comes_back(sqlite_store: Store, change: dict[str, Any], says: str) -> None:
    send(sqlite_store, PATCHES, PATCH)
    outcome = send(sqlite_store, FINDINGS, {**FINDING, **change})
    assert (outcome.inserted, outcome.rejected, outcome.batch) == (0, 1, None)
    assert says in messages(outcome)


def test_the_six_questions_are_checked_after_merging(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH)
    without = {k: v for k, v in FINDING.items() if k not in QUESTIONS}
    assert send(sqlite_store, FINDINGS, {**without, "合法性判定": "合法"}).inserted == 1
    assert send(sqlite_store, FINDINGS, without).rejected == 1
    assert send(sqlite_store, FINDINGS, FINDING).updated == 1
    assert send(sqlite_store, FINDINGS, {**without, "备注": "已核"}).updated == 1


def test_parcels_larger_than_their_patch_are_said(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH)
    outcome = send(sqlite_store, FINDINGS, {**FINDING, "面积": 12.5})
    assert "超过图斑面积" in warnings(outcome)


def test_a_date_to_come_is_said(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH)
    outcome = send(sqlite_store, FINDINGS, {**FINDING, "上报日期": "2024-03-02"})
    assert outcome.inserted == 1
    assert "晚于今天" in warnings(outcome)


# ---- other kinds -----------------------------------------------------------------------------


def test_decisions_are_keyed_by_parcel_level_day_and_result(store: Store) -> None:
    send(store, PATCHES, PATCH)
    send(store, FINDINGS, FINDING)
    row = {"图斑编号": "HC-1", "审核级别": "市级", "审核结果": "退回", "审核日期": "2023-05-25"}
    outcome = send(store, AUDITS, row, {**row, "地块序号": 1}, {**row, "审核结果": "通过"})
    assert outcome.inserted == 3
    assert "没有填写审核意见" in warnings(outcome)
    answered = send(store, AUDITS, {**row, "重新上报日期": "2023-05-30"})
    assert answered.updated == 1
    with store.read() as conn:
        ranks = conn.scalars(select(AuditDecision.level_rank)).all()
    assert ranks == [1, 1, 1]


def test_a_case_of_a_parcel_that_is_not_there_is_kept_and_said(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH)
    send(sqlite_store, FINDINGS, FINDING)
    outcome = send(
        sqlite_store, CASES, {"图斑编号": "HC-1", "地块序号": 7, "立案日期": "2023-06-01"}
    )
    assert outcome.inserted == 1
    assert "没有地块7" in warnings(outcome)
    assert _one(sqlite_store, EnforcementCase.parcel_no) == (7,)


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (CASES, {"图斑编号": "HC-1", "立案日期": "2023-06-01", "整改方式": "拆除复耕"}),
        (
            UploadKind.TRANSFERS,
            {"图斑编号": "HC-1", "移送部门": "公安", "移送日期": "2023-06-01"},
        ),
        (UploadKind.PROBLEMS, {"图斑编号": "HC-1", "列入日期": "2023-06-01"}),
        (
            UploadKind.CHECKS,
            {
                "图斑编号": "HC-1",
                "核查级别": "县级",
                "核查日期": "2023-06-01",
                "核查人": "王工",
                "核查结论": "不属实",
            },
        ),
        (
            UploadKind.RECHECKS,
            {"图斑编号": "HC-1", "复核日期": "2023-08-01", "复核结论": "违法复建"},
        ),
        (UploadKind.QUOTA, {"区市": "荣成", "日期": "2023-06-01", "储备库指标": 120.5}),
        (
            UploadKind.SUBMISSIONS,
            {"区市": "荣成市", "报告": "半年报告", "期次": "2023", "收到日期": "2023-07-20"},
        ),
        (
            UploadKind.LEDGER,
            {"年度": 2019, "图斑编号": "老-1", "区市": "文登区", "违法占用耕地面积": 3.2},
        ),
    ],
)
def test_every_kind_goes_in_once_and_not_twice(
    store: Store, kind: UploadKind, row: dict[str, Any]
) -> None:
    send(store, PATCHES, PATCH)
    assert send(store, kind, row).inserted == 1
    again = send(store, kind, row)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 1)
    required = next(h for h in reversed(row) if h not in ("整改方式", "立案日期"))
    broken = send(store, kind, {**row, required: "清空"})
    assert broken.rejected == 1


@pytest.mark.sandboxed
def test_a_file_goes_in_through_the_limited_child_process(sqlite_store: Store) -> None:
    assert send(sqlite_store, PATCHES, PATCH).inserted == 1


# ---- files as wholes -------------------------------------------------------------------------


def _state(store: Store) -> dict[str, Any]:
    with store.read() as conn:
        names = [t.name for t in history.recorded_tables()] + ["day_summary", "history"]
        return {
            name: conn.execute(select(Base.metadata.tables[name])).all()
            for name in names
            if name != "reference_feature"
        }


def test_the_same_files_again_change_nothing(store: Store) -> None:
    def all_of_them() -> list[Any]:
        audit = {
            "图斑编号": "HC-1",
            "审核级别": "市级",
            "审核结果": "通过",
            "审核日期": "2023-05-25",
        }
        return [
            send(store, PATCHES, PATCH, {**PATCH, "图斑编号": "HC-2"}),
            send(store, FINDINGS, FINDING),
            send(store, AUDITS, audit),
            send(store, CASES, {"图斑编号": "HC-1", "立案日期": "2023-06-01"}),
        ]

    all_of_them()
    before = _state(store)
    outcomes = all_of_them()
    assert [(o.inserted, o.updated) for o in outcomes] == [(0, 0)] * 4
    assert _state(store) == before


def test_the_same_rows_in_another_order_and_encoding_change_nothing(
    sqlite_store: Store, tmp_path: Path
) -> None:
    rows = [PATCH, {**PATCH, "图斑编号": "HC-2"}]
    send(sqlite_store, PATCHES, *rows)
    turned = [dict(reversed(list(row.items()))) for row in reversed(rows)]
    path = write_csv(tmp_path / "again.csv", turned, "gb18030")
    assert send_file(sqlite_store, path, PATCHES).unchanged == 2


def test_all_or_nothing_writes_nothing_where_a_row_is_bad(store: Store) -> None:
    before = _state(store)
    bad = {**PATCH, "图斑编号": "HC-2", "监测面积": -1}
    outcome = send(store, PATCHES, PATCH, bad, all_or_nothing=True)
    assert (outcome.batch, outcome.inserted, outcome.rejected) == (None, 0, 1)
    assert _state(store) == before


def test_a_preview_says_what_would_be_and_writes_nothing(store: Store) -> None:
    before = _state(store)
    outcome = send(store, PATCHES, PATCH, preview=True)
    assert (outcome.batch, outcome.inserted) == (None, 1)
    assert _state(store) == before


def test_the_returned_workbook_goes_back_in_once_corrected(
    sqlite_store: Store, tmp_path: Path
) -> None:
    formula = {**PATCH, "图斑编号": "HC-2", "坐落": "=1+1", "图斑类型": "违建"}
    outcome = send(sqlite_store, PATCHES, PATCH, formula)
    assert outcome.report is not None
    book = openpyxl.load_workbook(outcome.report)
    sheet = book.worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    assert headers == [*PATCH, "坐落", REASON_HEADER]
    assert "不在可选值内" in str(sheet.cell(2, len(headers)).value)
    assert sheet.cell(2, headers.index("坐落") + 1).data_type == "s"
    assert sheet.data_validations.dataValidation
    sheet.cell(2, headers.index("图斑类型") + 1).value = "其他变化类"
    corrected = tmp_path / "corrected.xlsx"
    book.save(corrected)
    assert send_file(sqlite_store, corrected, PATCHES).inserted == 1
    assert _patch(sqlite_store, "HC-2").location == "=1+1"


def test_the_history_of_uploads_keeps_file_and_counts(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH, {**PATCH, "图斑编号": ""}, uploaded_by="王工")
    with sqlite_store.read() as conn:
        row = conn.execute(
            select(Upload.inserted, Upload.rejected, Upload.uploaded_by, Upload.stored_path)
        ).one()
        count = conn.scalar(select(func.count()).select_from(History))
    assert (row.inserted, row.rejected, row.uploaded_by, count) == (1, 1, "王工", 1)
    assert (sqlite_store.settings.uploads_dir / row.stored_path).is_file()


def test_a_cleared_cell_of_a_layer_is_an_empty_one(sqlite_store: Store, tmp_path: Path) -> None:
    cleared = {"编号": "Z-1", "专项名称": "清空", "日期": "清空", "是否已举证": "清空"}
    path = _geojson(tmp_path / "其他专项图斑.geojson", ("Z-1", 122.05, 37.4, 0.001, cleared))
    assert send_file(sqlite_store, path, UploadKind.REFERENCE, None).inserted == 1
    feature = ReferenceFeature
    columns = (feature.programme, feature.recorded_on, feature.has_evidence)
    with sqlite_store.read() as conn:
        found = conn.execute(select(*columns).where(feature.batch_id.is_not(None))).one()
    assert tuple(found) == (None, None, None)
    assert send_file(sqlite_store, path, UploadKind.REFERENCE, None).unchanged == 1


def _confirmed(store: Store, layer: Path, new: str) -> None:
    """Another city's boundary, with every unit confirmed."""
    with store.read() as conn:
        units = {new, *conn.scalars(select(District.code))}
    sent = send_file(store, layer, UploadKind.REFERENCE, None, confirmed_units=frozenset(units))
    assert sent.inserted == 1


def test_another_city_works_with_its_own_boundary(sqlite_store: Store, tmp_path: Path) -> None:
    ring = [[117.0, 34.0], [117.6, 34.0], [117.6, 34.5], [117.0, 34.5], [117.0, 34.0]]
    layer = tmp_path / "区市界.geojson"
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {
        "type": "Feature",
        "properties": {"代码": "320312", "名称": "铜山区"},
        "geometry": shape,
    }
    layer.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    _confirmed(sqlite_store, layer, "320312")
    path = _geojson(
        tmp_path / "p.geojson", ("TS-1", 117.3, 34.2, 0.001, {"区市": "", "监测面积": 15.3})
    )
    outcome = send_file(sqlite_store, path, PATCHES)
    assert outcome.inserted == 1, messages(outcome)
    assert _patch(sqlite_store, "TS-1").district_code == "320312"


def test_a_real_layer_of_another_county_uploads_and_shows(
    sqlite_store: Store, shared_dir: Path, tmp_path: Path
) -> None:
    import zipfile

    import geopandas as gpd

    source = shared_dir / "testdata" / "weboffice_xuzhou_wpzf"
    around = gpd.read_file(source / "Export_Output.shp").to_crs(4490).union_all().convex_hull
    layer = tmp_path / "区市界.geojson"
    frame = gpd.GeoDataFrame(
        {"代码": ["320312"], "名称": ["铜山区"]}, geometry=[around.buffer(0.01)], crs=4490
    )
    frame.to_file(layer, driver="GeoJSON")
    _confirmed(sqlite_store, layer, "320312")
    archive = tmp_path / "xuzhou.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for part in source.iterdir():
            zipped.write(part, part.name)
    given = {"图斑类型": "新增非农建设类", "下发日期": "2023-05-08"}
    outcome = send_file(sqlite_store, archive, PATCHES, set_columns=given)
    assert (outcome.rows, outcome.rejected) == (545, 0)
    assert "只在县和批次内唯一" in "".join(outcome.notes)
    finding = {"图斑编号": "13", "合法性判定": "合法", "上报日期": "2023-05-20"}
    assert send(sqlite_store, FINDINGS, finding).inserted == 1
