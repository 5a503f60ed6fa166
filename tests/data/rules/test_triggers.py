"""Jurists' cases in cases/*.toml, applied with the parameters in force on the day."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.rules.loader import trigger_rules

CASES = Path(__file__).parent / "cases"
ON = date(2023, 12, 31)


def _cases(rule_id: str) -> list[Any]:
    with (CASES / f"{rule_id}.toml").open("rb") as file:
        return [pytest.param(case, id=case["title"]) for case in tomllib.load(file)["case"]]


def _apply(rule_id: str, *arguments: Any) -> list[Any]:
    rule = trigger_rules()[rule_id]
    findings: list[Any] = rule.predicate(*arguments, **rule.on(ON).parameters)
    return findings


@pytest.mark.parametrize("case", _cases("T1"))
def test_clearance_shortfall(case: dict[str, Any]) -> None:
    months = [
        {
            "month": m["month"],
            "due_reached": m["reached"],
            "reached_on_time": m["on_time"],
            "overdue": m["overdue"],
        }
        for m in case["months"]
    ]
    found = [
        {
            "period": f.period,
            "severity": f.severity.value,
            "measure": f.measure.value if f.measure else "",
            "value": f.value,
            "threshold": f.threshold,
        }
        for f in _apply("T1", months, ON)
    ]
    assert found == case["expect"]


@pytest.mark.parametrize("case", _cases("T3"))
def test_accountability_ratio(case: dict[str, Any]) -> None:
    found = [
        {
            "severity": f.severity.value,
            "line": f.line.value if f.line else "",
            "threshold": f.threshold,
        }
        for f in _apply("T3", {"ratio_net": case.get("ratio_net")})
    ]
    assert found == case["expect"]


@pytest.mark.parametrize("case", _cases("T4"))
def test_protected_land_remaining(case: dict[str, Any]) -> None:
    figures = {
        "remaining_basic_farmland_mu": case["basic_farmland_mu"],
        "remaining_redline_mu": case["redline_mu"],
    }
    found = [
        {
            "severity": f.severity.value,
            "line": f.line.value if f.line else "",
            "value": f.value,
        }
        for f in _apply("T4", figures)
    ]
    assert found == case["expect"]


def test_every_trigger_rule_has_cases() -> None:
    assert {path.stem for path in CASES.glob("T*.toml")} == set(trigger_rules())
