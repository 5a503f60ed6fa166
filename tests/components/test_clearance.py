"""The matrix of districts and months."""

from __future__ import annotations

from typing import Any

from components.clearance import column_texts, matrix, matrix_title
from data.store.queries.figures import city_months
from tests.components.drawn import classed, rows_of
from tests.components.figures_of import LINES, row

QUERY = {"year": "2023"}


def month(code: str, month: str, **figures: Any) -> dict[str, Any]:
    return row(code, month=month, **figures)


def document() -> dict[str, Any]:
    return {
        "city": row(on_time_rate=4 / 6),
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


def drawn() -> Any:
    found = document()
    return matrix(QUERY, found, city_months(found), 2023, LINES, "2023-06")


def test_a_due_month_shows_its_rate_and_an_open_one_its_progress() -> None:
    assert rows_of(drawn()) == [
        ["区市", "5月", "6月", "全年"],
        ["环翠区", "50.0% 欠1", "3/5", "50.0%"],
        ["文登区", "100.0%", "—", "100.0%"],
        ["全市", "66.7% 欠1", "3/5", "66.7%"],
    ]


def test_a_month_of_the_headline_stands_in_the_matrix_and_leads_to_all_districts_patches() -> None:
    whole = drawn().children[0].rows[-1]
    assert whole[1]["href"] == "/patches?year=2023&figure=on_time_rate&month=2023-05"
    one = document() | {"districts": document()["districts"][:1]}
    table = matrix(QUERY, one, city_months(one), 2023, LINES, "2023-06")
    assert [cells[0] for cells in rows_of(table)] == ["区市", "环翠区"]


def test_a_narrow_screen_opens_at_the_running_month() -> None:
    table = drawn().children[0]
    assert [column.get("current", False) for column in table.columns] == [False, False, True, False]


def test_months_not_due_yet_are_hatched_and_carry_no_verdict() -> None:
    table = drawn()
    (cell, _city, _legend) = classed(table, "matrix-open")
    assert "不作评判" in cell.title
    assert len([c for c in classed(table, "tone-low") if type(c).__name__ == "Td"]) == 2


def test_each_cell_leads_to_its_patches_and_what_is_missing_to_the_overdue_ones() -> None:
    one = document() | {"districts": document()["districts"][:1]}
    table = matrix(QUERY, one, city_months(one), 2023, LINES, "2023-06")
    (unit, *months, whole) = table.children[0].rows[0]
    assert (unit["text"], whole["tone"]) == ("环翠区", "total")
    assert whole["href"] == "/patches?year=2023&district=371002&figure=on_time_rate"
    links = {
        cell["text"]: cell["href"]
        for month in months
        for cell in (month, month.get("below", month))
        if "href" in cell
    }
    patches = "/patches?year=2023&district=371002"
    assert links["50%"] == f"{patches}&figure=on_time_rate&month=2023-05"
    assert links["欠1"] == "/overdue?year=2023&district=371002&month=2023-05"
    assert links["3/5"] == f"{patches}&figure=clearance_rate&month=2023-06"


def test_a_rate_just_below_the_warning_line_is_not_shown_as_the_line() -> None:
    column = [
        month("a", "2023-05", due_reached=1, on_time_rate=0.8996),
        month("b", "2023-05", due_reached=1, on_time_rate=1.0),
        None,
    ]
    assert column_texts(column, LINES) == ["89.96%", "100.00%", "—"]


def test_the_title_names_the_worst_month_by_sums_and_not_by_averages() -> None:
    assert matrix_title(city_months(document()), 2023, LINES) == (
        "各区市各月按期上报率：全市5月最低（66.7%）"
    )
