"""No sentence carries a number of the rules as text: after `rules set` it would lie."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from data import periods
from data.definitions import DEFINITIONS
from data.rules.loader import Change, all_rules, with_changes
from data.rules.plain import value_text
from data.settings import PROJECT_DIR
from data.triggers.lines import lines_of

#: Where sentences are made. The rule files' own sentences (data/rules) have places for numbers.
ROOMS = (
    "components", "callbacks", "pages", "data/triggers", "data/outlook", "data/workflow",
    "data/commands", "data/store", "data/maps", "data/definitions.py", "data/exports.py",
)  # fmt: skip
#: All of something, and the first day of any month, are no lines of anybody.
_NO_LINES = {"100%", "1日"}


def _numbers() -> set[str]:
    """What the parameters read as: `15%`, `30亩`, `24日`, `5个工作日`."""
    found = {
        value_text(parameter)
        for rule in all_rules().values()
        for version in rule.versions
        for parameter in version.details.values()
        if isinstance(parameter.value, int | float) and not isinstance(parameter.value, bool)
        if parameter.unit != "月"  # a month alone says nothing: with its day below
    }
    ends = (periods.elimination_cutoff_on, periods.annual_report_due_on,
            periods.half_year_report_due_on)  # fmt: skip
    return (found - _NO_LINES) | {periods.format_day(end(2023), end(2023).year) for end in ends}


def _sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Chinese texts in the code, docstrings aside, without spaces."""
    tree = ast.parse(path.read_text("utf-8"))
    said = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value.replace(" ", "")


def _files() -> Iterator[Path]:
    for room in ROOMS:
        path = PROJECT_DIR / room
        yield from [path] if path.suffix else sorted(path.rglob("*.py"))


def test_no_sentence_carries_a_number_of_the_rules() -> None:
    number = re.compile("|".join(rf"(?<![\d.,]){re.escape(n)}" for n in sorted(_numbers())))
    found = [
        f"{path.relative_to(PROJECT_DIR)}:{line}: {text}"
        for path in _files()
        for line, text in _sentences(path)
        if number.search(text)
    ]
    assert found == []


def test_a_definition_names_the_cut_off_that_the_rule_file_states() -> None:
    before = periods.deadlines()
    (valid_from, _), *_ = before["D6"]
    assert "次年1月31日后消除的不再扣除" in DEFINITIONS["ratio_net"].text
    try:
        periods.use_deadlines({**before, "D6": [(valid_from, {"month": 2, "day": 15})]})
        assert "次年2月15日后消除的不再扣除" in DEFINITIONS["ratio_net"].text
    finally:
        periods.use_deadlines(before)


def test_lines_of_figures_are_those_that_were_set() -> None:
    rules = with_changes(all_rules(), [Change("T3", "warning_ratio", 0.08, date(2023, 7, 1), "试")])
    assert lines_of(rules, 2023, date(2023, 6, 30))["ratio_net"] == (0.10, 0.15)
    assert lines_of(rules, 2023, date(2023, 7, 1))["ratio_strict"] == (0.08, 0.15)
