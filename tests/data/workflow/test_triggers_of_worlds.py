"""Random worlds: the triggers equal a slow evaluation, and hold by what was true by the day."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.scope import Scope
from data.store.engine import Store
from data.store.queries.figures import figures
from data.triggers.current import current_triggers
from data.vocabulary import RatioVariant
from tests.data.store.reference_figures import World
from tests.data.store.worlds import DAYS, UNITS, put_world, worlds
from tests.data.workflow.reference_triggers import six, triggers
from tests.examples import examples

CITY = "371000"
FEW = examples(12)
ONE_BY_ONE = pytest.mark.parametrize("database", ["sqlite_store", "pg_store"])
#: Days around each edge, and month-ends among them.
LOOKS = [*DAYS, date(2023, 7, 31), date(2023, 9, 30), date(2023, 10, 1), date(2023, 11, 30)]


def _said(conn: Any, day: date) -> set[tuple[Any, ...]]:
    found = current_triggers(conn, Scope.all(), 2023, day, with_patches=False)
    return {
        (
            t["rule"], t["subject"], t["period"], t["severity"], t["line"], t["measure"],
            str(six(t["value"])),
        )
        for t in found
    }  # fmt: skip


def _look(store: Store, world: World, day: date) -> tuple[set[tuple[Any, ...]], dict[str, Any]]:
    """Triggers and figures of a world in a transaction that leaves nothing behind."""
    with store.engine.connect() as conn:
        transaction = conn.begin()
        put_world(conn, world)
        seen = _said(conn, day), figures(conn, Scope.all(), 2023, day)
        transaction.rollback()
    return seen


@ONE_BY_ONE
def test_the_triggers_equal_a_slow_evaluation(
    database: str, request: pytest.FixtureRequest
) -> None:
    store: Store = request.getfixturevalue(database)

    @FEW
    @given(worlds(most=12), st.sampled_from(LOOKS))
    def holds(world: World, day: date) -> None:
        assert _look(store, world, day)[0] == triggers(world, 2023, day, UNITS, CITY)

    holds()


# ---- invariants ----------------------------------------------------------------------------------


def _without_what_came_after(world: World, day: date) -> World:
    """The world as it would be had nothing happened after the day."""
    past = deepcopy(world)
    past.patches = [p for p in past.patches if p["issued_on"] <= day]
    known = {p["id"] for p in past.patches}
    past.decisions = [d for d in past.decisions if d["decided_on"] <= day]
    for rows in ("parcels", "decisions", "cases"):
        setattr(past, rows, [r for r in getattr(past, rows) if r["patch_id"] in known])
    later = {
        "patches": ("withdrawn_on",),
        "decisions": ("resubmitted_on",),
        "cases": ("filed_on", "eliminated_on", "accepted_on"),
    }
    for name, columns in later.items():
        for row in getattr(past, name):
            for column in columns:
                if row[column] is not None and row[column] > day:
                    row[column] = None
    return past


@FEW
@given(worlds(most=12), st.sampled_from(LOOKS))
def test_what_holds_on_a_day_does_not_depend_on_what_came_after(
    sqlite_store: Store, world: World, day: date
) -> None:
    past = _without_what_came_after(world, day)
    assert _look(sqlite_store, world, day) == _look(sqlite_store, past, day)


def _ratios(document: dict[str, Any]) -> dict[tuple[str, str], float | None]:
    rows = {row["code"]: row for row in document["districts"]} | {"city": document["city"]}
    names = [f"{kind}_{v}" for kind in ("ratio", "land_ratio") for v in RatioVariant]
    return {(code, name): row[name] for code, row in rows.items() for name in names}


@FEW
@given(worlds(most=10), st.sampled_from(LOOKS))
def test_one_more_lawful_parcel_never_raises_a_ratio(
    sqlite_store: Store, world: World, day: date
) -> None:
    more = deepcopy(world)
    own = {
        "id": len(more.patches) + 1, "year": 2023, "patch_no": "MORE", "domain": "land",
        "patch_type": "other_change", "issued_on": date(2023, 5, 1), "district_code": UNITS[0],
        "withdrawn_on": None, "extended_to": None, "transferred_on": None,
        "transferred_from": None, "place_source": "explicit", "reported_on": date(2023, 5, 1),
        "area_mu": 7.0, "farmland_mu": 5.0, "basic_farmland_mu": 0.0, "redline_mu": 0.0,
        "due_on": date(2023, 5, 24), "clearance_month": "2023-05",
    }  # fmt: skip
    parcel = {
        "id": max((p["id"] for p in more.parcels), default=0) + 1, "patch_id": own["id"],
        "parcel_no": 1, "legality": "lawful", "is_new_construction": None,
        "linked_patch_no": None, "counts_as_unlawful": True, "reported_on": date(2023, 5, 1),
        "is_founding": True, "ended": False, "area_mu": 7.0, "farmland_mu": 5.0,
        "basic_farmland_mu": 0.0, "redline_mu": 0.0,
    }  # fmt: skip
    more.patches.append(own)
    more.parcels.append(parcel)
    before = _ratios(_look(sqlite_store, world, day)[1])
    after = _ratios(_look(sqlite_store, more, day)[1])
    for key, ratio in before.items():
        now = after[key]
        if ratio is not None:
            assert now is not None
            assert now <= ratio, key


@FEW
@given(worlds(most=10), st.sampled_from(LOOKS), st.sampled_from(DAYS))
def test_an_elimination_never_raises_the_net_ratio(
    sqlite_store: Store, world: World, day: date, eliminated_on: date
) -> None:
    done = deepcopy(world)
    for case in done.cases:
        if case["eliminated_on"] is None:
            case["eliminated_on"] = eliminated_on
    before = _ratios(_look(sqlite_store, world, day)[1])
    after = _ratios(_look(sqlite_store, done, day)[1])
    for (code, name), ratio in before.items():
        now = after[code, name]
        if name.endswith("net") and ratio is not None:
            assert now is not None
            assert now <= ratio, (code, name)
        elif name.endswith("gross"):
            assert now == ratio, (code, name)


@FEW
@given(worlds(most=12), st.sampled_from(LOOKS))
def test_the_districts_add_up_to_the_city(sqlite_store: Store, world: World, day: date) -> None:
    document = _look(sqlite_store, world, day)[1]
    for name, value in document["city"].items():
        if isinstance(value, int) and not isinstance(value, bool):
            assert value == sum(row[name] for row in document["districts"]), name
        elif name.endswith("_mu"):
            total = sum(row[name] for row in document["districts"])
            assert value == pytest.approx(total, abs=1e-6), name
