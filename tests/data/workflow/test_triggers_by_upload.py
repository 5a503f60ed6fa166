"""T1–T14 from uploaded files, day by day at each edge, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from data.rights import COMMAND_LINE
from data.scope import Scope
from data.store.engine import Store
from data.trigger_row import Trigger
from data.triggers.current import current_triggers
from data.triggers.since import since
from data.vocabulary import RecordKind, UploadKind
from data.workflow.records import NewRecord, add_record
from tests.sending import FINDING, PATCH, send

HUANCUI, WENDENG = "371002", "371003"
TODAY = date(2024, 12, 31)


def _patches(store: Store, *rows: dict[str, Any]) -> None:
    outcome = send(store, UploadKind.PATCHES, *({**PATCH, **row} for row in rows))
    assert not outcome.errors, outcome.errors


def _findings(store: Store, *rows: dict[str, Any]) -> None:
    outcome = send(store, UploadKind.FINDINGS, *({**FINDING, **row} for row in rows))
    assert not outcome.errors, outcome.errors


def _send(store: Store, kind: UploadKind, *rows: dict[str, Any]) -> None:
    outcome = send(store, kind, *rows)
    assert not outcome.errors, outcome.errors


def _record(store: Store, kind: RecordKind, subject: str, on: date, **more: Any) -> None:
    with store.write() as conn:
        record = NewRecord(kind, 2023, subject, on, "会议纪要", **more)
        add_record(conn, COMMAND_LINE, record, TODAY)


def _held(store: Store, rule: str, day: date, scope: Scope | None = None) -> list[Trigger]:
    with store.read() as conn:
        found = current_triggers(conn, scope or Scope.all(), 2023, day)
    return [t for t in found if t["rule"] == rule]


def _days(store: Store, rule: str, first: date, last: date) -> list[date]:
    """The days from first to last on which anything holds by the rule."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    with store.read() as conn:
        return [
            day
            for day in days
            if current_triggers(conn, Scope.all(), 2023, day, with_patches=False, rules=(rule,))
        ]


def _decision(day: str, result: str, **more: Any) -> dict[str, Any]:
    return {"图斑编号": "HC-1", "审核级别": "市级", "审核日期": day, "审核结果": result,
            "审核意见": "补充举证材料", **more}  # fmt: skip


def _whole(number: str, legality: str, farmland: float, **more: Any) -> dict[str, Any]:
    """A finding whose parcel is all farmland."""
    return {"图斑编号": number, "合法性判定": legality, "面积": farmland, "占用耕地面积": farmland,
            **more}  # fmt: skip


def _sized(number: str, farmland: float, **more: Any) -> dict[str, Any]:
    return {"图斑编号": number, "监测面积": farmland, "占用耕地面积": farmland, **more}


def _eliminated(number: str, day: str, **more: Any) -> dict[str, Any]:
    return {"图斑编号": number, "消除违法状态日期": day, "整改方式": "拆除", **more}


# ---- T2 ------------------------------------------------------------------------------------------


def test_t2_counts_returned_among_audited_of_the_clearance_month(store: Store) -> None:
    names = [f"HC-{n}" for n in range(1, 11)]
    _patches(store, *({"图斑编号": name} for name in names))
    _patches(store, {"图斑编号": "JUNE", "下发日期": "2023-05-21"})
    decided = [_decision("2023-06-01", "通过", 图斑编号=name) for name in names]
    _send(store, UploadKind.AUDITS, *decided, _decision("2023-06-01", "通过", 图斑编号="JUNE"))
    assert _held(store, "T2", date(2023, 6, 1)) == []
    _send(store, UploadKind.AUDITS, _decision("2023-06-05", "退回"))
    _send(store, UploadKind.AUDITS, _decision("2023-06-07", "退回", 图斑编号="HC-2"))
    assert _held(store, "T2", date(2023, 6, 4)) == []
    (one,) = _held(store, "T2", date(2023, 6, 5))
    assert (one["subject"], one["period"], one["severity"], one["measure"]) == (
        HUANCUI, "2023-05", "early_warning", "public_notice",
    )  # fmt: skip
    assert (one["value"], one["threshold"], one["patches"]) == (0.1, 0.1, ["HC-1"])
    (two,) = _held(store, "T2", date(2023, 6, 7))
    assert (two["value"], two["threshold"], two["measure"], two["patches"]) == (
        0.2, 0.2, "full_verification", ["HC-1", "HC-2"],
    )  # fmt: skip


