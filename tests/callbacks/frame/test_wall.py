"""`?screen=1` goes through the districts by itself."""

from __future__ import annotations

from datetime import date, timedelta

from callbacks.frame.context import read_context
from callbacks.frame.wall import OLD_DAYS, old_text, wall_parts, wall_search
from data.periods import local_time
from data.store.engine import Store
from data.vocabulary import UploadKind
from tests.components.drawn import text_of
from tests.sending import PATCH, send


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


def test_a_wall_says_whose_turn_it_is_and_that_there_are_no_data(sqlite_store: Store) -> None:
    with sqlite_store.read() as conn:
        wall = read_context(conn, sqlite_store.settings, "?screen=1&district=371003")
        desk = read_context(conn, sqlite_store.settings, "")
    today = date(2023, 11, 23)
    text = text_of(wall_parts(wall, today))
    assert "文登区" in text
    assert "尚无数据，不能判断" in text
    assert wall_parts(desk, today) == []


def test_data_that_nobody_brought_up_to_date_for_a_week_are_called_old(sqlite_store: Store) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    with sqlite_store.read() as conn:
        context = read_context(conn, sqlite_store.settings, "?screen=1")
    uploaded = context.stamp.last_upload_at
    assert uploaded is not None
    day = local_time(uploaded).date()
    assert old_text(context, day + timedelta(days=OLD_DAYS)) == ""
    assert old_text(context, day + timedelta(days=12)) == "数据已12天未更新"
