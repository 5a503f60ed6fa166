"""Events stand in a chain: none is edited, taken out, put in or swapped unseen."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from data.store import events
from data.store.engine import Store


@pytest.fixture
def told(store: Store) -> Store:
    with store.write() as conn:
        for number in range(4):
            events.note(conn, "refusal", "王工", "cli", {"file_name": f"{number}.csv"})
    return store


def _first_bad(store: Store) -> int | None:
    with store.read() as conn:
        return events.first_bad(conn)


def test_events_come_newest_first_and_fit_their_chain(told: Store) -> None:
    with told.read() as conn:
        found = events.events(conn, "refusal", limit=2)
        assert [row.told["file_name"] for row in found] == ["3.csv", "2.csv"]
        assert events.event_count(conn, "refusal") == 4
        assert events.events(conn, "login") == []
    assert _first_bad(told) is None


def test_no_events_fit_too(store: Store) -> None:
    assert _first_bad(store) is None


@pytest.mark.parametrize(
    ("attack", "first"),
    [
        ("UPDATE event SET told = replace(told, '1.csv', '9.csv')", 2),
        ("UPDATE event SET who = 'x' WHERE seq = 3", 3),
        ("DELETE FROM event WHERE seq = 1", 1),
        ("DELETE FROM event WHERE seq = 4", 4),
        ("DELETE FROM event", 1),
        ("INSERT INTO event SELECT 5, at, kind, who, source, told, hash, hash FROM event"
         " WHERE seq = 4", 5),
        ("UPDATE event SET seq = CASE seq WHEN 2 THEN 12 WHEN 3 THEN 13 ELSE seq END", 2),
    ],
)  # fmt: skip
def test_what_is_done_to_events_is_found(told: Store, attack: str, first: int) -> None:
    with told.write() as conn:
        conn.execute(text(attack))
    assert _first_bad(told) == first