# ---- T5, T9 --------------------------------------------------------------------------------------


def test_t5_warns_from_october_and_names_what_remains_after_the_cut_off(store: Store) -> None:
    _patches(store, _sized("HC-1", 60.0), _sized("HC-2", 40.0))
    _findings(store, _whole("HC-1", "违法", 60.0), _whole("HC-2", "违法", 40.0))
    _send(store, UploadKind.CASES, _eliminated("HC-2", "2023-06-01"))
    assert _held(store, "T5", date(2023, 9, 30)) == []
    (warned,) = _held(store, "T5", date(2023, 10, 1))
    assert (warned["value"], warned["threshold"], warned["measure"]) == (0.4, 0.6, "public_notice")
    assert warned["patches"] == ["HC-1"]
    (named,) = _held(store, "T5", date(2024, 2, 1))
    assert (named["value"], named["threshold"], named["unit"]) == (60.0, 0.0, "mu")


def test_exactly_60_percent_is_no_warning_and_the_last_day_of_january_still_counts(
    store: Store,
) -> None:
    _patches(store, _sized("HC-1", 60.0), _sized("HC-2", 40.0))
    _findings(store, _whole("HC-1", "违法", 60.0), _whole("HC-2", "违法", 40.0))
    _send(
        store,
        UploadKind.CASES,
        _eliminated("HC-1", "2023-06-01"),
        _eliminated("HC-2", "2024-01-31"),
    )
    assert _days(store, "T5", date(2023, 12, 30), date(2024, 2, 2)) == []


def test_t5_and_t9_part_after_the_cut_off(store: Store) -> None:
    """Rectified on 1 February: too late for the year, not for the quota."""
    _patches(store, _sized("HC-1", 8.0))
    _findings(store, _whole("HC-1", "违法", 8.0))
    _send(store, UploadKind.CASES, _eliminated("HC-1", "2024-02-01"))
    (freeze,) = _held(store, "T9", date(2024, 1, 31))
    assert (freeze["value"], freeze["measure"], freeze["patches"]) == (8.0, "freeze", ["HC-1"])
    assert _held(store, "T9", date(2024, 2, 1)) == []
    assert len(_held(store, "T5", date(2024, 2, 29))) == 1


def test_t9_leaves_out_what_does_not_count_and_proposes_the_thaw(store: Store) -> None:
    _patches(store, _sized("HC-1", 8.0), _sized("HC-2", 5.0))
    _findings(
        store, _whole("HC-1", "违法", 8.0), _whole("HC-2", "违法", 5.0, 是否纳入违法计算="否")
    )
    (freeze,) = _held(store, "T9", date(2023, 6, 1))
    assert (freeze["value"], freeze["mark"]) == (8.0, "")
    _record(store, RecordKind.FREEZE, "环翠区", date(2023, 7, 1), document_no="鲁冻1号")
    _send(store, UploadKind.CASES, _eliminated("HC-1", "2023-08-01"))
    (frozen,) = _held(store, "T9", date(2023, 7, 31))
    assert "鲁冻1号" in frozen["note"]
    (thaw,) = _held(store, "T9", date(2023, 8, 1))
    assert (thaw["value"], thaw["mark"]) == (0.0, "thaw")


def test_t9_names_the_reserve_and_the_ledger_beside_the_forecast(store: Store) -> None:
    _patches(store, _sized("HC-1", 8.0))
    _findings(store, _whole("HC-1", "违法", 8.0))
    reserve = {"区市": "环翠区", "日期": "2023-06-01", "储备库指标": 20}
    _send(store, UploadKind.QUOTA, reserve, {**reserve, "日期": "2023-07-01", "储备库指标": 15})
    old = {"年度": 2021, "图斑编号": "OLD-1", "区市": "环翠区", "违法占用耕地面积": 3,
           "消除违法状态日期": "2023-07-15"}  # fmt: skip
    outcome = send(store, UploadKind.LEDGER, old, year=None)
    assert not outcome.errors
    notes = [_held(store, "T9", day)[0]["note"] for day in (date(2023, 6, 30), date(2023, 7, 15))]
    assert notes == [
        "预计冻结，尚未登记；储备库指标 20.00 亩；历年台账未整改 3.00 亩",
        "预计冻结，尚未登记；储备库指标 15.00 亩",
    ]


