"""Each rule in a sentence, with the values that stand in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from data.rules.loader import Change, Parameter, all_rules, with_changes
from data.rules.plain import (
    CONDITIONS,
    condition,
    differences,
    range_text,
    read_value,
    value_text,
)

RULES = all_rules()


@pytest.mark.parametrize("rule_id", [i for i in RULES if i != "ratio"])
def test_every_rule_has_a_sentence(rule_id: str) -> None:
    text = condition(rule_id, RULES[rule_id].versions[-1])
    assert text is not None
    assert text.endswith("。")
    assert "{" not in text


def test_no_sentence_is_about_a_rule_that_is_gone() -> None:
    assert set(CONDITIONS) <= set(RULES)


@pytest.mark.parametrize("rule_id", CONDITIONS)
def test_a_sentence_names_parameters_of_its_rule_only(rule_id: str) -> None:
    named = set(re.findall(r"\{(\w+)\}", CONDITIONS[rule_id]))
    for version in RULES[rule_id].versions:
        assert named <= set(version.details)


def test_the_sentence_speaks_of_the_version_not_of_a_fixed_number() -> None:
    changed = with_changes(
        {"T3": RULES["T3"]}, [Change("T3", "warning_ratio", 0.08, date(2024, 1, 1), "收紧")]
    )["T3"]
    before, after = changed.on(date(2023, 12, 31)), changed.on(date(2024, 1, 1))
    assert "达到10%的预警" in (condition("T3", before) or "")
    assert "达到8%的预警" in (condition("T3", after) or "")
    assert differences(after, before) == [("预警线", "8%", "10%")]


def test_a_parameter_that_one_version_lacks_is_a_dash() -> None:
    version = RULES["T3"].versions[-1]
    bare = replace(version, details={})
    assert ("约谈线", "15%", "—") in differences(version, bare)


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (Parameter(0.15, "plan", unit="%"), "15%"),
        (Parameter(0.125, "plan", unit="%"), "12.5%"),
        (Parameter(30.0, "local", unit="亩"), "30亩"),
        (Parameter(5, "local", unit="个工作日"), "5个工作日"),
        (Parameter(True, "local"), "是"),
        (Parameter(False, "local"), "否"),
        (Parameter("net", "local"), "扣除已消除"),
        (Parameter("weipian", "local"), "weipian"),
    ],
)
def test_a_value_is_read_with_its_unit(parameter: Parameter, text: str) -> None:
    assert value_text(parameter) == text


def test_bounds_are_read_as_a_range() -> None:
    assert range_text(Parameter(0.1, "local", unit="%", minimum=0.01, maximum=0.15)) == "1%至15%"
    assert range_text(Parameter("x", "local")) == ""


@pytest.mark.parametrize("rule_id", RULES)
def test_what_a_parameter_is_told_as_is_read_as_its_value(rule_id: str) -> None:
    for parameter in RULES[rule_id].versions[-1].details.values():
        for value in (parameter.value, *parameter.choices):
            read = read_value(parameter, value_text(parameter, value))
            assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("typed", "read"),
    [("8%", 0.08), (" 8％ ", 0.08), ("0.08", 0.08), ("八", "八"), ("nan%", "nan%"), ("", "")],
)
def test_a_share_is_typed_either_way_and_nonsense_stays(typed: str, read: object) -> None:
    assert read_value(RULES["T3"].versions[-1].details["warning_ratio"], typed) == read
