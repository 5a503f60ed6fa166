"""The boxes of the question of 违法占用."""

from __future__ import annotations

from datetime import date

import pytest

from components import ids
from components.heatmap.question import Question, months_said, question_bar
from tests.components.heatmap.test_stage import by_id

MONTHS = [("2023-05", "5月"), ("2023-06", "6月"), ("2023-07", "7月"), ("2023-08", "8月")]


def bar(question: Question) -> object:
    return question_bar(
        question,
        measures={"overdue": "逾期未报图斑"},
        months=MONTHS,
        types=[("mineral", "矿产")],
        first_day=date(2023, 1, 1),
        last_day=date(2023, 8, 1),
        default_against=date(2023, 7, 31),
        clear_href="/heatmap",
    )


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ((), "全部月份"),
        (("2023-06", "2023-05"), "5月、6月"),
        (("2023-05", "2023-06", "2023-07", "2023-08"), "4个月"),
    ],
)
def test_the_chosen_months_are_said(chosen: tuple[str, ...], said: str) -> None:
    assert months_said(chosen, MONTHS, "全部月份") == said


def test_only_the_boxes_of_the_chosen_comparison_show() -> None:
    i = ids.Heatmap
    cases = {
        "none": Question("overdue", (), None, None, ()),
        "day": Question("overdue", (), None, date(2023, 6, 1), ()),
        "months": Question("overdue", (), None, None, ("2023-05",)),
    }
    for kind, question in cases.items():
        drawn = bar(question)
        assert by_id(drawn, i.AGAINST).value == kind  # type: ignore[attr-defined]
        assert by_id(drawn, i.AGAINST_DAY_BOX).hidden == (kind != "day")  # type: ignore[attr-defined]
        assert by_id(drawn, i.AGAINST_MONTHS_BOX).hidden == (kind != "months")  # type: ignore[attr-defined]


def test_a_month_without_patches_that_the_address_names_can_be_taken_out() -> None:
    drawn = bar(Question("overdue", ("2022-12",), None, None, ()))
    months = by_id(drawn, ids.Heatmap.MONTHS)
    assert months.value == ["2022-12"]  # type: ignore[attr-defined]
    assert "2022-12" in [o["value"] for o in months.options]  # type: ignore[attr-defined]
