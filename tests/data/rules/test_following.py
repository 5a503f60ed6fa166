"""What may follow what is data, and a wrong table stops the program."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.measures.following import (
    Facts,
    followers,
    following,
    is_met,
    load_following,
    may_follow,
)
from data.measures.kinds import KINDS, MeasureKind
from data.measures.states import Standing, State
from data.periods import workdays_between
from data.rules.loader import RuleError

GOOD = (
    'before = "early_warning"\nafter = "key_monitoring"\n'
    'only = "T10"\nwhen = "issued"\nbasis = "plan"\n'
)


def test_what_ends_a_measure_may_follow_it() -> None:
    for kind, about in KINDS.items():
        if about.ends is not None:
            assert may_follow(about.ends, kind), kind
    assert may_follow(MeasureKind.EARLY_WARNING, MeasureKind.LEAD_TRANSFER) is None
    assert [f.after for f in followers(MeasureKind.RECTIFICATION_ORDER)] == [
        MeasureKind.ACCOUNTABILITY_REQUEST,
        MeasureKind.LEAD_TRANSFER,
    ]
    assert all(follow.only for follow in following())


@pytest.mark.parametrize(
    "text",
    [
        f"[[follow]]\n{GOOD}",
        f'[[follow]]\n{GOOD}clause = ""\n',
        f'[[follow]]\n{GOOD}clause = "§1"\n'.replace("early", "late"),
        f'[[follow]]\n{GOOD}clause = "§1"\n'.replace('"plan"', '"law"'),
        f'[[follow]]\n{GOOD}clause = "§1"\n' * 2,
        f'[[follow]]\n{GOOD}clause = "§1"\n'.replace("issued", "wished"),
        f'[[follow]]\n{GOOD}clause = "§1"\n'.replace("issued", "holds"),
    ],
)
def test_an_entry_that_cannot_be_trusted_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "workflow.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=r"workflow\.toml"):
        load_following(path)


CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[2] / "rules" / "following.toml").read_text("utf-8")
)["case"]


def _pair(case: dict[str, Any]) -> tuple[MeasureKind, MeasureKind]:
    known = {kind.label: kind for kind in MeasureKind}
    return known[case["先"]], known[case["后"]]


@pytest.mark.parametrize("case", [pytest.param(c, id=c["title"]) for c in CASES])
def test_what_may_follow_is_as_the_case_says(case: dict[str, Any]) -> None:
    row = may_follow(*_pair(case))
    assert row is not None
    day, due = case.get("办理", date(2023, 12, 1)), case.get("期限")
    state = next(s for s in State if s.label == case["前一件"])
    late = workdays_between(due, day) if due is not None and day > due else 0
    before = Standing(state, date(2023, 11, 14), due_on=due, reply_overdue_workdays=late)
    facts = Facts(
        before,
        case.get("依据"),
        frozenset(case.get("成立", [])),
        case.get("未整改", True),
        case.get("已评估", False),
        case.get("局领导签字", False),
    )
    assert is_met(row, facts) is case["可以"]


def test_every_row_has_a_case_that_lets_it_follow_and_one_that_does_not() -> None:
    told = {(*_pair(case), case["可以"]) for case in CASES}
    assert {(f.before, f.after, yes) for f in following() for yes in (True, False)} == told
