"""Figures against a second, naive implementation, over random worlds and many days."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from data.periods import correction_due_on, month_due_on
from data.scope import Scope
from data.store import summary
from data.store.engine import Store
from data.store.models import DaySummary
from data.store.queries.figures import figures
from data.store.queries.patch_list import PatchQuery, count_patches, iter_patches
from data.vocabulary import PatchStatus
from tests.data.store.reference_figures import (
    World,
    counts,
    document,
    parcel_figures,
    patch_figures,
)
from tests.data.store.worlds import DAYS, forgotten, put_world, replace_world, worlds
from tests.examples import FACTOR

ALL = Scope.all()


def _examples(number: int) -> settings:
    return settings(
        max_examples=number * FACTOR,
        deadline=None,
        derandomize=True,  # the same worlds on every machine
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow,
                               HealthCheck.data_too_large, HealthCheck.large_base_example],
    )  # fmt: skip


def _same(said: dict[str, Any], expected: dict[str, Any], where: Any) -> None:
    """Counts, areas and rates are exactly those of the reference, to the last bit."""
    for name, value in expected.items():
        exact = float(value) if isinstance(value, Fraction) else value
        assert said[name] == exact, (name, where)


def _compare(conn: Connection, world: World, D: date) -> None:
    said = figures(conn, ALL, 2023, D)
    codes = [d["code"] for d in said["districts"]]
    expected = document(world, 2023, D, codes)
    _same(said["city"], expected["city"], ("city", D))
    for row in said["districts"]:
        _same(row, expected["districts"][row["code"]], (row["code"], D))
    assert {(m["code"], m["month"]) for m in said["months"]} == set(expected["months"])
    for row in said["months"]:
        _same(row, expected["months"][row["code"], row["month"]], (row["code"], row["month"], D))
        assert row["due_on"] == month_due_on(row["month"]).isoformat()
    _compare_lists(conn, world, D)


def _compare_lists(conn: Connection, world: World, D: date) -> None:
    mine = {p["patch_no"]: p for p in world.patches if p["year"] == 2023 and counts(p, D)}
    state = {no: patch_figures(world, p, D) for no, p in mine.items()}
    parcels = {no: parcel_figures(world, p, D) for no, p in mine.items()}
    rows = [r for chunk in iter_patches(conn, ALL, PatchQuery(2023, D)) for r in chunk]
    assert {r["patch_no"] for r in rows} == set(mine)
    _no_day_to_come(rows, D)
    for row in rows:
        own = state[row["patch_no"]]
        for name in ("cleared", "on_time", "late", "overdue", "audited", "returned",
                     "returned_now", "final", "days_overdue", "due_on",
                     "clearance_month"):  # fmt: skip
            assert row[name] == own[name], (name, row["patch_no"], D)
        assert row["district_code"] == own["district"]
        returned_on = own["open_return_on"]
        assert row["correction_due"] == (correction_due_on(returned_on) if returned_on else None)
    land = {no for no, p in mine.items() if p["domain"] == "land"}
    expected = {
        PatchStatus.CLEARED: {no for no in land if state[no]["cleared"]},
        PatchStatus.LATE: {no for no in land if state[no]["late"]},
        PatchStatus.OVERDUE: {no for no in land if state[no]["overdue"]},
        PatchStatus.RETURNED: {no for no in mine if state[no]["returned"]},
        PatchStatus.CORRECTING: {no for no in mine if state[no]["open_return_on"]},
        PatchStatus.FINAL: {no for no in mine if state[no]["final"]},
        PatchStatus.PENDING: {
            no for no in mine if not parcels[no] or any(p["pending"] for p in parcels[no])
        },
        PatchStatus.UNLAWFUL: {no for no in mine if any(p["unlawful"] for p in parcels[no])},
    }
    for status, numbers in expected.items():
        query = PatchQuery(2023, D, status=status)
        listed = {r["patch_no"] for chunk in iter_patches(conn, ALL, query) for r in chunk}
        assert listed == numbers, (status, D)
        assert count_patches(conn, ALL, query) == len(numbers), (status, D)


#: Days that lie ahead by their nature: deadlines.
_AHEAD = {"due_on", "due", "extended_to", "correction_due", "planned_on"}


def _no_day_to_come(rows: list[dict[str, Any]], D: date) -> None:
    """What had not happened on the day has no day in its lists."""
    for row in rows:
        late = {k for k, v in row.items() if isinstance(v, date) and v > D and k not in _AHEAD}
        assert not late, (late, row["patch_no"], D)


def _stored_summary(conn: Connection) -> dict[Any, Any]:
    """Rows of the summary that say something, by key."""
    rows = conn.execute(select(DaySummary.__table__)).all()
    return {tuple(r)[:4]: tuple(r)[4:] for r in rows if any(tuple(r)[4:])}


def _check_worlds(store: Store, world: World, days: set[date]) -> None:
    with forgotten(store) as conn:
        put_world(conn, world)
        for D in sorted(days):
            _compare(conn, world, D)


_days = st.sets(st.sampled_from([*DAYS, date(2022, 1, 1), date(2024, 12, 31)]), min_size=1,
                max_size=3)  # fmt: skip


@_examples(5)
@given(world=worlds(20), days=_days)
def test_every_figure_is_that_of_the_plain_evaluation(
    sqlite_store: Store, world: World, days: set[date]
) -> None:
    _check_worlds(sqlite_store, world, days)


@_examples(3)
@given(world=worlds(20), days=_days)
def test_every_figure_is_that_of_the_plain_evaluation_on_postgresql(
    pg_store: Store, world: World, days: set[date]
) -> None:
    _check_worlds(pg_store, world, days)


@_examples(6)
@given(data=st.data())
def test_a_summary_kept_batch_by_batch_is_that_of_a_rebuild(
    sqlite_store: Store, data: st.DataObject
) -> None:
    number = data.draw(st.integers(2, 12))
    first, second = data.draw(worlds(number, number)), data.draw(worlds(number, number))
    for row in second.patches:  # a patch's work year is part of its key
        row["year"] = first.patches[row["id"] - 1]["year"]
    with forgotten(sqlite_store) as conn:
        put_world(conn, first)
        replace_world(conn, first, second)
        kept = _stored_summary(conn)
        _compare(conn, second, date(2024, 3, 1))
        summary.rebuild(conn)
        assert _stored_summary(conn) == kept


@_examples(5)
@given(world=worlds())
def test_what_adds_up_adds_up_and_what_grows_grows(sqlite_store: Store, world: World) -> None:
    for patch in world.patches:
        patch["withdrawn_on"] = None
    with forgotten(sqlite_store) as conn:
        put_world(conn, world)
        documents = [figures(conn, ALL, 2023, day) for day in DAYS]
        for said in documents:
            for name, whole in said["city"].items():
                if isinstance(whole, int) and not isinstance(whole, bool):
                    assert sum(d[name] for d in said["districts"]) == whole
                elif name.endswith("_mu"):
                    parts = sum(d[name] for d in said["districts"])
                    assert parts == pytest.approx(whole, abs=1e-6)
        for before, after in pairwise(documents):
            for name in ("patches", "due", "due_reached", "cleared", "on_time", "late", "audited",
                         "returned", "mineral_patches"):  # fmt: skip
                assert before["city"][name] <= after["city"][name]
