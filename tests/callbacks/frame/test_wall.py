"""`?screen=1` goes through the districts by itself."""

from __future__ import annotations

from callbacks.frame.wall import wall_search
from data.store.engine import Store


def test_the_wall_shows_the_city_and_then_each_district_and_begins_again(
    sqlite_store: Store,
) -> None:
    with sqlite_store.read() as conn:
        shown = [wall_search(conn, "?screen=1", tick) for tick in range(10)]
    assert shown[0] == shown[9] == "?screen=1"
    assert shown[1] == "?screen=1&district=371002"
    assert len(set(shown)) == 9


def test_a_wall_of_one_district_stays_there_and_other_pages_are_left_alone(
    sqlite_store: Store,
) -> None:
    with sqlite_store.read() as conn:
        assert wall_search(conn, "?screen=1&district=371003", 4) == "?screen=1&district=371003"
        assert wall_search(conn, "?year=2023", 4) == "?year=2023"
