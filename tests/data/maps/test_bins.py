"""Squares nest, hold exact sums, and are never shown in part."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from data.maps.bins import bin_level, bins, widened
from data.maps.classes import classes_for
from data.maps.cube import MapCube, map_cube
from data.maps.measures import MAP_MEASURES
from data.maps.question import MapQuestion
from data.scope import Scope
from data.store.engine import Store
from tests.data.maps.worlds import small_year

ALL = Scope.all()
Q = MapQuestion(2023, date(2023, 8, 1), "remaining_farmland_mu")
AREA, COUNT = MAP_MEASURES["remaining_farmland_mu"], MAP_MEASURES["overdue"]


@pytest.fixture
def cube(sqlite_store: Store) -> MapCube:
    small_year(sqlite_store)
    return map_cube(sqlite_store, 2023)


def test_a_square_is_about_32_pixels_wide() -> None:
    assert bin_level(9) == 12
    assert bin_level(9.4) == 12
    assert bin_level(22) == 22


def test_four_squares_are_one_of_the_zoom_before(cube: MapCube) -> None:
    fine, coarse = bins(cube, ALL, Q, None, 15), bins(cube, ALL, Q, None, 14)
    sums: dict[tuple[int, int], int] = {}
    for x, y, value in zip(fine.x.tolist(), fine.y.tolist(), fine.value.tolist(), strict=True):
        sums[x // 2, y // 2] = sums.get((x // 2, y // 2), 0) + value
    whole = zip(coarse.x.tolist(), coarse.y.tolist(), coarse.value.tolist(), strict=True)
    assert {(x, y): value for x, y, value in whole} == sums


def test_a_square_at_the_edge_of_the_view_shows_its_whole_sum(cube: MapCube) -> None:
    whole = bins(cube, ALL, Q, None, 12)
    at = int(np.argmax(whole.value))
    west, south, east, north = whole.box(at)
    sliver = (west + (east - west) * 0.9, south, west + (east - west) * 0.95, north - 1e-9)
    seen = bins(cube, ALL, Q, sliver, 12)
    assert int(whole.value[at]) in seen.value.tolist()
    assert widened(sliver, 12)[0] == west


def test_nothing_in_view_is_no_square_and_no_sum(cube: MapCube) -> None:
    found = bins(cube, ALL, Q, (10.0, 10.0, 11.0, 11.0), 12)
    assert (len(found), found.total, found.total_patches) == (0, 0, 0)


def test_the_highest_class_holds_the_highest_value_and_ends_at_it() -> None:
    classes = classes_for(AREA, [10**9, 5 * 10**9, 77_120_000_000], False)
    legend = classes.legend()
    assert legend[-1]["to"] == 77.12
    assert str(legend[-1]["text"]).endswith("77.12")
    assert classes.step(77_120_000_000) == 1.0
    assert classes.step(10**9) > 0
    assert classes.step(0) == 0.0


def test_classes_of_counts_are_whole_numbers_without_gaps() -> None:
    legend = classes_for(COUNT, list(range(1, 200)), False).legend()
    for lower, upper in pairwise(legend):
        assert str(lower["text"]).split("–")[-1] == str(int(str(upper["text"]).split("–")[0]) - 1)


def test_a_difference_has_the_same_classes_on_both_sides() -> None:
    classes = classes_for(AREA, [-(4 * 10**9), 10**9, 10**10], True)
    assert classes.step(-(4 * 10**9)) == -classes.step(4 * 10**9)
    texts = [str(entry["text"]) for entry in classes.legend()]
    assert [t[1:] for t in texts if t[0] == "−"] == [t[1:] for t in texts if t[0] == "+"][::-1]


def test_nothing_has_no_legend() -> None:
    assert classes_for(AREA, [], False).legend() == []
    assert len(classes_for(COUNT, [4, 4], False).legend()) == 1
