"""Columns of the offices' forms: sources, judgements, reasons of returns, areas by way."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from data.store.engine import Store
from data.store.models import AuditDecision, EnforcementCase, Parcel, Patch
from data.vocabulary import UploadKind
from tests.sending import FINDING, PATCH, messages, send, warnings

PATCHES, FINDINGS, AUDITS, CASES = (
    UploadKind.PATCHES,
    UploadKind.FINDINGS,
    UploadKind.AUDITS,
    UploadKind.CASES,
)
MINERAL = {
    "图斑编号": "KC-1",
    "领域": "矿产",
    "矿种": "建筑用花岗岩",
    "下发日期": "2023-05-08",
    "区市": "荣成市",
    "监测面积": 9.0,
}
RETURN = {
    "图斑编号": "HC-1",
    "审核级别": "市级",
    "审核结果": "退回",
    "审核日期": "2023-05-25",
    "审核意见": "请补充照片。",
}


def _one(store: Store, *columns: Any) -> Any:
    with store.read() as conn:
        return conn.execute(select(*columns)).one()


def test_a_patch_comes_from_the_ministry_unless_it_says_otherwise(store: Store) -> None:
    send(store, PATCHES, PATCH)
    assert _one(store, Patch.source) == ("ministry",)
    send(store, PATCHES, {**PATCH, "TBLY": "举报"})
    assert _one(store, Patch.source) == ("reported",)
    send(store, PATCHES, {**PATCH, "坐落": "村东"})  # the default is for new rows
    assert _one(store, Patch.source) == ("reported",)
    send(store, PATCHES, {**PATCH, "图斑来源": "清空"})
    assert _one(store, Patch.source) == ("ministry",)


def test_a_finding_says_how_it_was_judged(store: Store) -> None:
    send(store, PATCHES, PATCH)
    more = {
        "扣减类型": "基金项目",
        "判定依据": "判定规则2023版第3条",
        "具体情形": "硬化",
        "是否符合规划": "否",
        "批准用地期限至": "2099-12-31",
    }
    outcome = send(store, FINDINGS, {**FINDING, **more})
    assert (outcome.inserted, outcome.warnings) == (1, [])  # a term ends in time to come
    columns = (
        *(Parcel.deduction_class, Parcel.judged_by, Parcel.circumstances),
        *(Parcel.conforms_to_plan, Parcel.approved_until),
    )
    expected = ("基金项目", "判定规则2023版第3条", "硬化", False, date(2099, 12, 31))
    assert _one(store, *columns) == expected
    send(store, FINDINGS, {**FINDING, **dict.fromkeys(more, "清空")})
    assert _one(store, *columns) == (None,) * 5


def test_a_deduction_of_no_known_class_comes_back(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH)
    outcome = send(sqlite_store, FINDINGS, {**FINDING, "扣减类型": "重点项目"})
    assert outcome.rejected == 1
    assert "扣减类型“重点项目”不在可选值内，应为：国家重大项目、" in messages(outcome)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("面积不符", "面积不符"),
        ("面积不符、举证缺失或不清", "举证缺失或不清、面积不符"),
        ("面积不符，面积不符；其他", "面积不符、其他"),
        ("临时／设施用地手续存疑", "临时/设施用地手续存疑"),
    ],
)
def test_reasons_of_a_return_are_words_of_the_list(
    sqlite_store: Store, written: str, stored: str
) -> None:
    send(sqlite_store, PATCHES, PATCH)
    outcome = send(sqlite_store, AUDITS, {**RETURN, "退回原因": written})
    assert (outcome.inserted, outcome.warnings) == (1, [])
    assert _one(sqlite_store, AuditDecision.reason_codes) == (stored,)


def test_an_unknown_reason_is_named_and_its_row_comes_back(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH)
    outcome = send(sqlite_store, AUDITS, {**RETURN, "退回原因": "面积不符、照片模糊"})
    assert outcome.rejected == 1
    assert "退回原因“照片模糊”不在可选值内" in messages(outcome)
    assert "多项用“、”连接" in messages(outcome)


def test_a_reason_beside_a_pass_is_said(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH)
    outcome = send(sqlite_store, AUDITS, {**RETURN, "审核结果": "通过", "退回原因": "其他"})
    assert outcome.inserted == 1
    assert "审核结果为通过，却填了退回原因" in warnings(outcome)


def test_a_mineral_parcel_is_a_finding_with_its_violation(store: Store) -> None:
    send(store, PATCHES, MINERAL)
    row = {"图斑编号": "KC-1", "合法性判定": "违法", "上报日期": "2023-05-20"}
    outcome = send(store, FINDINGS, {**row, "矿产违法类型": "越界开采"})
    assert (outcome.inserted, outcome.warnings) == (1, [])
    assert _one(store, Parcel.mineral_violation, Parcel.area_mu) == ("out_of_bounds", 9.0)
    outcome = send(store, FINDINGS, {**row, "矿产违法类型": "清空"})
    assert "没有填写矿产违法类型" in warnings(outcome)


def test_a_mineral_violation_of_land_is_said(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH)
    outcome = send(sqlite_store, FINDINGS, {**FINDING, "矿产违法类型": "无证开采"})
    assert outcome.inserted == 1
    assert "土地图斑填了矿产违法类型" in warnings(outcome)


CASE = {"图斑编号": "HC-1", "立案日期": "2023-06-01", "消除违法状态日期": "2023-08-01"}


def test_a_plan_may_lie_ahead(store: Store) -> None:
    send(store, PATCHES, PATCH)
    send(store, FINDINGS, FINDING)
    plan = {"计划整改日期": "2099-06-01", "责任单位": "张村镇人民政府"}
    outcome = send(store, CASES, {"图斑编号": "HC-1", **plan})
    assert (outcome.inserted, outcome.warnings) == (1, [])
    columns = (EnforcementCase.planned_on, EnforcementCase.responsible_unit)
    assert _one(store, *columns) == (date(2099, 6, 1), "张村镇人民政府")


@pytest.mark.parametrize(
    ("parts", "doubted"),
    [
        ({}, False),  # nobody said how much
        ({"复耕到位面积": 12}, False),
        ({"复耕到位面积": 11.99}, False),
        ({"复耕到位面积": 11.98}, True),
        ({"恢复原貌面积": 4, "复耕到位面积": 6, "补办批准面积": 2}, False),
        ({"恢复原貌面积": 4, "复耕到位面积（平方米）": 4000}, True),
        # the farmland is a part of the approved area
        ({"复耕到位面积": 6, "补办批准面积": 2, "补办其中耕地面积": 2}, True),
    ],
)
def test_an_elimination_with_something_open_is_a_doubt(
    sqlite_store: Store, parts: dict[str, Any], doubted: bool
) -> None:
    send(sqlite_store, PATCHES, PATCH)
    send(sqlite_store, FINDINGS, FINDING)
    outcome = send(sqlite_store, CASES, {**CASE, **parts})
    assert outcome.inserted == 1
    assert ("亩未整改" in warnings(outcome)) == doubted
    assert _one(sqlite_store, EnforcementCase.eliminated_on) == (date(2023, 8, 1),)


def test_the_doubt_is_of_a_patch_without_parcels_too(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH)
    outcome = send(sqlite_store, CASES, {**CASE, "复耕到位面积": 2})
    assert "还有10.00亩未整改（地块12.00亩）" in warnings(outcome)


def test_more_farmland_than_was_approved_is_said(sqlite_store: Store) -> None:
    send(sqlite_store, PATCHES, PATCH)
    send(sqlite_store, FINDINGS, FINDING)
    rows = {"图斑编号": "HC-1", "补办批准文号": "鲁政土字1号", "补办其中耕地面积": 3}
    assert "大于补办批准面积" in warnings(send(sqlite_store, CASES, {**rows, "补办批准面积": 2}))
