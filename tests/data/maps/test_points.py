"""What a map adds up is what the figures say, for every world, day, reader and measure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from data.maps.bins import bins
from data.maps.cube import map_cube
from data.maps.measures import MAP_MEASURES
from data.maps.points import over_rows, points, totals
from data.maps.question import MapQuestion
from data.scope import Scope
from data.store.engine import Store
from data.store.models import Patch
from data.store.queries.figures import figures
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import PatchType
from tests.data.maps.worlds import cube_of, placed, small_year
from tests.data.store.queries.stored import HUANCUI, WENDENG
from tests.data.store.reference_figures import World
from tests.data.store.worlds import DAYS, forgotten, put_world, replace_world, worlds

ALL = Scope.all()
CITY = (121.0, 36.0, 123.0, 38.0)


def _check(conn: Connection, day: date, scope: Scope) -> None:
    said = figures(conn, scope, 2023, day)
    cube = cube_of(conn)
    for key, measure in MAP_MEASURES.items():
        q = MapQuestion(2023, day, key)
        found = totals(cube, scope, q)
        located = points(cube, scope, q, None)
        assert located.total + found.unlocated_value == found.value, key
        for level in (8, 12, 16):
            assert bins(cube, scope, q, CITY, level).total == located.total, (key, level)
        assert sum(found.by_district.values()) == found.value, key
        if key == "suspected":
            _check_suspected(conn, day, scope, found.value)
            continue
        assert measure.number(found.value) == said["city"][key], (key, day)
        for district in said["districts"]:
            own = measure.number(found.by_district.get(district["code"], 0))
            assert own == district[key], (key, district["code"], day)


def _check_suspected(conn: Connection, day: date, scope: Scope, value: int) -> None:
    state = PatchState(Patch, day_literal(day))
    query = (
        select(func.count())
        .select_from(Patch)
        .where(
            Patch.year == 2023,
            state.active,
            state.is_land,
            state.visible_to(scope),
            state.is_suspected,
        )
    )
    assert value == conn.scalar(query)


_few = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)


@_few
@given(world=worlds(20), day=st.sampled_from(DAYS), seed=st.integers(0, 9))
def test_the_map_of_every_measure_adds_up_to_the_figures(
    sqlite_store: Store, world: World, day: date, seed: int
) -> None:
    with forgotten(sqlite_store) as conn:
        put_world(conn, placed(world, seed))
        for scope in (ALL, Scope(frozenset({HUANCUI}))):
            _check(conn, day, scope)


@settings(parent=_few, max_examples=2)
@given(world=worlds(20), day=st.sampled_from(DAYS))
def test_the_map_of_every_measure_adds_up_to_the_figures_on_postgresql(
    pg_store: Store, world: World, day: date
) -> None:
    with forgotten(pg_store) as conn:
        put_world(conn, placed(world, 1))
        _check(conn, day, ALL)


@settings(parent=_few, max_examples=3)
@given(data=st.data())
def test_the_map_still_adds_up_after_patches_have_changed(
    sqlite_store: Store, data: st.DataObject
) -> None:
    number = data.draw(st.integers(2, 12))
    first, second = data.draw(worlds(number, number)), data.draw(worlds(number, number))
    for row in second.patches:  # a patch's work year is part of its key
        row["year"] = first.patches[row["id"] - 1]["year"]
    with forgotten(sqlite_store) as conn:
        put_world(conn, placed(first, 1))
        replace_world(conn, first, placed(second, 2))
        _check(conn, date(2024, 3, 1), ALL)


ON = date(2023, 8, 1)


@pytest.fixture
def year(sqlite_store: Store) -> Store:
    small_year(sqlite_store)
    return sqlite_store


def _value(store: Store, q: MapQuestion, scope: Scope = ALL) -> float:
    return q.what.number(totals(map_cube(store, 2023), scope, q).value)


def test_what_was_unlawful_remains_until_it_is_eliminated(year: Store) -> None:
    gross = MapQuestion(2023, ON, "unlawful_farmland_mu")
    left = MapQuestion(2023, ON, "remaining_farmland_mu")
    assert _value(year, gross) == 14.0
    assert _value(year, left) == 12.0
    assert _value(year, replace(left, as_of=date(2023, 6, 30))) == 14.0
    assert _value(year, replace(gross, as_of=date(2023, 5, 19))) == 0.0


def test_a_patch_without_a_position_counts_in_the_sum_and_is_named_apart(year: Store) -> None:
    q = MapQuestion(2023, ON, "remaining_farmland_mu")
    found = totals(map_cube(year, 2023), ALL, q)
    assert q.what.number(found.unlocated_value) == 5.0
    assert found.unlocated_patches == 1
    assert found.patches == 3


def test_a_district_sees_its_own_patches_only(year: Store) -> None:
    q = MapQuestion(2023, ON, "remaining_farmland_mu")
    assert _value(year, q, Scope(frozenset({WENDENG}))) == 4.0
    assert _value(year, replace(q, district=HUANCUI), Scope(frozenset({WENDENG}))) == 0.0
    assert _value(year, replace(q, district=HUANCUI)) == 8.0


def test_months_and_types_narrow_what_is_shown(year: Store) -> None:
    q = MapQuestion(2023, ON, "patches")
    assert _value(year, q) == 6
    assert _value(year, replace(q, months=("2023-05",))) == 6
    assert _value(year, replace(q, months=("2023-06",))) == 0
    assert _value(year, replace(q, patch_type=PatchType.OTHER_CHANGE)) == 6
    assert _value(year, replace(q, patch_type=PatchType.MINERAL)) == 0


def test_a_difference_takes_the_earlier_day_away_and_keeps_what_shrank(year: Store) -> None:
    q = MapQuestion(2023, ON, "remaining_farmland_mu", against_on=date(2023, 6, 1))
    cube = map_cube(year, 2023)
    found = points(cube, ALL, q, None)
    assert q.what.number(found.total) == -2.0
    assert len(found) == 1
    assert totals(cube, ALL, q).by_district == {HUANCUI: -2_000_000_000}


def test_a_patch_is_over_when_all_its_unlawful_land_is_eliminated(year: Store) -> None:
    cube = map_cube(year, 2023)
    rows = np.arange(len(cube.patches["id"]))
    assert over_rows(cube, ON, rows).sum() == 1
    assert over_rows(cube, date(2023, 6, 30), rows).sum() == 0


def test_a_box_is_half_open_so_that_neighbours_share_no_patch(year: Store) -> None:
    cube, q = map_cube(year, 2023), MapQuestion(2023, ON, "patches")
    west = points(cube, ALL, q, (121.9, 37.0, 122.1, 37.5))
    east = points(cube, ALL, q, (122.1, 37.0, 122.3, 37.5))
    assert (len(west), len(east)) == (1, 4)
