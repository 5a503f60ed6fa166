"""What boxes above a list choose, in the address and back."""

from __future__ import annotations

from callbacks.frame.choices import known_choice, narrowed
from components import paths

ON = "?year=2023&asof=2023-06-01"


def test_what_is_chosen_stands_in_the_address_and_nothing_is_asked_twice() -> None:
    chosen = {"rule": "F1", "state": "all", "mark": "all"}
    assert narrowed(paths.CHECKS, f"{ON}&rule=F1", "", chosen) is None
    assert narrowed(paths.CHECKS, ON, " P1 ", chosen) == (
        "/checks?year=2023&asof=2023-06-01&rule=F1&q=P1"
    )
    chosen = {"origin": "2019", "state": "all", "way": "all", "mark": "all"}
    assert narrowed(paths.LEDGER, f"{ON}&state=open", " L1 ", chosen) == (
        "/ledger?year=2023&asof=2023-06-01&origin=2019&q=L1"
    )


def test_a_choice_that_is_not_known_is_named_and_left_out() -> None:
    problems: list[str] = []
    assert known_choice({"state": "open"}, "state", ["open"], "状态", problems) == "open"
    assert known_choice({}, "state", ["open"], "状态", problems) is None
    assert problems == []
    assert known_choice({"state": "gone"}, "state", ["open"], "状态", problems) is None
    assert problems == ["没有状态“gone”，已不按它筛选。请从上方选择。"]
