"""What a trigger says of itself, in the places where it could mislead whoever reads it."""

from __future__ import annotations

from typing import Any

from data.rules.triggers import Finding
from data.triggers.wording import Words, words
from data.vocabulary import Severity

T3 = {"warning_ratio": 0.10, "interview_ratio": 0.15}
YEAR = {
    "ratio_net": 0.12,
    "ratio_net_part_mu": 12.0,
    "ratio_gross": 0.2,
    "ratio_gross_part_mu": 20.0,
    "new_construction_farmland_mu": 100.0,
}


def _finding(value: float, threshold: float, unit: str, about: str = "", **more: Any) -> Finding:
    return Finding(
        more.pop("severity", Severity.EARLY_WARNING), value, threshold, unit, about, **more
    )


def _errors(returned: int, audited: int, due: int, due_reached: int) -> Words:
    row = {"returned": returned, "audited": audited, "due": due, "due_reached": due_reached}
    rate = returned / audited
    p = {"warning_rate": 0.10, "verification_rate": 0.20}
    line = p["verification_rate"] if rate >= 0.2 else p["warning_rate"]
    return words("T2", _finding(rate, line, "rate"), row, p, settled=False)


# ---- T2 ------------------------------------------------------------------------------------------


def test_a_month_that_is_audited_to_its_end_is_promised_no_end() -> None:
    """4 of 12 returned: 29 more would have to pass, but the month has no more than 12."""
    assert _errors(4, 12, 12, 12).ends == "该月图斑已全部审核，差错率降不到 10% 以下，年度内保留"
    assert _errors(4, 12, 20, 20).ends.startswith("该月只剩 8 个图斑未审核，")


def test_a_month_that_can_still_get_under_the_line_says_how() -> None:
    assert _errors(2, 15, 30, 30).ends == "再有 6 个图斑审核未被退回，差错率低于 10% 后解除"
    # the month still brings patches: nobody knows how many
    assert _errors(4, 12, 12, 6).ends.startswith("再有 29 个图斑")


def test_only_what_lies_exactly_on_the_line_is_said_to_do_so() -> None:
    assert _errors(2, 8, 8, 8).margin == "已达20%（全面核查）线"  # 25 %
    assert _errors(2, 10, 10, 10).margin == "恰达20%（全面核查）线"


# ---- T3 ------------------------------------------------------------------------------------------


def test_the_net_ratio_says_that_what_is_eliminated_is_left_out() -> None:
    said = words("T3", _finding(0.12, 0.10, "ratio", "ratio_net"), YEAR, T3, settled=False)
    assert said.formula == (
        "未消除的违法占用耕地 12.00 亩 ÷ 新增建设占用耕地 100.00 亩 = 12%"
    )  # fmt: skip
    assert said.ends.startswith("再消除 2.1 亩")


def test_nobody_is_told_that_eliminating_lowers_the_gross_ratio() -> None:
    said = words("T3", _finding(0.2, 0.15, "ratio", "ratio_gross"), YEAR, T3, settled=False)
    assert said.formula.startswith("违法占用耕地（不扣除已消除） 20.00 亩")
    assert "再消除" not in said.ends


def test_an_area_line_over_no_new_construction_shows_no_ratio_of_nothing() -> None:
    row = {**YEAR, "ratio_net": None, "new_construction_farmland_mu": 0.0}
    said = words("T3", _finding(12.0, 10.0, "mu", "ratio_net"), row, T3, settled=False)
    assert said.formula.endswith("= —")


# ---- after D6 ------------------------------------------------------------------------------------


def test_after_the_cut_off_no_rule_of_the_year_promises_to_end_by_rectifying() -> None:
    row = {**YEAR, "remaining_basic_farmland_mu": 2.0, "remaining_redline_mu": 0.0,
           "eliminated_mu": 3.0, "unlawful_mu": 10.0, "rectification_rate": 0.3}  # fmt: skip
    for rule, finding, p in (
        ("T3", _finding(0.12, 0.10, "ratio", "ratio_net"), T3),
        ("T4", _finding(2.0, 0.0, "mu", "basic_farmland"), {"interview_mu": 30.0}),
        ("T5", _finding(7.0, 0.0, "mu", "remaining"), {"warning_rate": 0.6}),
        ("T10", _finding(4.0, 3.0, "months", "ratio_net"), {}),
    ):
        assert words(rule, finding, row, p, settled=True).ends.startswith("截止日已过"), rule


def test_what_is_left_after_the_cut_off_is_what_was_left_on_it() -> None:
    """It may have been eliminated since, which no longer counts for the year."""
    row = {"eliminated_mu": 3.0, "unlawful_mu": 10.0, "rectification_rate": 0.3}
    said = words("T5", _finding(7.0, 0.0, "mu", "remaining"), row, {"warning_rate": 0.6}, True)
    assert said.margin == "到截止日还有 7.00 亩未消除"


# ---- T6, T11 -------------------------------------------------------------------------------------


def test_a_patch_marked_before_it_is_judged_is_not_said_to_have_unlawful_farmland() -> None:
    finding = _finding(0.0, 50.0, "mu", "farmland", subject="A", note="重大典型：媒体曝光")
    said = words("T6", finding, {}, {}, settled=False)
    assert (said.formula, said.margin) == ("已标为重大典型", "还没有计入的违法占用耕地")


def _interview(finding: Finding, row: dict[str, Any], settled: bool = True) -> Words:
    return words("T11", finding, row, {}, settled)


def test_an_interview_prints_its_margin_and_that_rectifying_comes_too_late() -> None:
    row = {**YEAR, "ratio_net": 0.2, "ratio_net_part_mu": 20.0}
    finding = _finding(0.2, 0.15, "ratio", "ratio_net", severity=Severity.INTERVIEW)
    said = _interview(finding, row)
    assert (said.formula, said.margin) == ("年度问责比例 20%", "超出15%约谈线 5.0 亩")
    assert said.ends == "年度评估结论，此后整改不再改变；约谈后请登记"
    assert _interview(finding, row, settled=False).ends.startswith("各项都降到约谈线以下")


def test_an_interview_for_protected_land_names_the_land() -> None:
    finding = _finding(31.0, 30.0, "mu", "redline+basic_farmland", severity=Severity.INTERVIEW)
    said = _interview(finding, YEAR)
    assert said.formula == "违法占用生态保护红线未消除 31.00 亩"
    assert said.margin == "超出30亩约谈线 1.0 亩"


def test_a_recorded_impact_is_never_set_against_a_ratio_of_nothing() -> None:
    row = {**YEAR, "ratio_net": None, "ratio_net_part_mu": 0.0, "new_construction_farmland_mu": 0.0}
    said = _interview(_finding(0.0, 0.15, "ratio", "ratio_net", severity=Severity.INTERVIEW), row)
    assert said.formula == "年度问责比例 —（没有新增建设占用耕地）"
    assert said.ends == "恶劣影响的登记撤销后解除"


def test_a_recorded_impact_below_the_line_says_how_far_below() -> None:
    finding = _finding(0.12, 0.15, "ratio", "ratio_net", severity=Severity.INTERVIEW)
    assert _interview(finding, YEAR).margin == "低于15%约谈线 3.0 亩"
