"""Year, day and district travel through every link."""

from __future__ import annotations

from components.links import href, read_search


def test_a_link_carries_year_day_district_and_the_wall_and_nothing_else() -> None:
    query = read_search("?year=2023&asof=2023-05-24&district=371002&screen=1&month=2023-05")
    assert href("/overdue", query) == "/overdue?year=2023&asof=2023-05-24&district=371002&screen=1"


def test_changes_of_a_link_win_and_none_takes_a_key_out() -> None:
    query = {"year": "2023", "district": "371002"}
    assert href("/", query, district=None, status="late") == "/?year=2023&status=late"
    assert href("/", query, district="371082") == "/?year=2023&district=371082"


def test_an_address_without_query_has_no_question_mark() -> None:
    assert href("/clearance", {}) == "/clearance"


def test_what_a_user_typed_comes_back_encoded() -> None:
    assert href("/patches", {}, text="a&b=<script>") == "/patches?text=a%26b%3D%3Cscript%3E"
    assert read_search("?text=a%26b%3D%3Cscript%3E") == {"text": "a&b=<script>"}


def test_the_last_of_a_repeated_key_counts() -> None:
    assert read_search("?year=2022&year=2023")["year"] == "2023"
