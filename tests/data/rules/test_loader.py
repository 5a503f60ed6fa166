"""A rule file that cannot be trusted stops the program."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.rules.loader import RuleError, load, trigger_rules


def holds(figures: object, *, line: float) -> list[object]:
    return []


GOOD = """
[[rule]]
id = "T0"
name = "试"
predicate = "holds"
[[rule.version]]
from = 2018-01-01
clause = "§1"
citation = "原文"
[rule.version.parameters]
line = { value = 0.1, basis = "local" }
[[rule.version]]
from = 2024-06-01
clause = "§1"
citation = "原文"
[rule.version.parameters]
line = { value = 0.2, basis = "plan" }
"""


def _load(tmp_path: Path, text: str) -> object:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, {"holds": holds})


def test_last_year_still_computes_as_it_did(tmp_path: Path) -> None:
    rule = _load(tmp_path, GOOD)["T0"]  # type: ignore[index]
    assert rule.on(date(2024, 5, 31)).parameters == {"line": 0.1}
    assert rule.on(date(2024, 6, 1)).parameters == {"line": 0.2}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('citation = "原文"', 'citation = ""', "citation"),
        ('clause = "§1"', "", "clause"),
        ("line = { value = 0.1", "lime = { value = 0.1", "takes"),
        ('basis = "local"', 'basis = "hearsay"', "neither"),
        ('predicate = "holds"', 'predicate = "holdz"', "unknown predicate"),
        ("from = 2018-01-01", "from = 2030-01-01", "order"),
    ],
)
def test_it_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        _load(tmp_path, GOOD.replace(old, new, 1))


def test_before_the_first_version_nothing_is_in_force() -> None:
    with pytest.raises(RuleError):
        trigger_rules()["T3"].on(date(2010, 1, 1))
