"""One small year worked out by hand; the expected numbers are typed, not computed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from data.scope import Scope
from data.store.engine import Store
from data.store.measures import RATES
from data.store.queries.figures import figures
from data.store.queries.patch_list import PatchQuery, iter_patches
from data.vocabulary import UploadKind
from tests.sending import PATCH, QUESTIONS, send

HC, WD = "371002", "371003"


def _patch(number: str, issued_on: str, **more: Any) -> dict[str, Any]:
    return {**PATCH, "图斑编号": number, "下发日期": issued_on, "监测面积": 20, **more}


def _parcel(number: str, parcel_no: int, legality: str, farmland: float, reported_on: str,
            **more: Any) -> dict[str, Any]:  # fmt: skip
    """A parcel of 10 亩."""
    return {"图斑编号": number, "地块序号": parcel_no, "合法性判定": legality, "面积": 10,
            "占用耕地面积": farmland, "上报日期": reported_on, **QUESTIONS, **more}  # fmt: skip


def _decision(number: str, level: str, day: str, result: str, **more: Any) -> dict[str, Any]:
    return {"图斑编号": number, "审核级别": level, "审核日期": day, "审核结果": result,
            "审核意见": "见附件", **more}  # fmt: skip


@pytest.fixture
def year(sqlite_store: Store) -> Store:
    """
    A  issued on the 20th, due 24 May; reported on the 24th: in time. Unlawful 6 亩 of farmland,
       filed, eliminated on 31 Jan 2024.
    B  issued on the 21st, due 24 June; reported on 25 June: late. Unlawful 3 亩, eliminated on
       1 Feb 2024, after D6.
    C  one of two parcels reported: overdue. The dated one is lawful, 4 亩.
    D  issued and reported in May, withdrawn on 1 July. Unlawful, 9 亩.
    E  extended to 30 June, its month stays May; reported on 30 June: in time. Not new construction.
    F  transferred from 文登 to 环翠 on 1 July; never reported.
    G  the county says lawful (5 亩); the city says unlawful and returns, the province passes
       without a determination: unlawful, overturned.
    H  no parcels, deemed unlawful by the city on 10 July: parcel 0 with 20 and 8 亩.
    I  unlawful but linked to A (2 亩), and not counted as unlawful (1 亩).
    J  mineral: no due date; unlawful.
    K  issued on 21 December, due 24 January 2024.
    """
    send(
        sqlite_store,
        UploadKind.PATCHES,
        _patch("A", "2023-05-20"),
        _patch("B", "2023-05-21"),
        _patch("C", "2023-05-02"),
        _patch("D", "2023-05-02", 撤销日期="2023-07-01", 撤销原因="重复下发"),
        _patch("E", "2023-05-02", 延期至="2023-06-30"),
        _patch("F", "2023-05-02", 划转日期="2023-07-01", 原区市="文登区"),
        _patch("G", "2023-05-02"),
        _patch("H", "2023-05-02"),
        _patch("I", "2023-05-02"),
        _patch("J", "2023-05-02", 领域="矿产", 图斑类型="矿产"),
        _patch("K", "2023-12-21", 区市="文登区"),
    )
    send(
        sqlite_store,
        UploadKind.FINDINGS,
        _parcel("A", 1, "违法", 6, "2023-05-24"),
        _parcel("B", 1, "违法", 3, "2023-06-25"),
        _parcel("C", 1, "合法", 4, "2023-05-20"),
        _parcel("C", 2, "违法", 2, ""),
        _parcel("D", 1, "违法", 9, "2023-05-20"),
        _parcel("E", 1, "合法", 7, "2023-06-30", 是否新增建设用地="否"),
        _parcel("G", 1, "合法", 5, "2023-05-20"),
        _parcel("I", 1, "违法", 2, "2023-05-20", 关联图斑编号="A"),
        _parcel("I", 2, "违法", 1, "2023-05-20", 是否纳入违法计算="否"),
        _parcel("J", 1, "违法", 1, "2023-05-30"),
    )
    send(
        sqlite_store,
        UploadKind.AUDITS,
        _decision("A", "市级", "2023-06-01", "通过"),
        _decision("A", "省级", "2023-06-20", "通过"),
        _decision("G", "市级", "2023-06-01", "退回", 定性结果="违法"),
        _decision("G", "省级", "2023-06-20", "通过"),
        _decision("H", "市级", "2023-07-10", "退回", 定性结果="违法", 直接判定="是"),
    )
    send(
        sqlite_store,
        UploadKind.CASES,
        {"图斑编号": "A", "立案日期": "2023-06-15", "消除违法状态日期": "2024-01-31"},
        {"图斑编号": "B", "立案日期": "", "消除违法状态日期": "2024-02-01"},
    )
    return sqlite_store


def _figures(store: Store, day: date) -> dict[str, Any]:
    with store.read() as conn:
        return figures(conn, Scope.all(), 2023, day)


def _said(row: dict[str, Any], names: str) -> list[Any]:
    return [row[name] for name in names.split()]


COUNTS = "patches due due_reached cleared on_time late overdue audited returned final"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        # the day before anything, then A to J but B, F being with 文登
        (date(2023, 5, 1), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        (date(2023, 5, 20), [9, 8, 0, 3, 3, 0, 0, 0, 0, 0]),
        # the 24th itself is in time: nothing has been reached, A has just been reported
        (date(2023, 5, 24), [10, 9, 0, 4, 4, 0, 0, 0, 0, 0]),
        # reached: A C D F G H I; overdue: C F H
        (date(2023, 5, 25), [10, 9, 7, 4, 4, 0, 3, 0, 0, 0]),
        # + E and B, which is late
        (date(2023, 6, 30), [10, 9, 8, 6, 5, 1, 3, 2, 1, 2]),
        # D is withdrawn
        (date(2023, 7, 1), [9, 8, 8, 5, 4, 1, 3, 2, 1, 2]),
        # + K, due on 24 January
        (date(2024, 1, 24), [10, 9, 8, 5, 4, 1, 3, 3, 2, 2]),
        (date(2024, 1, 25), [10, 9, 9, 5, 4, 1, 4, 3, 2, 2]),
    ],
)
def test_counts_of_the_city(year: Store, day: date, expected: list[int]) -> None:
    assert _said(_figures(year, day)["city"], COUNTS) == expected


def test_a_transferred_patch_changes_its_district_on_the_day(year: Store) -> None:
    for day, huancui, wendeng in ((date(2023, 6, 30), 9, 1), (date(2023, 7, 1), 9, 0)):
        by_code = {d["code"]: d["patches"] for d in _figures(year, day)["districts"]}
        assert (by_code[HC], by_code[WD]) == (huancui, wendeng), day


def test_the_months_are_those_of_the_due_date_by_the_rule(year: Store) -> None:
    months = _figures(year, date(2024, 1, 25))["months"]
    assert [(m["code"], m["month"], m["due_on"], m["patches"]) for m in months] == [
        (HC, "2023-05", "2023-05-24", 7),  # A C E F G H I: mineral J in none, E not in June
        (HC, "2023-06", "2023-06-24", 1),  # B
        (WD, "2024-01", "2024-01-24", 1),  # K
    ]


def test_areas_and_rates_before_and_after_the_cutoff(year: Store) -> None:
    """Counted: A 6, B 3, G 5, H 8 亩 of farmland = 22. New construction: and C 4, I 1 = 27."""
    names = "unlawful_farmland_mu eliminated_farmland_mu remaining_farmland_mu"
    for day, expected in (
        (date(2024, 1, 30), [22.0, 0.0, 22.0]),
        (date(2024, 1, 31), [22.0, 6.0, 16.0]),
        (date(2024, 2, 29), [22.0, 6.0, 16.0]),  # B was eliminated on 1 February, too late
    ):
        assert _said(_figures(year, day)["city"], names) == expected
    city = _figures(year, date(2024, 2, 29))["city"]
    assert city["new_construction_farmland_mu"] == 27.0
    assert city["new_construction_mu"] == 70.0  # A B C G I 10 each, H 20
    assert city["unlawful_mu"] == 50.0
    assert city["excluded_farmland_mu"] == 1.0
    assert city["ratio_gross"] == 22 / 27
    assert city["ratio_net"] == 16 / 27
    assert city["land_ratio_gross"] == 50 / 70
    assert city["land_ratio_net"] == 40 / 70
    assert city["rectification_rate"] == 10 / 50
    assert city["unrectified_farmland_rate"] == 16 / 22
    assert city["filing_rate"] == 1 / 6  # A of A, B, G, H and both of I
    assert city["overturn_rate"] == 1.0  # G; no county had judged H
    assert city["hit_rate"] == 5 / 6  # A B G H I of these and E; C is pending; F and K have none
    assert city["clearance_rate"] == 5 / 9
    assert city["on_time_rate"] == 4 / 9
    assert city["error_rate"] == 2 / 3
    assert city["first_pass_rate"] == 1 / 3
    assert _said(city, "mineral_patches mineral_unlawful_patches") == [1, 1]


def test_without_anything_rates_are_null(year: Store) -> None:
    city = _figures(year, date(2023, 5, 1))["city"]
    rates = [name for name in city if name.endswith("_rate") or "ratio_" in name]
    rates = [name for name in rates if not name.endswith("_mu")]
    assert set(rates) == set(RATES)
    assert {city[name] for name in rates} == {None}


def _row(store: Store, number: str, day: date) -> dict[str, Any]:
    with store.read() as conn:
        found = iter_patches(conn, Scope.all(), PatchQuery(2023, day, text=number))
        return next(row for chunk in found for row in chunk if row["patch_no"] == number)


def test_days_overdue_and_the_day_of_correction(year: Store) -> None:
    assert _row(year, "C", date(2023, 5, 24))["days_overdue"] is None
    assert _row(year, "C", date(2023, 5, 25))["days_overdue"] == 1
    # returned on Thursday 1 June: five workdays later is Thursday 8 June
    assert _row(year, "G", date(2023, 6, 1))["correction_due"] == date(2023, 6, 8)
    assert _row(year, "G", date(2023, 6, 20))["correction_due"] is None  # the province has spoken
    assert _row(year, "G", date(2023, 6, 20))["returned_now"]  # its latest city decision


def test_a_new_split_keeps_the_date_and_a_correction_moves_it(year: Store) -> None:
    two = [_parcel("B", n, "违法", 1, "2023-07-03") for n in (2, 3)]
    assert send(year, UploadKind.FINDINGS, *two).ended == 1
    assert _row(year, "B", date(2023, 8, 1))["reported_on"] == date(2023, 6, 25)
    send(year, UploadKind.FINDINGS, _parcel("A", 1, "违法", 6, "2023-05-25"))
    assert _row(year, "A", date(2023, 8, 1))["late"]


def test_a_resubmission_answers_the_return_and_never_moves_the_report(year: Store) -> None:
    answered = _decision("G", "市级", "2023-06-01", "退回", 重新上报日期="2023-06-05")
    assert send(year, UploadKind.AUDITS, answered).updated == 1
    assert _row(year, "G", date(2023, 6, 4))["correction_due"] == date(2023, 6, 8)
    assert _row(year, "G", date(2023, 6, 5))["correction_due"] is None
    assert _row(year, "G", date(2023, 6, 5))["reported_on"] == date(2023, 5, 20)


def test_a_later_return_of_the_province_undoes_final(year: Store) -> None:
    send(year, UploadKind.AUDITS, _decision("A", "省级复核", "2023-06-20", "退回"))
    assert not _row(year, "A", date(2023, 6, 20))["final"]  # the re-audit of the day is the later
    send(year, UploadKind.AUDITS, _decision("A", "省级复核", "2023-06-21", "通过"))
    assert _row(year, "A", date(2023, 6, 21))["final"]


def test_on_one_day_at_one_level_the_parcel_beats_the_patch(year: Store) -> None:
    send(
        year,
        UploadKind.AUDITS,
        _decision("C", "市级", "2023-06-01", "通过", 定性结果="合法"),
        _decision("C", "市级", "2023-06-01", "退回", 定性结果="违法", 地块序号=1),
    )
    row = _row(year, "C", date(2023, 6, 1))  # parcel 1 unlawful, parcel 2 lawful by the whole
    assert (row["legality"], row["unlawful_farmland_mu"]) == ("unlawful", 4.0)
    assert not row["returned_now"]  # 通过 counts as the later of one day
    assert row["returned"]
