"""Hot spots hold most, do not overlap, have names, and are the same for the same data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data.maps.ground import metres_per_unit
from data.maps.mercator import unit_x, unit_y
from data.maps.points import points, within
from data.maps.question import MapQuestion
from data.maps.spots import PlaceNames, Spot, a_month_before, spots
from data.scope import Scope
from data.units import PARTS_PER_MU
from tests.data.maps.scattered import cube_with, patch, scatter
from tests.data.store.queries.stored import HUANCUI, WENDENG

ALL = Scope.all()
DAY = date(2023, 11, 23)
Q = MapQuestion(2023, DAY)
NAMES = PlaceNames(
    {HUANCUI: "环翠区", WENDENG: "文登区"},
    {"371002001": "张村镇", "371002002": "温泉镇", "371003101": "文登营镇"},
)
CITY = cube_with(scatter(400))


def overlap(a: Spot, b: Spot) -> bool:
    sides = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
    heights = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
    return sides > 1e-9 and heights > 1e-9


def test_ten_squares_of_three_kilometres_do_not_overlap_and_come_by_value() -> None:
    found = spots(CITY, ALL, Q, NAMES)
    assert [s.rank for s in found] == list(range(1, 11))
    assert [s.value for s in found] == sorted((s.value for s in found), reverse=True)
    assert not any(overlap(a, b) for a in found for b in found if a is not b)
    for spot in found:
        west, south, east, north = spot.box
        side = (unit_x(east) - unit_x(west)) * float(metres_per_unit(spot.lat))
        assert 2000 < side < 4200
        assert west < spot.lon < east
        assert south < spot.lat < north


def test_a_spot_holds_exactly_what_lies_in_its_box() -> None:
    every = points(CITY, ALL, Q, None)
    for spot in spots(CITY, ALL, Q, NAMES):
        inside = within(every.lon, every.lat, spot.box)
        assert spot.value == int(every.value[inside].sum())
        assert spot.patches == int(inside.sum())


def test_no_square_anywhere_holds_more_than_the_first() -> None:
    (first, *_) = spots(CITY, ALL, Q, NAMES)
    every = points(CITY, ALL, Q, None)
    x, y = unit_x(every.lon), unit_y(every.lat)
    side = unit_x(first.box[2]) - unit_x(first.box[0])
    cell = side / 6
    best = 0
    for left in np.unique(np.floor(x / cell)) * cell:
        for top in np.unique(np.floor(y / cell)) * cell:
            for a, b in ((left, top), (left - 5 * cell, top - 5 * cell)):
                inside = (x >= a) & (x < a + side) & (y >= b) & (y < b + side)
                best = max(best, int(every.value[inside].sum()))
    assert first.value >= best


def test_a_lone_patch_stands_in_the_middle_of_its_square() -> None:
    (only,) = spots(cube_with([patch(122.1, 37.2, 4.0)]), ALL, Q, NAMES)
    west, south, east, north = only.box
    assert (only.lon, only.lat) == pytest.approx((122.1, 37.2))
    assert 0.3 < (122.1 - west) / (east - west) < 0.7
    assert 0.3 < (37.2 - south) / (north - south) < 0.7
    assert (only.name, only.patches, only.value) == ("环翠区张村镇", 1, 4 * PARTS_PER_MU)


def test_equal_places_come_in_the_same_order_however_the_patches_are_numbered() -> None:
    equal = [patch(122.0 + i * 0.1, 37.2, 4.0, town=i) for i in range(3)]
    one = [s.box for s in spots(cube_with(equal), ALL, Q, NAMES)]
    other = [s.box for s in spots(cube_with(equal[::-1]), ALL, Q, NAMES)]
    assert one == other
    assert len(one) == 3


def test_a_spot_is_named_after_the_town_of_most_of_its_value() -> None:
    mixed = [patch(122.1, 37.2, 1.0), patch(122.1, 37.2, 1.5), patch(122.1, 37.2, 5.0, 1, 2)]
    (only,) = spots(cube_with(mixed), ALL, Q, NAMES)
    assert only.name == "文登区文登营镇"
    (nameless,) = spots(cube_with([patch(122.1, 37.2, 1.0, 0, -1)]), ALL, Q, NAMES)
    assert nameless.name == "环翠区"


def test_spots_of_one_town_are_told_apart_by_their_direction() -> None:
    apart = [patch(122.0, 37.2, 4.0), patch(122.2, 37.2, 3.0), patch(122.1, 37.3, 2.0, town=1)]
    names = [s.name for s in spots(cube_with(apart), ALL, Q, NAMES)]
    assert names == ["环翠区张村镇西部", "环翠区张村镇东部", "环翠区温泉镇"]
    many = [patch(122.0 + i * 0.1, 37.2, 4.0 - i / 10) for i in range(5)]
    assert len({s.name for s in spots(cube_with(many), ALL, Q, NAMES)}) == 5


def test_the_change_is_since_a_month_before() -> None:
    late = date(2023, 11, 10)
    rising = cube_with([patch(122.1, 37.2, 4.0), patch(122.1, 37.2, 3.0, since=late)])
    (only,) = spots(rising, ALL, Q, NAMES)
    assert (only.value, only.change) == (7 * PARTS_PER_MU, 3 * PARTS_PER_MU)
    assert a_month_before(date(2024, 3, 31)) == date(2024, 2, 29)
    assert a_month_before(date(2024, 1, 15)) == date(2023, 12, 15)


def test_of_a_difference_the_increases_are_ranked_and_have_no_change() -> None:
    late = date(2023, 11, 10)
    rising = cube_with([patch(122.1, 37.2, 4.0), patch(122.3, 37.2, 3.0, since=late)])
    (only,) = spots(rising, ALL, replace(Q, against_on=date(2023, 10, 1)), NAMES)
    assert (only.value, only.change) == (3 * PARTS_PER_MU, None)


def test_a_reader_of_one_district_is_shown_spots_of_it_alone() -> None:
    own = Scope(frozenset({WENDENG}))
    both = [patch(122.1, 37.2, 40.0), patch(122.1, 37.2, 4.0, 1, 2)]
    assert spots(cube_with(both), own, Q, NAMES) == spots(cube_with(both[1:]), own, Q, NAMES)


def test_nothing_has_no_spots() -> None:
    assert spots(cube_with([]), ALL, Q, NAMES) == []
    assert spots(CITY, Scope(frozenset()), Q, NAMES) == []