# ---- T6, T7, T13 ---------------------------------------------------------------------------------


def test_t6_adds_the_counted_parcels_and_ends_when_all_are_rectified(store: Store) -> None:
    _patches(store, _sized("HC-1", 60.0))
    _findings(
        store,
        _whole("HC-1", "违法", 30.0),
        _whole("HC-1", "违法", 20.0, 地块序号=2),
        _whole("HC-1", "违法", 10.0, 地块序号=3, 是否纳入违法计算="否"),
    )
    cases = [_eliminated("HC-1", "2023-07-01"), _eliminated("HC-1", "2023-08-01", 地块序号=2)]
    _send(store, UploadKind.CASES, *cases)
    assert _held(store, "T6", date(2023, 5, 19)) == []  # not judged before it is reported
    (major,) = _held(store, "T6", date(2023, 5, 20))
    assert (major["subject"], major["district"], major["value"], major["threshold"]) == (
        "HC-1", HUANCUI, 50.0, 50.0,
    )  # fmt: skip
    assert (major["measure"], major["patches"]) == ("listed_supervision", ["HC-1"])
    assert len(_held(store, "T6", date(2023, 7, 31))) == 1
    assert _held(store, "T6", date(2023, 8, 1)) == []


def test_t6_hears_a_higher_level_and_a_patch_that_was_deemed(store: Store) -> None:
    """Nothing the county said is unlawful; the city says so of the whole patch."""
    _patches(store, _sized("HC-1", 50.0), _sized("HC-2", 49.9999))
    decisions = [
        _decision("2023-06-01", "退回", 图斑编号=number, 定性结果="违法", 直接判定="是")
        for number in ("HC-1", "HC-2")
    ]
    _send(store, UploadKind.AUDITS, *decisions)
    assert _held(store, "T6", date(2023, 5, 31)) == []
    assert [t["subject"] for t in _held(store, "T6", date(2023, 6, 1))] == ["HC-1"]


def test_t6_follows_a_mark_of_staff_until_the_patch_is_rectified(store: Store) -> None:
    _patches(store, {})
    _findings(store, {})
    _record(store, RecordKind.MAJOR, "HC-1", date(2023, 6, 1))
    _send(store, UploadKind.CASES, _eliminated("HC-1", "2023-07-01"))
    assert _days(store, "T6", date(2023, 5, 30), date(2023, 6, 2)) == [
        date(2023, 6, 1), date(2023, 6, 2),
    ]  # fmt: skip
    assert _held(store, "T6", date(2023, 7, 1)) == []


def test_t7_proposes_after_three_returns_until_the_city_passes_it(store: Store) -> None:
    _patches(store, {})
    answered = {"重新上报日期": "2023-06-20"}
    days = ["2023-06-02", "2023-06-05", "2023-06-09"]
    _send(store, UploadKind.AUDITS, *(_decision(d, "退回", **answered) for d in days))
    assert _held(store, "T7", date(2023, 6, 8)) == []
    (proposed,) = _held(store, "T7", date(2023, 6, 9))
    assert (proposed["value"], proposed["unit"], proposed["measure"]) == (
        3.0, "times", "deem_unlawful",
    )  # fmt: skip
    _record(store, RecordKind.DEEM, "HC-1", date(2023, 6, 12))
    (confirmed,) = _held(store, "T7", date(2023, 6, 12))
    assert confirmed["note"] == "已确认：会议纪要"
    _send(store, UploadKind.AUDITS, _decision("2023-06-21", "通过"))
    assert len(_held(store, "T7", date(2023, 6, 20))) == 1
    assert _held(store, "T7", date(2023, 6, 21)) == []


def test_three_parcels_returned_on_one_day_are_one_return(store: Store) -> None:
    _patches(store, {})
    rows = [_decision("2023-06-02", "退回", 地块序号=n) for n in (1, 2, 3)]
    _findings(store, *({"地块序号": n, "面积": 4.0, "占用耕地面积": 2.0} for n in (1, 2, 3)))
    _send(store, UploadKind.AUDITS, *rows)
    assert _held(store, "T7", date(2023, 6, 3)) == []


