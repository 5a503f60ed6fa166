"""What stands on 外业核查."""

from __future__ import annotations

from components.checks.page import districts_table, states_table
from data.worklists.checks import Coverage
from tests.components.drawn import rows_of

THIRD, HALF = Coverage(3, 1), Coverage(2, 1)


def test_the_rates_of_a_column_have_one_number_of_decimals() -> None:
    names = {"F1": "县级重点核查", "F3": "市级逐一实地核查"}
    rows = rows_of(states_table({"F1": THIRD, "F3": HALF}, names, {}, {}, [], {}))
    assert [row[-1] for row in rows[1:]] == ["33.3%", "50.0%"]
    by_district = {"371002": {"F1": HALF, "F3": THIRD}, "371003": {"F1": HALF, "F3": HALF}}
    rows = rows_of(districts_table(by_district, {}, {}))
    assert [row[1:] for row in rows[1:]] == [
        ["1 / 2 50%", "1 / 3 33.3%"],
        ["1 / 2 50%", "1 / 2 50.0%"],
    ]
