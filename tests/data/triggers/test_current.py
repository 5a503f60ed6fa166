"""What holds on a day in a small store: the rules' parameters, the figures and their patches."""

from __future__ import annotations

from datetime import date
from typing import Any

from data.scope import Scope
from data.store.engine import Store
from data.trigger_row import Trigger
from data.triggers.current import current_triggers
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put_case,
    put_parcel,
    put_patch,
    summarise,
)


def _reported(conn: Any, number: str, day: date | None, **more: Any) -> int:
    return put_patch(conn, number, reported_on=day, **more)


def _held(store: Store, day: date, scope: Scope | None = None) -> list[Trigger]:
    with store.read() as conn:
        return current_triggers(conn, scope or Scope.all(), 2023, day)


def _short(found: list[Trigger], rule: str) -> list[tuple[Any, ...]]:
    keys = ("subject", "period", "severity", "line", "measure", "threshold", "patches")
    told: list[dict[str, Any]] = [{**t} for t in found if t["rule"] == rule]
    return [tuple(t[k] for k in keys) for t in told]


def test_t1_starts_the_day_after_the_due_date_and_ends_with_the_last_report(store: Store) -> None:
    with store.write() as conn:
        for n in range(9):
            _reported(conn, f"A{n}", date(2023, 5, 24))
        _reported(conn, "LATE", date(2023, 5, 27))
        _reported(conn, "W1", None, district_code=WENDENG)
        summarise(conn)
    assert _short(_held(store, date(2023, 5, 24)), "T1") == []
    # nine of ten are 90 %: not under the warning line, so a notice
    huancui = (HUANCUI, "2023-05", "notice", None, "reminder", 1.0, ["LATE"])
    wendeng = (WENDENG, "2023-05", "early_warning", None, "reminder", 0.9, ["W1"])
    assert _short(_held(store, date(2023, 5, 25)), "T1") == [huancui, wendeng]
    assert [t["value"] for t in _held(store, date(2023, 5, 26))] == [0.9, 0.0]
    assert _short(_held(store, date(2023, 5, 27)), "T1") == [wendeng]


def test_t3_includes_its_line_and_counts_for_the_city_too(store: Store) -> None:
    with store.write() as conn:
        bad = put_patch(conn, "BAD", reported_on=date(2023, 5, 20))
        put_parcel(conn, bad, area_mu=15.0, farmland_mu=15.0)
        good = put_patch(conn, "GOOD", reported_on=date(2023, 5, 20))
        put_parcel(conn, good, legality="lawful", area_mu=85.0, farmland_mu=85.0)
        other = put_patch(conn, "WD", reported_on=date(2023, 5, 20), district_code=WENDENG)
        put_parcel(conn, other, legality="lawful", area_mu=50.0, farmland_mu=50.0)
        put_case(conn, bad, eliminated_on=date(2023, 7, 1))
        summarise(conn)
    day = date(2023, 6, 30)
    assert _short(_held(store, day), "T3") == [
        (HUANCUI, "2023", "early_warning", "interview", "reminder", 0.15, ["BAD"]),
        ("371000", "2023", "early_warning", None, "reminder", 0.1, ["BAD"]),  # 15 of 150
    ]
    own = Scope(frozenset({HUANCUI}))
    assert [(t["rule"], t["subject"]) for t in _held(store, day, own)] == [
        ("T3", HUANCUI), ("T9", HUANCUI),
    ]  # fmt: skip
    assert _held(store, date(2023, 7, 1)) == []


def test_t4_never_adds_basic_farmland_and_redline(store: Store) -> None:
    with store.write() as conn:
        both = put_patch(conn, "BOTH", reported_on=date(2023, 5, 20))
        put_parcel(conn, both, area_mu=60.0, farmland_mu=0.0, basic_farmland_mu=20.0,
                   redline_mu=29.9999)  # fmt: skip
        over = put_patch(conn, "OVER", reported_on=date(2023, 5, 20), district_code=WENDENG)
        put_parcel(conn, over, area_mu=60.0, farmland_mu=0.0, redline_mu=30.0)
        summarise(conn)
    found = _short(_held(store, date(2023, 6, 1)), "T4")
    assert found == [
        (HUANCUI, "2023", "early_warning", None, "reminder", 0.0, ["BOTH"]),
        (WENDENG, "2023", "early_warning", "interview", "reminder", 30.0, ["OVER"]),
    ]
