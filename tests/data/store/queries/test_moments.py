"""Patches on each of their days: the same as asking each day by itself, in a few statements."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Date, event, select

from data.periods import elimination_cutoff_on
from data.scope import Scope
from data.store.engine import Store
from data.store.models import Base, FromFile, Patch
from data.store.queries import trigger_facts
from data.store.queries.moments import (
    days_of,
    late_parts_then,
    moments,
    parcels_then,
    patch_ids,
    rechecks_then,
    refusals_then,
    strategic_then,
)
from tests.data.store.queries.stored import HUANCUI, WENDENG, put_case, put_parcel, put_patch
from tests.data.store.worlds import make_world, put_world

UNTIL = date(2024, 2, 29)


def test_every_date_of_a_patch_and_of_what_hangs_on_it_is_a_moment() -> None:
    statement = str(select(moments([1], UNTIL)))
    for mapper in Base.registry.mappers:
        table = Base.metadata.tables[mapper.class_.__tablename__]
        if mapper.class_ is Patch or (
            issubclass(mapper.class_, FromFile) and "patch_id" in table.c
        ):
            for column in table.columns:
                if isinstance(column.type, Date):
                    assert f"{table.name}.{column.name} AS day" in statement


@pytest.mark.parametrize("seed", [2, 9])
def test_each_moment_is_as_if_the_day_were_asked_alone(store: Store, seed: int) -> None:
    scope = Scope.all()
    with store.write() as conn:
        put_world(conn, make_world(seed, 10))
    with store.read() as conn:
        numbers = list(conn.scalars(select(Patch.patch_no).where(Patch.year == 2023)))
        ids = patch_ids(conn, 2023, numbers)
        parcels = parcels_then(conn, scope, 2023, ids.values(), UNTIL)
        refusals = refusals_then(conn, scope, 2023, ids.values(), UNTIL)
        rechecks = rechecks_then(conn, scope, 2023, ids.values(), UNTIL)
        for patch_id, days in days_of(conn, ids.values(), UNTIL).items():
            for day in days:
                own = {"patch_id": patch_id, "day": day}
                one = trigger_facts.unlawful_parcels(conn, scope, 2023, day, [patch_id])
                assert _sorted([f for f in parcels if _is(f, own)]) == _sorted(
                    [f | own for f in one]
                )
                asked = trigger_facts.refused_patches(conn, scope, 2023, day, 1, day, [patch_id])
                assert [f for f in refusals if _is(f, own)] == [f | own for f in asked]
                changed = trigger_facts.changed_rechecks(conn, scope, 2023, day, [patch_id])
                found = [f for f in rechecks if _is(f, own)]
                assert [f for f in found if f["parcels"]] == [
                    f | own for f in changed if f["parcels"]
                ]


def test_districts_add_up_as_if_each_day_were_asked_alone(store: Store) -> None:
    scope, moved_on = Scope.all(), date(2023, 9, 4)
    with store.write() as conn:
        put_world(conn, make_world(2, 10))
        for number, more in (
            ("K1", {}),
            ("K2", {"transferred_on": moved_on, "transferred_from": WENDENG}),
            ("K3", {"withdrawn_on": date(2023, 11, 2)}),
        ):
            mine = {"domain": "mineral", "patch_type": "mineral", "strategic_mineral": True, **more}
            put_parcel(conn, put_patch(conn, number, **mine), reported_on=date(2023, 6, 1))
            late = put_patch(conn, f"L{number}", **more)
            put_parcel(conn, late, farmland_mu=3.0, reported_on=date(2023, 6, 1))
            put_case(conn, late, eliminated_on=date(2024, 2, 10))
    with store.read() as conn:
        strategic = strategic_then(conn, scope, 2023, UNTIL)
        late_parts = late_parts_then(conn, scope, 2023, UNTIL)
        assert {HUANCUI, WENDENG} <= {code for found in strategic.values() for code in found}
        assert any(late_parts.values())
        for day, found in strategic.items():
            assert found == trigger_facts.strategic_unlawful(conn, scope, 2023, day)
        for day, found in late_parts.items():
            if day > elimination_cutoff_on(2023):
                assert found == trigger_facts.late_rectified_parts(conn, scope, 2023, day)


def test_a_hundred_patches_take_no_more_statements_than_one(store: Store) -> None:
    with store.write() as conn:
        put_world(conn, make_world(4, 90))
    with store.read() as conn:
        ids = sorted(conn.scalars(select(Patch.id).where(Patch.year == 2023)))

    def count(some: list[int]) -> int:
        seen: list[str] = []
        with store.read() as conn:
            event.listen(
                conn,
                "before_cursor_execute",
                lambda c, cur, statement, *rest: seen.append(statement),
            )
            parcels_then(conn, Scope.all(), 2023, some, UNTIL)
            refusals_then(conn, Scope.all(), 2023, some, UNTIL)
            rechecks_then(conn, Scope.all(), 2023, some, UNTIL)
        return len(seen)

    assert len(ids) > 50
    assert count(ids) == count(ids[:1]) == 3


def _is(fact: dict[str, object], own: dict[str, object]) -> bool:
    return all(fact[name] == value for name, value in own.items())


def _sorted(facts: list[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(facts, key=lambda f: str(f["parcel_no"]))