def test_t7_counts_workdays_after_the_correction_was_due(store: Store) -> None:
    """Returned on Monday 5 June: due on the 12th; the tenth workday after is 27 June, for 22 and 23
    June are the Dragon Boat holiday and Sunday the 25th is a workday."""
    _patches(store, {})
    _send(store, UploadKind.AUDITS, _decision("2023-06-05", "退回"))
    assert _days(store, "T7", date(2023, 6, 20), date(2023, 6, 30))[0] == date(2023, 6, 27)
    (first,) = _held(store, "T7", date(2023, 6, 27))
    assert (first["value"], first["threshold"], first["unit"]) == (10.0, 10.0, "workdays")
    _send(store, UploadKind.AUDITS, _decision("2023-06-05", "退回", 重新上报日期="2023-06-29"))
    assert len(_held(store, "T7", date(2023, 6, 28))) == 1
    assert _held(store, "T7", date(2023, 6, 29)) == []


def test_a_patch_that_was_deemed_needs_no_proposal(store: Store) -> None:
    _patches(store, {})
    _send(store, UploadKind.AUDITS, _decision("2023-06-05", "退回"))
    _send(
        store, UploadKind.AUDITS,
        _decision("2023-07-03", "退回", 定性结果="违法", 直接判定="是"),
    )  # fmt: skip
    assert len(_held(store, "T7", date(2023, 7, 2))) == 1
    assert _held(store, "T7", date(2023, 7, 3)) == []
    assert _held(store, "T7", date(2023, 8, 30)) == []


def test_t13_goes_by_the_latest_recheck_of_each_parcel(store: Store) -> None:
    _patches(store, {})
    _findings(store, {"合法性判定": "其他", "判定类别": "设施农业用地"})

    def recheck(day: str, finding: str) -> dict[str, Any]:
        return {"图斑编号": "HC-1", "地块序号": 1, "复核日期": day, "复核结论": finding}

    rows = [("2023-07-01", "未变化"), ("2023-08-01", "改变用途"), ("2023-09-01", "未变化"),
            ("2023-10-01", "其他")]  # fmt: skip
    _send(store, UploadKind.RECHECKS, *(recheck(*row) for row in rows))
    assert _held(store, "T13", date(2023, 7, 31)) == []
    (changed,) = _held(store, "T13", date(2023, 8, 1))
    assert (changed["subject"], changed["measure"], changed["note"]) == (
        "HC-1", "reopen", "地块1 改变用途",
    )  # fmt: skip
    assert len(_held(store, "T13", date(2023, 8, 31))) == 1
    assert _held(store, "T13", date(2023, 9, 1)) == []
    assert _held(store, "T13", date(2023, 10, 1)) == []


# ---- T8 ------------------------------------------------------------------------------------------


def test_t8_reaches_the_interview_line_with_a_strategic_mineral(store: Store) -> None:
    ore = {"领域": "矿产", "图斑类型": "矿产", "矿种": "建筑用砂", "占用耕地面积": 0}
    _patches(store, {**ore}, {**ore, "图斑编号": "HC-2", "矿种": "稀土", "战略性矿种": "是"})
    _findings(store, _whole("HC-1", "违法", 12.0, 占用耕地面积=0))
    (warned,) = _held(store, "T8", date(2023, 6, 1))
    assert (warned["subject"], warned["value"], warned["line"]) == (HUANCUI, 1.0, None)
    assert warned["patches"] == ["HC-1"]
    _findings(
        store, _whole("HC-2", "违法", 12.0, 占用耕地面积=0, 上报日期="2023-07-01"),
    )  # fmt: skip
    assert _held(store, "T8", date(2023, 6, 30))[0]["line"] is None
    (reached,) = _held(store, "T8", date(2023, 7, 1))
    assert (reached["value"], reached["line"]) == (2.0, "interview")


# ---- T10, T11 ------------------------------------------------------------------------------------


