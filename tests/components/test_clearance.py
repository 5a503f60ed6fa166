"""The matrix of districts and months."""

from __future__ import annotations

from typing import Any

from components.clearance import cell_text, matrix, matrix_title
from tests.components.drawn import classed, links_of, rows_of
from tests.components.figures_of import LINES, row

QUERY = {"year": "2023"}


def month(code: str, month: str, **figures: Any) -> dict[str, Any]:
    return row(code, month=month, **figures)


def document() -> dict[str, Any]:
    return {
        "districts": [
            row("371002", "环翠区", on_time_rate=0.5),
            row("371003", "文登区", on_time_rate=1.0),
        ],
        "months": [
            month(
                "371002", "2023-05", due=4, due_reached=4, reached_on_time=2, overdue=1,
                on_time_rate=0.5,
            ),
            month("371002", "2023-06", due=5, cleared=3),
            month("371003", "2023-05", due=2, due_reached=2, reached_on_time=2, on_time_rate=1.0),
        ],
    }  # fmt: skip


def test_a_due_month_shows_its_rate_and_an_open_one_its_progress() -> None:
    assert rows_of(matrix(QUERY, document(), 2023, LINES)) == [
        ["区市", "5月", "6月", "全年"],
        ["环翠区", "50% 欠1", "3/5", "50%"],
        ["文登区", "100%", "—", "100%"],
    ]


def test_months_not_due_yet_are_hatched_and_carry_no_verdict() -> None:
    table = matrix(QUERY, document(), 2023, LINES)
    (cell, _legend) = classed(table, "matrix-open")
    assert "不作评判" in cell.title
    assert len([c for c in classed(table, "tone-low") if type(c).__name__ == "Td"]) == 1


def test_each_cell_leads_to_its_patches_and_what_is_missing_to_the_overdue_ones() -> None:
    links = links_of(matrix(QUERY, document(), 2023, LINES))
    assert links["50%"] == "/patches?year=2023&district=371002&month=2023-05"
    assert links["欠1"] == "/overdue?year=2023&district=371002&month=2023-05"
    assert links["3/5"] == "/patches?year=2023&district=371002&month=2023-06"


def test_a_rate_just_below_the_warning_line_is_not_shown_as_the_line() -> None:
    assert cell_text(month("a", "2023-05", due_reached=1, on_time_rate=0.8996), LINES) == "89.96%"


def test_the_title_names_the_worst_month_by_sums_and_not_by_averages() -> None:
    assert matrix_title(document(), 2023, LINES) == "各区市各月按期上报率：5月最低（66.7%）"
