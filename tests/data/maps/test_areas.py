"""Districts and towns on the map: their sums are the figures; what has no boundary is listed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import shapely
from pyproj import Geod
from sqlalchemy import insert

from data.maps import areas as module
from data.maps.areas import FARMLAND, WHOLE, Areas, NoSuchUnit, areas, farmland_inside, read_unit
from data.maps.cube import map_cube
from data.maps.ground import km2
from data.maps.points import totals
from data.maps.question import MapQuestion
from data.scope import Scope
from data.store.engine import Store
from data.store.models import ReferenceFeature
from data.store.queries.figures import figures
from data.store.seeding import reference_row
from data.vocabulary import ReferenceLayer
from tests.data.maps.layers import put_layer
from tests.data.maps.worlds import small_year
from tests.data.store.queries.stored import (
    HIGH_TECH,
    HUANCUI,
    WENDENG,
    put_parcel,
    put_patch,
    summarise,
)

ALL = Scope.all()
DAY = date(2023, 8, 1)
Q = MapQuestion(2023, DAY)
TOWN, OTHER_TOWN = "371002001", "371002002"


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """small_year, and Z1 of the zone 高区, which lies in 环翠区: 7 亩."""
    small_year(sqlite_store)
    with sqlite_store.write() as conn:
        at = put_patch(
            conn, "Z1", district_code=HIGH_TECH, town_code=TOWN, reported_on=date(2023, 5, 20),
            lon=122.11, lat=37.41,
        )  # fmt: skip
        put_parcel(conn, at, farmland_mu=7.0)
        summarise(conn)
    return sqlite_store


def found(store: Store, q: MapQuestion = Q, scope: Scope = ALL, by: str = "district") -> Areas:
    with store.read() as conn:
        return areas(conn, store, map_cube(store, 2023), scope, q, by)


def by_name(of: Areas) -> dict[str, float]:
    pairs = [(a.name, a.value) for a in of.areas] + [(u.name, u.value) for u in of.unplaced]
    return {name: of.measure.number(value) for name, value in pairs}


@pytest.mark.parametrize("measure", ["remaining_farmland_mu", "unlawful_mu", "overdue"])
def test_the_sums_of_districts_are_the_figures(store: Store, measure: str) -> None:
    with store.read() as conn:
        said = figures(conn, ALL, 2023, DAY)
    of = found(store, replace(Q, measure=measure))
    assert by_name(of) == {d["short_name"]: d[measure] for d in said["districts"]}
    assert of.measure.number(of.total) == said["city"][measure]


def test_a_zone_without_a_boundary_is_listed_and_not_counted_for_its_county(store: Store) -> None:
    of = found(store)
    assert {a.name for a in of.areas} == {"环翠区", "文登区", "荣成市", "乳山市"}
    assert {u.name: u.value for u in of.unplaced}["高区"] == 7 * 10**9
    (huancui,) = [a for a in of.areas if a.code == HUANCUI]
    assert of.measure.number(huancui.value) == 3.0 + 5.0  # A2, and N1 without a position


def test_the_density_is_of_the_true_area(store: Store) -> None:
    of = found(store)
    (wendeng,) = [a for a in of.areas if a.code == WENDENG]
    assert (of.base, wendeng.is_indicative) == (WHOLE, True)
    assert 1500 < wendeng.km2 < 1900  # 1,615 km² by the yearbook; the coast is generalised
    assert wendeng.density == pytest.approx(4.0 / wendeng.km2)
    assert of.density_text(wendeng).endswith("亩/km²")
    assert of.classes().step(module.parts(wendeng)) > 0


def test_a_square_degree_has_the_area_of_the_ellipsoid() -> None:
    square = shapely.segmentize(shapely.box(122, 37, 123, 38), 0.001)
    exact = abs(Geod(ellps="GRS80").geometry_area_perimeter(square)[0]) / 1e6
    assert float(km2(square)) == pytest.approx(exact, rel=1e-6)


def test_a_reader_of_one_district_is_shown_that_one_alone(store: Store) -> None:
    of = found(store, scope=Scope(frozenset({WENDENG})))
    assert by_name(of) == {"文登区": 4.0}
    assert by_name(found(store, replace(Q, district=WENDENG))) == {"文登区": 4.0}
    nothing = found(store, replace(Q, district=HUANCUI), Scope(frozenset({WENDENG})))
    assert by_name(nothing) == {}


def test_a_difference_has_signs_and_adds_up(store: Store) -> None:
    q = replace(Q, against_on=date(2023, 6, 1))
    of = found(store, q)
    assert by_name(of)["环翠区"] == -2.0
    assert of.total == totals(map_cube(store, 2023), ALL, q).value
    (huancui,) = [a for a in of.areas if a.code == HUANCUI]
    assert of.density_text(huancui).startswith("−")
    assert of.classes().step(module.parts(huancui)) == -1.0


def test_towns_are_drawn_where_their_boundaries_are_and_listed_where_not(store: Store) -> None:
    assert found(store, by="town").areas == []
    west, east = shapely.box(122.0, 37.3, 122.2, 37.5), shapely.box(122.2, 37.3, 122.4, 37.5)
    put_layer(store, ReferenceLayer.TOWNS, {TOWN: west, OTHER_TOWN: east})
    of = found(store, by="town")
    assert {a.code: a.value for a in of.areas} == {TOWN: 7 * 10**9, OTHER_TOWN: 0}
    assert {u.name: of.measure.number(u.value) for u in of.unplaced} == {"未填乡镇": 12.0}
    assert of.total == totals(map_cube(store, 2023), ALL, Q).value


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """How often farmland is cut out."""
    calls: list[Any] = []

    def cut(*given: Any) -> dict[str, float]:
        calls.append(given)
        return farmland_inside(*given)

    monkeypatch.setattr(module, "farmland_inside", cut)
    yield calls


def test_where_farmland_was_uploaded_the_density_is_of_farmland_cut_out_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = shapely.box(122.0, 37.3, 122.2, 37.5)
    inside, half, outside = (
        shapely.box(122.05, 37.35, 122.06, 37.36),
        shapely.box(122.19, 37.4, 122.21, 37.41),
        shapely.box(122.3, 37.4, 122.31, 37.41),
    )
    put_layer(store, ReferenceLayer.TOWNS, {TOWN: town})
    put_layer(store, ReferenceLayer.FARMLAND, {"a": inside, "b": half, "c": outside})
    with counted(monkeypatch) as calls:
        of = found(store, by="town")
        again = found(store, by="town")
        module._farmland.clear()  # another process
        found(store, by="town")
        assert len(calls) == 1
        put_layer(store, ReferenceLayer.FARMLAND, {"a": inside})
        less = found(store, by="town")
        assert len(calls) == 2
    (area,) = of.areas
    assert of.base == FARMLAND
    assert area.km2 == pytest.approx(float(km2(inside)) + float(km2(half)) / 2, rel=1e-6)
    assert again.areas == of.areas
    assert less.areas[0].km2 == pytest.approx(float(km2(inside)))


def test_a_unit_without_farmland_has_no_density(store: Store) -> None:
    put_layer(store, ReferenceLayer.FARMLAND, {"a": shapely.box(122.05, 37.35, 122.06, 37.36)})
    of = found(store)
    (wendeng,) = [a for a in of.areas if a.code == WENDENG]
    assert (wendeng.density, of.density_text(wendeng)) == (None, "—")


def test_a_unit_of_several_features_is_one(store: Store) -> None:
    put_layer(
        store,
        ReferenceLayer.DISTRICTS,
        {
            WENDENG: shapely.box(121.9, 37.0, 122.1, 37.2),
            HUANCUI: shapely.box(122, 37.3, 122.2, 37.5),
        },
    )
    with store.write() as conn:
        island = reference_row(
            ReferenceLayer.DISTRICTS, WENDENG, "文登区", shapely.box(122.3, 37.0, 122.4, 37.1)
        )
        conn.execute(insert(ReferenceFeature), [{**island, "batch_id": 1}])
    (wendeng,) = [a for a in found(store).areas if a.code == WENDENG]
    assert shapely.from_wkb(wendeng.shape).bounds == (121.9, 37.0, 122.4, 37.2)


def test_another_kind_of_unit_is_refused_with_those_that_are() -> None:
    with pytest.raises(NoSuchUnit, match="乡镇界"):
        read_unit("village")
    assert read_unit("") == "district"