def _ratio(store: Store, unlawful: float, district: str = "环翠区") -> None:
    """Of 100 亩 of new construction on farmland so many unlawful, reported on 20 May."""
    _patches(
        store,
        _sized("BAD", unlawful, 区市=district),
        _sized("GOOD", 100.0 - unlawful, 区市=district),
    )
    _findings(store, _whole("BAD", "违法", unlawful), _whole("GOOD", "合法", 100.0 - unlawful))


def test_t10_needs_three_month_ends_in_a_row(store: Store) -> None:
    _ratio(store, 10.0)
    _send(store, UploadKind.CASES, _eliminated("BAD", "2023-09-10"))
    # 31 May, 30 June, 31 July; 30 September breaks the row
    held = _days(store, "T10", date(2023, 7, 29), date(2023, 8, 2))
    assert held == [date(2023, 7, 31), date(2023, 8, 1), date(2023, 8, 2)]
    (third,) = _held(store, "T10", date(2023, 8, 30))
    assert (third["value"], third["threshold"], third["measure"]) == (3.0, 3.0, "key_monitoring")
    assert _held(store, "T10", date(2023, 8, 31))[0]["value"] == 4.0
    assert len(_held(store, "T10", date(2023, 9, 29))) == 1  # until the month-end is over
    assert _held(store, "T10", date(2023, 9, 30)) == []


def test_a_month_end_without_warning_breaks_the_row(store: Store) -> None:
    """Below the line on 30 June, by a lawful patch that is moved away in July."""
    _ratio(store, 10.0)
    more = _sized("MORE", 10.0, 下发日期="2023-06-01", 撤销日期="2023-07-10", 撤销原因="重复下发")
    _patches(store, more)
    _findings(store, _whole("MORE", "合法", 10.0, 上报日期="2023-06-05"))
    assert _days(store, "T10", date(2023, 7, 31), date(2023, 9, 29)) == []
    assert len(_held(store, "T10", date(2023, 9, 30))) == 1


def test_t11_waits_for_the_day_after_the_cut_off(store: Store) -> None:
    _ratio(store, 15.0)
    assert _held(store, "T3", date(2023, 12, 31))[0]["line"] == "interview"
    assert _held(store, "T11", date(2024, 1, 31)) == []
    (called,) = _held(store, "T11", date(2024, 2, 1))
    assert (called["severity"], called["measure"], called["value"], called["threshold"]) == (
        "interview", "interview", 0.15, 0.15,
    )  # fmt: skip
    assert called["patches"] == ["BAD"]


def test_t11_an_elimination_in_time_spares_the_interview_one_day_late_does_not(
    store: Store,
) -> None:
    _ratio(store, 20.0)
    _ratio_of_wendeng = [_sized("WD-BAD", 20.0, 区市="文登区"), _sized("WD", 80.0, 区市="文登区")]
    _patches(store, *_ratio_of_wendeng)
    _findings(store, _whole("WD-BAD", "违法", 20.0), _whole("WD", "合法", 80.0))
    _send(
        store,
        UploadKind.CASES,
        _eliminated("BAD", "2024-01-31"),
        _eliminated("WD-BAD", "2024-02-01"),
    )
    assert [t["subject"] for t in _held(store, "T11", date(2024, 2, 29))] == [WENDENG]


def test_t11_hears_of_severe_impact_and_of_an_order_that_was_not_met(store: Store) -> None:
    _ratio(store, 5.0)
    _record(store, RecordKind.SEVERE_IMPACT, "环翠区", date(2023, 12, 1))
    (called,) = _held(store, "T11", date(2024, 2, 1))
    assert (called["severity"], called["value"]) == ("interview", 0.05)
    assert "恶劣影响" in called["note"]
    order = {"due_on": date(2024, 6, 30)}
    _record(store, RecordKind.RECTIFY_ORDER, "环翠区", date(2024, 3, 10), **order)
    assert len(_held(store, "T11", date(2024, 7, 1))) == 1  # no 约谈 came before the order
    _record(store, RecordKind.INTERVIEW, "环翠区", date(2024, 3, 10))
    assert len(_held(store, "T11", date(2024, 6, 30))) == 1
    _, overdue = _held(store, "T11", date(2024, 7, 1))
    assert (overdue["severity"], overdue["measure"], overdue["value"]) == (
        "accountability", "lead_transfer", 1.0,
    )  # fmt: skip


