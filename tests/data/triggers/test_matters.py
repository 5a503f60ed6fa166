"""Matters: what is counted and listed together, and which of them weighs most."""

from __future__ import annotations

import pytest

from data.trigger_row import Trigger
from data.triggers.changes import compare_matters
from data.triggers.matters import (
    Matter,
    crossed_sentence,
    gravest_sentence,
    matters,
    standings,
    summary,
)
from tests.triggers_of import trigger

NAMES = {"371002": "环翠区", "371072": "经区", "371073": "临港区", "371083": "乳山市"}


def held(*triggers: Trigger) -> list[Matter]:
    return matters(triggers, NAMES)


def over(code: str, value: float, margin: str = "超出15%线 3.3 亩") -> Trigger:
    return trigger(
        "T3", code, subject_name=NAMES[code], value=value, threshold=0.15, line="interview",
        margin=margin,
    )  # fmt: skip


def test_within_a_severity_the_larger_excess_stands_first_not_the_bureaus_order() -> None:
    found = held(over("371072", 0.179), trigger("T3", "371083"), over("371073", 0.261))
    assert [m.unit for m in found] == ["临港区", "经区", "乳山市"]
    nearer = trigger("T1", "371002", unit="share", value=0.88, threshold=0.9)
    further = trigger("T1", "371083", unit="share", value=0.70, threshold=0.9)
    assert [m.unit for m in held(nearer, further)] == ["乳山市", "环翠区"]


def test_a_line_reached_is_graver_than_any_warning_and_a_notice_comes_last() -> None:
    notice = trigger("T9", "371002", severity="notice", value=900.0, threshold=0.0)
    warning = trigger("T4", "371083", unit="mu", value=29.0, threshold=0.0)
    assert [m.rule for m in held(notice, warning, over("371073", 0.151))] == ["T3", "T4", "T9"]


def test_one_sentence_says_who_crossed_and_who_stands_gravest_and_why() -> None:
    found = held(over("371072", 0.179), over("371073", 0.261, "超出15%线 32.2 亩"))
    assert crossed_sentence(found) == (
        "临港区、经区已达约谈线，最严重的是临港区：问责比例26.1%，超出15%线32.2亩"
    )
    assert gravest_sentence(found) in crossed_sentence(found)
    assert crossed_sentence(held(over("371072", 0.179))) == (
        "经区已达约谈线：问责比例17.9%，超出15%线3.3亩"
    )


def test_the_city_is_named_among_those_that_crossed_but_a_district_is_the_gravest() -> None:
    city = over("371073", 0.4) | {"district": None, "subject": "371000", "subject_name": "全市"}
    found = held(city, over("371073", 0.26))
    assert crossed_sentence(found).startswith("全市、临港区已达约谈线，最严重的是临港区：")


def test_nothing_but_notices_is_called_grave() -> None:
    assert gravest_sentence(held(trigger("T9", severity="notice"))) == ""
    assert gravest_sentence([]) == crossed_sentence([]) == ""


def test_the_months_of_a_district_are_one_matter_whatever_their_severities() -> None:
    months = [
        trigger("T1", "371083", period=f"2023-{m:02}", unit="share", value=value,
                threshold=line, severity=severity, judged_months=11, open=2)
        for m, value, line, severity in (
            (3, 0.7, 0.9, "early_warning"), (4, 0.8, 0.9, "early_warning"), (5, 0.95, 1.0, "notice")
        )
    ]  # fmt: skip
    public = months[1] | {"mark": "in_a_row", "measure": "public_notice"}
    (matter,) = held(*months, public)
    assert matter.words == "11个月中2个月低于90%、1个月低于100%且未报完，欠6个"
    assert summary([matter]) == "1项预警"


def test_patches_of_a_rule_are_counted_by_district_and_named_by_one_key() -> None:
    patches = [
        trigger("T6", f"P{n}", district=district, key="", unit="mu", value=50.0 + n, threshold=50.0)
        for n in range(20)
        for district in ("371083", "371002")
    ]
    found = held(*patches)
    assert [(m.unit, len(m.triggers), m.key) for m in found] == [
        ("环翠区", 20, "T6.371002.2023.patches"),
        ("乳山市", 20, "T6.371083.2023.patches"),
    ]
    assert found[0].gravest["value"] == 69.0
    assert summary(found) == "2项预警"


def test_an_interview_after_the_evaluation_is_counted_as_one() -> None:
    found = held(
        trigger("T11", severity="interview", line="interview"),
        trigger("T12", severity="accountability"),
    )
    assert summary(found) == "1项问责建议，1项约谈"
    assert crossed_sentence(found).startswith("环翠区达到问责建议条件：")


def test_each_district_stands_by_its_gravest_matter_and_those_without_any_last() -> None:
    found = held(over("371072", 0.179), over("371073", 0.261), trigger("T4", "371073", unit="mu"))
    stands = standings(found, NAMES)
    assert list(stands) == ["371073", "371072", "371002", "371083"]
    assert [m.rule if m else None for m in stands.values()] == ["T3", "T3", None, None]


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [([], [3], "new"), ([3], [3, 4], "worse"), ([3, 4], [3], "eased"), ([3], [3], "same")],
)
def test_a_matter_is_worse_with_more_months(
    before: list[int], after: list[int], state: str
) -> None:
    then, now = (
        held(*[trigger("T2", period=f"2023-0{m}", unit="rate") for m in months])
        for months in (before, after)
    )
    assert compare_matters(then, now).state(now[0]) == state
    assert len(compare_matters(now, then).gone) == (1 if not before else 0)
