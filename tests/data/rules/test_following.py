"""What may follow what is data, and a wrong table stops the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.measures.following import followers, following, load_following, may_follow
from data.measures.kinds import KINDS, MeasureKind
from data.rules.loader import RuleError

GOOD = 'before = "early_warning"\nafter = "key_monitoring"\nonly = "T10"\nbasis = "plan"\n'


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
    ],
)
def test_an_entry_that_cannot_be_trusted_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "workflow.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=r"workflow\.toml"):
        load_following(path)