def test_t11_an_order_is_met_by_what_it_names(store: Store) -> None:
    _patches(store, _sized("A", 5.0), _sized("B", 4.0), _sized("OTHER", 3.0))
    _findings(store, *(_whole(n, "违法", mu) for n, mu in (("A", 5.0), ("B", 4.0), ("OTHER", 3.0))))
    _record(store, RecordKind.INTERVIEW, "环翠区", date(2024, 2, 10))
    order = {"due_on": date(2024, 2, 20), "patch_nos": ("A", "B")}
    _record(store, RecordKind.RECTIFY_ORDER, "环翠区", date(2024, 2, 10), **order)

    def proposed(day: date) -> list[list[str]]:
        return [t["patches"] for t in _held(store, "T11", day) if t["mark"] == "order"]

    assert proposed(date(2024, 2, 20)) == []
    assert proposed(date(2024, 2, 21)) == [["A", "B"]]
    # after D6, whatever the way, accepted or not: rectified all the same
    _send(store, UploadKind.CASES, _eliminated("A", "2024-02-22"))
    assert proposed(date(2024, 2, 22)) == [["B"]]
    _send(store, UploadKind.CASES, _eliminated("B", "2024-02-25"))
    assert proposed(date(2024, 2, 24)) == [["B"]]
    assert proposed(date(2024, 2, 25)) == []
    with store.read() as conn:
        held = current_triggers(conn, Scope.all(), 2023, date(2024, 2, 24), rules=("T11",))
        (told,) = (t for t in held if t["mark"] == "order")
        assert since(conn, Scope.all(), 2023, date(2024, 2, 24), [told]) == [date(2024, 2, 21)]
    assert told["note"] == "约谈后限期整改至2024-02-20，已逾期，1个图斑仍未整改到位"


# ---- T12, T14, scope -----------------------------------------------------------------------------


def test_t12_and_t14_come_from_confirmations_alone(store: Store) -> None:
    _patches(store, {})
    check = {"图斑编号": "HC-1", "核查级别": "市级", "核查日期": "2023-06-01", "核查人": "王工",
             "核查结论": "不属实"}  # fmt: skip
    _send(store, UploadKind.CHECKS, check)
    assert _held(store, "T12", date(2023, 6, 2)) == []
    _record(store, RecordKind.FALSE_REPORTING, "HC-1", date(2023, 6, 3))
    _record(store, RecordKind.WRONG_FILLING, "文登区", date(2023, 6, 3))
    (false,) = _held(store, "T12", date(2023, 6, 3))
    assert (false["subject"], false["measure"], false["patches"]) == (
        "HC-1", "investigation", ["HC-1"],
    )  # fmt: skip
    (wrong,) = _held(store, "T14", date(2023, 6, 3))
    assert (wrong["subject"], wrong["subject_name"], wrong["patches"]) == (WENDENG, "文登区", [])
    own = Scope(frozenset({HUANCUI}))
    assert _held(store, "T14", date(2023, 6, 3), own) == []
    assert len(_held(store, "T12", date(2023, 6, 3), own)) == 1


def test_a_withdrawn_patch_triggers_nothing(store: Store) -> None:
    _patches(store, _sized("HC-1", 60.0))
    _findings(store, _whole("HC-1", "违法", 60.0))
    _send(store, UploadKind.AUDITS, _decision("2023-06-01", "退回"))
    _patches(store, _sized("HC-1", 60.0, 撤销日期="2023-10-10", 撤销原因="重复下发"))
    with store.read() as conn:
        before = current_triggers(conn, Scope.all(), 2023, date(2023, 10, 9))
        after = current_triggers(conn, Scope.all(), 2023, date(2023, 10, 10))
    assert {"T3", "T5", "T6", "T7", "T9"} <= {t["rule"] for t in before}
    assert {t["rule"] for t in after} == {"T10"}  # by the month-ends that were


def test_a_setting_of_the_store_is_not_needed_to_ask_of_another_day(store: Store) -> None:
    """What holds on a day does not depend on the day on which it is asked."""
    _ratio(store, 15.0)
    then = _held(store, "T3", date(2023, 6, 1))
    store.settings = replace(store.settings, fixed_today=date(2030, 1, 1))
    assert _held(store, "T3", date(2023, 6, 1)) == then
