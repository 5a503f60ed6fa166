"""The demo: the same files for the same seed, every row accepted, nothing from the future."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from data.demo import load_demo, write_demo
from data.scope import Scope
from data.store import history, meta
from data.store.engine import Store
from data.store.opening import open_store
from data.store.queries.figures import figures
from data.store.queries.stamp import demo_is_wanted, stamp
from data.triggers.current import current_triggers
from tests.demo_year import DEMO_TODAY, DEMO_YEAR, DemoYear


@pytest.fixture
def demo(demo_year: DemoYear) -> Iterator[tuple[Store, dict[str, Any]]]:
    store = open_store(demo_year.settings)
    yield store, demo_year.loaded
    store.engine.dispose()


def _digests(folder: Path, seed: int) -> list[str]:
    written = write_demo(folder, 2024, date(2024, 3, 31), 400, seed)
    return [hashlib.sha256(file.path.read_bytes()).hexdigest() for file in written]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    first = _digests(tmp_path / "a", 5)
    assert first == _digests(tmp_path / "b", 5)
    assert first != _digests(tmp_path / "c", 6)


def test_every_row_is_accepted(demo: tuple[Store, dict[str, Any]]) -> None:
    _, loaded = demo
    assert loaded["rejected"] == 0
    assert loaded["rows"] > 5_000


def test_the_store_says_that_it_is_a_demo_and_its_history_verifies(
    demo: tuple[Store, dict[str, Any]],
) -> None:
    store, _ = demo
    with store.read() as conn:
        assert stamp(conn).is_demo
        assert stamp(conn).years == (DEMO_YEAR,)
        assert history.verify(conn).ok


def test_nothing_is_dated_after_the_day_it_is_known(demo: tuple[Store, dict[str, Any]]) -> None:
    store, _ = demo
    with store.read() as conn:
        for table, column in (
            ("patch", "issued_on"),
            ("patch", "withdrawn_on"),
            ("parcel", "reported_on"),
            ("audit_decision", "decided_on"),
            ("audit_decision", "resubmitted_on"),
            ("enforcement_case", "eliminated_on"),
            ("enforcement_case", "accepted_on"),
            ("field_check", "checked_on"),
            ("recheck", "rechecked_on"),
            ("transfer", "replied_on"),
            ("problem", "written_off_on"),
            ("ledger_item", "written_off_on"),
        ):
            latest = conn.scalar(text(f"SELECT max({column}) FROM {table}"))
            assert latest is None or latest <= DEMO_TODAY.isoformat(), (table, column)


def test_districts_differ_as_in_life(demo: tuple[Store, dict[str, Any]]) -> None:
    store, _ = demo
    with store.read() as conn:
        document = figures(conn, Scope.all(), DEMO_YEAR, DEMO_TODAY)
    rows = {row["short_name"]: row for row in document["districts"]}
    assert all(row["patches"] > 50 for row in rows.values())
    assert rows["高区"]["on_time_rate"] == 1
    assert rows["乳山市"]["on_time_rate"] < 0.9
    assert max(row["ratio_net"] for row in rows.values()) > 0.15
    assert document["city"]["mineral_patches"] > 0
    assert document["city"]["remaining_basic_farmland_mu"] > 0
    running = [m for m in document["months"] if m["month"] == "2023-11"]
    assert 0 < sum(m["cleared"] for m in running) < sum(m["due"] for m in running)


@pytest.mark.parametrize(
    ("until", "least"),
    [(date(2024, 1, 2), 0), (date(2024, 2, 29), 60), (date(2026, 1, 1), 350)],
)
def test_any_day_will_do(tmp_path: Path, until: date, least: int) -> None:
    files = write_demo(tmp_path, 2024, until, 400, 1)
    assert files[0].path.name.startswith("001_历年整改台账")
    named = [f for f in files if "下发图斑" in f.path.name]
    assert len(named) >= (1 if least else 0)
    assert len(named) <= 14


@pytest.mark.parametrize("patches", [1, 12, 60])
@pytest.mark.parametrize("until", [date(2023, 1, 9), date(2023, 9, 30), date(2024, 2, 29)])
def test_any_number_will_do(tmp_path: Path, patches: int, until: date) -> None:
    assert write_demo(tmp_path, 2023, until, patches, 1)


def test_an_interrupted_load_is_taken_up_again(sqlite_store: Store) -> None:
    settings = replace(sqlite_store.settings, fixed_today=date(2024, 1, 20))

    class _Stopped(Exception):
        pass

    def stop(phase: str, done: int, total: int) -> None:
        if done == 3:
            raise _Stopped

    with sqlite_store.read() as conn:
        assert demo_is_wanted(conn)
    with pytest.raises(_Stopped):
        load_demo(sqlite_store, settings, patches=120, on_progress=stop)
    with sqlite_store.read() as conn:
        assert demo_is_wanted(conn)
    assert load_demo(sqlite_store, settings, patches=120)["rejected"] == 0
    with sqlite_store.read() as conn:
        assert not demo_is_wanted(conn)


def test_a_year_that_is_over_shows_an_interview_and_what_comes_of_it(sqlite_store: Store) -> None:
    settings = replace(sqlite_store.settings, fixed_today=date(2024, 2, 29))
    load_demo(sqlite_store, settings, year=2023, patches=400)
    with sqlite_store.read() as conn:
        held = current_triggers(conn, Scope.all(), 2023, date(2024, 2, 29), rules=("T11",))
    assert {t["severity"] for t in held} == {"interview", "accountability"}


def test_a_store_with_real_data_is_never_filled(sqlite_store: Store) -> None:
    with sqlite_store.write() as conn:
        meta.put(conn, "data_version", "3")
    with sqlite_store.read() as conn:
        assert not demo_is_wanted(conn)
