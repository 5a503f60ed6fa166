"""Field checks due in a small store (domain.md §5)."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import or_

from data.scope import Scope
from data.store.engine import Store
from data.store.models import FieldCheck, Patch
from data.store.queries.behind import check_facts
from data.store.queries.state import patches_on
from data.triggers.field_checks import field_checks
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put,
    put_case,
    put_parcel,
    put_patch,
    summarise,
)
from tests.data.store.reference_figures import World
from tests.data.store.worlds import DAYS, UNITS, put_world, worlds
from tests.examples import examples

REPORTED = date(2023, 5, 20)


def _tasks(store: Store, rule: str, day: date = date(2023, 6, 1)) -> list[tuple[str, bool]]:
    with store.read() as conn:
        tasks = field_checks(conn, Scope.all(), 2023, day)
    return sorted((t["patch_no"], t["done"]) for t in tasks if t["rule"] == rule)


def _judged(conn: Any, number: str, legality: str, **more: Any) -> int:
    patch = put_patch(conn, number, reported_on=REPORTED, **more)
    put_parcel(conn, patch, legality=legality)
    return patch


def test_each_rule_finds_its_patches_and_what_is_done(store: Store) -> None:
    with store.write() as conn:
        ten = _judged(conn, "TEN", "lawful", farmland_mu=10.0)
        _judged(conn, "NINE", "lawful", farmland_mu=9.9999)
        fifty = _judged(conn, "FIFTY", "unlawful", farmland_mu=50.0)
        _judged(conn, "FIFTY-LAWFUL", "lawful", farmland_mu=50.0)
        put_patch(conn, "UNSEEN", farmland_mu=0.0, redline_mu=30.0)  # no parcel yet
        put_patch(conn, "ORE", domain="mineral", patch_type="mineral", farmland_mu=0.0)
        _judged(conn, "WD", "unlawful", district_code=WENDENG)
        for patch, level in ((ten, "county"), (fifty, "city")):
            put(conn, FieldCheck, patch_id=patch, level=level, checked_on=date(2023, 6, 1),
                checked_by="王工", finding="true")  # fmt: skip
        summarise(conn)
    assert _tasks(store, "F1") == [("FIFTY", False), ("FIFTY-LAWFUL", False), ("TEN", True)]
    assert len(_tasks(store, "F2")) == 1  # 30 % of two, rounded up
    assert _tasks(store, "F3") == [("FIFTY", True), ("ORE", False), ("UNSEEN", False)]
    assert dict(_tasks(store, "F1", date(2023, 5, 31)))["TEN"] is False
    # both districts are over the line of T3: every unlawful or pending patch, mineral or not
    assert _tasks(store, "F5") == [
        ("FIFTY", True), ("ORE", False), ("UNSEEN", False), ("WD", False),
    ]  # fmt: skip


def test_recultivated_parcels_are_verified_one_by_one(store: Store) -> None:
    with store.write() as conn:
        patch = _judged(conn, "A", "unlawful")
        put_parcel(conn, patch, 2)
        put_parcel(conn, patch, 3)
        way = "demolition_recultivation"
        put_case(conn, patch, 1, way=way, eliminated_on=date(2023, 6, 1), certificate_no="证1")
        put_case(conn, patch, 2, way=way, eliminated_on=date(2023, 6, 2))
        put_case(conn, patch, 3, way="demolition", eliminated_on=date(2023, 6, 1))
        summarise(conn)
    assert _tasks(store, "F4", date(2023, 5, 31)) == []
    assert _tasks(store, "F4") == [("A", True)]
    assert _tasks(store, "F4", date(2023, 6, 2)) == [("A", False), ("A", True)]


@examples(15)
@given(worlds(most=12), st.sampled_from(DAYS))
def test_no_patch_that_may_be_open_is_passed_over(
    sqlite_store: Store, world: World, day: date
) -> None:
    """The narrow look at bare columns finds every unlawful or pending patch."""
    with sqlite_store.engine.connect() as conn:
        transaction = conn.begin()
        put_world(conn, world)
        state, chosen = patches_on(day, 2023, Scope.all())
        either = chosen.where(or_(state.is_unlawful, state.is_pending))
        expected = set(conn.scalars(either.with_only_columns(Patch.patch_no)))
        facts = check_facts(conn, Scope.all(), 2023, day, {}, UNITS)
        assert {f["patch_no"] for f in facts if f["unlawful"] or f["pending"]} == expected
        transaction.rollback()


def test_a_district_sees_its_own_tasks(store: Store) -> None:
    with store.write() as conn:
        _judged(conn, "HC", "unlawful", farmland_mu=10.0)
        _judged(conn, "WD", "unlawful", farmland_mu=10.0, district_code=WENDENG)
        summarise(conn)
    with store.read() as conn:
        tasks = field_checks(conn, Scope(frozenset({HUANCUI})), 2023, date(2023, 6, 1))
    assert {t["patch_no"] for t in tasks} == {"HC"}
    assert {t["district"] for t in tasks} == {HUANCUI}
