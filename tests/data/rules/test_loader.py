"""A rule file that cannot be trusted stops the program, naming file and line."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from data.commands.main import main
from data.rules import loader
from data.rules.loader import (
    Change,
    Rule,
    RuleError,
    all_rules,
    load,
    plan_of,
    trigger_rules,
    with_changes,
)


def holds(figures: object, *, line: float) -> list[object]:
    return []


GOOD = """
reviewed_by = "某人"
reviewed_on = 2023-04-01

[[rule]]
id = "T0"
name = "试"
predicate = "holds"

[[rule.version]]
from = 2023-01-01
clause = "§1"
quotations = ["原文"]
[rule.version.parameters]
line = { value = 0.1, basis = "local", min = 0.01, max = 0.5 }

[[rule.version]]
from = 2024-06-01
clause = "§1"
sources = ["另一文件"]
[rule.version.parameters]
line = { value = 0.2, basis = "plan", min = 0.01, max = 0.5 }
"""


def _load(tmp_path: Path, text: str) -> dict[str, Rule]:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, {"holds": holds})


def test_last_year_still_computes_as_it_did(tmp_path: Path) -> None:
    rule = _load(tmp_path, GOOD)["T0"]
    assert rule.on(date(2024, 5, 31)).parameters == {"line": 0.1}
    assert rule.on(date(2024, 6, 1)).parameters == {"line": 0.2}


def test_a_plan_governs_its_whole_work_year_and_nothing_after(tmp_path: Path) -> None:
    """Work year 2023 is judged in 2024 by what stood at its end; days before it by its start."""
    rule = _load(tmp_path, GOOD.replace("2024-06-01", "2024-01-01"))["T0"]
    assert rule.of(2023, date(2024, 2, 29)).parameters == {"line": 0.1}
    assert rule.of(2024, date(2023, 12, 25)).parameters == {"line": 0.2}
    assert rule.of(2024, date(2024, 2, 29)).parameters == {"line": 0.2}


FIRST_VERSION = "[[rule.version]]"
SECOND_FROM = 'from = 2024-06-01\nclause = "§1"\nsources'


@pytest.mark.parametrize(
    ("old", "new", "says", "at"),
    [
        ('quotations = ["原文"]', "quotations = []", "without citation", "quotations"),
        ('quotations = ["原文"]', "", "without citation", FIRST_VERSION),
        ('clause = "§1"', "", "without clause", FIRST_VERSION),
        ("line = { value = 0.1", "lime = { value = 0.1", "unknown parameter lime", "lime"),
        ("line = { value = 0.1", "line = { value = 0.6", "out of range", "line = "),
        ("line = { value = 0.1", "line = { value = true", "neither true nor false", "line = "),
        ('line = { value = 0.1, basis = "local", min = 0.01, max = 0.5 }', "",
         "missing parameter line", FIRST_VERSION),
        (", min = 0.01, max = 0.5", "", "without bounds", "line = "),
        ('basis = "local"', 'basis = "hearsay"', "neither plan nor local", "line = "),
        ("min = 0.01", "least = 0.01", "unknown key least", "line = "),
        ('predicate = "holds"', 'predicate = "holdz"', "unknown predicate", "predicate"),
        ('clause = "§1"', 'clause = "§1"\nclaus = "§1"', "unknown key claus", "claus ="),
        ("from = 2023-01-01", "from = 2024-06-01", "overlap", SECOND_FROM),
        ("from = 2023-01-01", "from = 2030-01-01", "order", "from = 2024-06-01"),
        ("from = 2023-01-01", 'from = "2023"', "without from", "from"),
        ('reviewed_by = "某人"', "", "without reviewed_by", FIRST_VERSION),
        ("from = 2023-01-01", "from = = 2023", "Invalid value", "from"),
    ],
)  # fmt: skip
def test_it_is_refused(tmp_path: Path, old: str, new: str, says: str, at: str) -> None:
    """at: the text whose line is named."""
    text = GOOD.replace(old, new, 1)
    number = text[: text.index(at)].count("\n") + 1
    with pytest.raises(RuleError, match=rf"^rules\.toml:{number}: .*{says}"):
        _load(tmp_path, text)


def test_the_line_of_a_threshold_out_of_range_is_named(tmp_path: Path) -> None:
    text = GOOD.replace("value = 0.2", "value = 20")
    number = next(n for n, line in enumerate(text.splitlines(), 1) if "value = 20" in line)
    with pytest.raises(RuleError, match=rf"rules\.toml:{number}: T0: line = 20: out of range"):
        _load(tmp_path, text)


def test_a_rule_defined_twice_is_refused(tmp_path: Path) -> None:
    head, rule = GOOD.split("[[rule]]", 1)
    with pytest.raises(RuleError, match="twice"):
        _load(tmp_path, f"{head}[[rule]]{rule}\n[[rule]]{rule}")


# ---- what administrators change ------------------------------------------------------------------


def _changed(rule: Rule, *changes: tuple[float, date]) -> Rule:
    made = [Change("T0", "line", value, day, "因为") for value, day in changes]
    return with_changes({"T0": rule}, made)["T0"]


def test_a_change_applies_from_its_day_on_until_the_next_law(tmp_path: Path) -> None:
    rule = _changed(_load(tmp_path, GOOD)["T0"], (0.3, date(2023, 7, 1)))
    assert rule.on(date(2023, 6, 30)).parameters == {"line": 0.1}
    assert rule.on(date(2023, 7, 1)).parameters == {"line": 0.3}
    assert rule.on(date(2023, 7, 1)).changed[0].reason == "因为"
    assert rule.on(date(2024, 6, 1)).parameters == {"line": 0.2}


def test_of_two_changes_on_one_day_the_later_made_stands(tmp_path: Path) -> None:
    day = date(2023, 7, 1)
    rule = _changed(_load(tmp_path, GOOD)["T0"], (0.3, day), (0.4, day))
    assert rule.on(day).parameters == {"line": 0.4}
    assert len(rule.versions) == 3


def test_a_change_that_no_longer_fits_the_law_is_left_out(tmp_path: Path) -> None:
    rule = _load(tmp_path, GOOD)["T0"]
    assert _changed(rule, (0.6, date(2023, 7, 1))) == rule


# ---- the shipped files ---------------------------------------------------------------------------


def test_a_damaged_file_stops_the_program_with_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    law = tmp_path / "law"
    shutil.copytree(loader.LAW_DIR, law)
    text = (law / "triggers.toml").read_text(encoding="utf-8")
    damaged = text.replace("warning_share = { value = 0.9", "warning_share = { value = 9.0")
    (law / "triggers.toml").write_text(damaged, encoding="utf-8")
    line = next(n for n, s in enumerate(damaged.splitlines(), 1) if "value = 9.0" in s)
    monkeypatch.setattr(loader, "LAW_DIR", law)
    monkeypatch.setenv("WEIPIAN_LOCAL_DIR", str(tmp_path / "local"))
    loader.trigger_rules.cache_clear()
    try:
        assert main(["rules"]) == 1
    finally:
        loader.trigger_rules.cache_clear()
    said = capsys.readouterr().err
    number = re.search(f"规则文件 triggers.toml:{line} 有误，程序已停止；.*编号 (\\w+)", said)
    assert number is not None, said
    logged = (tmp_path / "local" / "weipian.log").read_text("utf-8").splitlines()
    (cause,) = [entry for entry in logged if f"fault {number[1]} " in entry]
    assert f"triggers.toml:{line}: T1: warning_share = 9.0: out of range" in cause


def test_every_rule_of_the_specification_is_there() -> None:
    names = [f"D{n}" for n in range(1, 10)] + [f"F{n}" for n in range(1, 6)] + ["ratio"]
    names += [f"T{n}" for n in range(1, 15)] + ["M1", "M2", "M3"]
    assert list(all_rules()) == [*names, "W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9", "C1"]


def test_every_version_says_who_reviewed_it_and_every_parameter_has_a_label() -> None:
    for rule in all_rules().values():
        for version in rule.versions:
            assert version.reviewed_by
            for name, parameter in version.details.items():
                assert parameter.label != name, (rule.id, name)


def test_every_quotation_stands_in_the_plan_word_by_word(shared_dir: Path) -> None:
    """Spaces of the printed page aside."""
    plan = shared_dir / "plan-2023.txt"
    if not plan.exists():
        pytest.skip("QUOTATIONS NOT TESTED: no plan-2023.txt in the shared folder")
    text = re.sub(r"\s", "", plan.read_text(encoding="utf-8"))
    missing = [
        (rule.id, quotation)
        for rule in all_rules().values()
        for version in rule.versions
        for quotation in version.quotations
        if re.sub(r"\s", "", quotation) not in text
    ]
    assert missing == []


def test_every_year_resolves_and_one_without_a_plan_says_so() -> None:
    assert trigger_rules()["T3"].on(date(2010, 1, 1)) == trigger_rules()["T3"].on(date(2023, 1, 1))
    assert plan_of(2023)[1] == "按2023年方案（威自然资发〔2023〕20号）"
    plan, sentence = plan_of(2025)
    assert plan.year == 2023
    assert "沿用2023年方案" in sentence
    assert "参照2023年方案" in plan_of(2022)[1]
