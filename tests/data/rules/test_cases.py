"""Jurists' cases in cases/*.toml: every rule has some, and says what they expect."""

from __future__ import annotations

import re
from typing import Any

import pytest

from data.rules.loader import all_rules
from tests.data.rules.cases_read import cases, judged

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    ("rule_id", "case"), [pytest.param(r, c, id=f"{r} {c['title']}") for r, c in cases()]
)
def test_the_rule_says_what_the_case_expects(rule_id: str, case: dict[str, Any]) -> None:
    found, expected = judged(rule_id, case)
    assert found == expected


def test_every_rule_has_cases() -> None:
    assert {rule_id for rule_id, _ in cases()} == set(all_rules())


def test_every_trigger_has_a_case_that_holds_and_one_that_does_not() -> None:
    for rule_id in (r for r in all_rules() if r.startswith("T")):
        expected = [bool(case["expect"]) for r, case in cases() if r == rule_id]
        assert {True, False} <= set(expected), rule_id


def test_a_jurist_can_read_the_titles() -> None:
    titles = [(rule_id, case["title"]) for rule_id, case in cases()]
    assert all(CHINESE.search(title) for _, title in titles)
    assert len(set(titles)) == len(titles)
