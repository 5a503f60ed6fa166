"""In which system a file's numbers are: inferred, declared, corrected, given, or asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import CrsUndecided, UploadRefused
from data.upload.crs import decide, declared_system, points_from_columns
from data.upload.readers import ReadOptions
from tests.data.upload.readers.files import OPTIONS, points

XUZHOU = ReadOptions(city_bounds=(116.3, 33.7, 118.7, 35.0))


def _in(epsg: int, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return pyproj.Transformer.from_crs(4490, epsg, always_xy=True).transform(lon, lat)


@pytest.mark.parametrize("epsg", [4490, 4528, 4529, 4549, 4550, 4498, 4499])
@pytest.mark.parametrize("northing_first", [False, True])
def test_the_only_system_in_which_the_city_is_hit_is_inferred(
    epsg: int, northing_first: bool
) -> None:
    lon, lat = points(50)
    x, y = _in(epsg, lon, lat)
    located = decide(*((y, x) if northing_first else (x, y)), OPTIONS)
    decision = located.decision
    assert (decision.epsg, decision.source, decision.swapped) == (epsg, "inferred", northing_first)
    back = located.to_lonlat(*((y, x) if northing_first else (x, y)))
    assert np.allclose(back, (lon, lat), atol=1e-8)


@pytest.mark.parametrize("epsg", [4527, 4548])
def test_another_city_has_its_own_zones(epsg: int) -> None:
    x, y = _in(epsg, np.array([117.2, 117.3]), np.array([34.2, 34.3]))
    assert decide(x, y, XUZHOU).decision.epsg == epsg


def test_several_systems_are_named_with_the_way_to_choose() -> None:
    country = ReadOptions(city_bounds=(105.0, 30.0, 125.0, 40.0))
    x, y = _in(4549, *points(20))
    with pytest.raises(CrsUndecided, match=r"EPSG:4549.*--crs") as undecided:
        decide(x, y, country)
    assert 4549 in undecided.value.candidates
    assert len(undecided.value.candidates) > 1
    assert decide(x, y, replace(country, crs=4549)).decision.source == "given"


def test_coordinates_nowhere_near_the_city_are_refused_with_their_ranges() -> None:
    with pytest.raises(CrsUndecided, match=r"横坐标 1–3.*--crs") as undecided:
        decide(np.array([1.0, 3.0]), np.array([2.0, 2.0]), OPTIONS)
    assert undecided.value.candidates == ()
    with pytest.raises(UploadRefused, match="没有可用的坐标") as refused:
        decide(np.array([np.nan]), np.array([np.nan]), OPTIONS)
    assert not isinstance(refused.value, CrsUndecided)  # no choice of a system would help


def test_a_declared_system_that_misses_the_city_gives_way_to_the_only_one_that_does_not() -> None:
    x, y = _in(4529, *points(20))
    decision = decide(x, y, OPTIONS, (4528, None)).decision
    assert (decision.epsg, decision.declared, decision.source) == (4529, 4528, "inferred")
    assert "不符" in decision.reason


def test_a_declared_system_stays_where_nothing_lands_in_the_city() -> None:
    x, y = _in(4527, np.array([117.2]), np.array([34.2]))
    decision = decide(x, y, OPTIONS, (4527, None)).decision
    assert (decision.epsg, decision.source) == (4527, "declared")


def test_some_features_outside_do_not_make_a_declaration_false() -> None:
    lon, lat = points(20)
    lon[:12] -= 5
    x, y = _in(4529, lon, lat)
    assert decide(x, y, OPTIONS, (4529, None)).decision.source == "declared"


def test_a_code_that_is_no_system_is_refused() -> None:
    x, y = points(3)
    for code in (1, 99999, 5773):  # 5773 is a height system
        with pytest.raises(UploadRefused, match=str(code)):
            decide(x, y, replace(OPTIONS, crs=code))


@pytest.mark.parametrize(
    "text",
    ["", "<html>404</html>", "GEOGCS[", 'LOCAL_CS["x",UNIT["m",1]]', "x" * 30_000, "\0\1\2"],
)
def test_a_definition_that_cannot_be_read_counts_as_none(text: str) -> None:
    assert declared_system(text) is None


@pytest.mark.parametrize("epsg", [4490, 4326, 4528, 4550, 2364, 2415, 4499])
@pytest.mark.parametrize("version", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_definitions_are_recognised_in_every_dialect(epsg: int, version: str) -> None:
    declared = declared_system(pyproj.CRS.from_epsg(epsg).to_wkt(version))
    # 6° zones without the zone number are 3° zones of the same meridian
    assert declared in {(epsg, None), (4510, None) if epsg == 4550 else (epsg, None)}


def test_a_system_without_a_code_is_still_used() -> None:
    wkt = pyproj.CRS.from_proj4("+proj=tmerc +lon_0=121.75 +x_0=500000 +ellps=GRS80").to_wkt()
    declared = declared_system(wkt)
    assert declared is not None
    assert declared[0] == 0
    lon, lat = points(5)
    to = pyproj.Transformer.from_crs(4490, pyproj.CRS.from_wkt(wkt), always_xy=True)
    located = decide(*to.transform(lon, lat), OPTIONS, declared)
    assert np.allclose(located.to_lonlat(*to.transform(lon, lat)), (lon, lat), atol=1e-6)


def test_centre_columns_become_points_whatever_their_order_and_unit() -> None:
    lon, lat = points(4)
    for x, y in ((lon, lat), (lat, lon), _in(4529, lon, lat), _in(4529, lon, lat)[::-1]):
        x, y = x.copy(), y.copy()
        x[2] = np.nan
        geometry, decision = points_from_columns(x, y, OPTIONS)
        assert decision is not None
        assert geometry.wkb[2] is None
        assert np.isnan(geometry.lon[2])
        assert np.allclose(np.delete(geometry.lon, 2), np.delete(lon, 2), atol=1e-8)
        assert (np.delete(geometry.area_m2, 2) == 0).all()


def test_empty_centre_columns_are_no_points_and_no_refusal() -> None:
    empty = np.array([np.nan, np.nan])
    geometry, decision = points_from_columns(empty, empty, OPTIONS)
    assert decision is None
    assert geometry.wkb.tolist() == [None, None]


@given(st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=8))
def test_any_numbers_get_a_decision_or_a_refusal(pairs: list[tuple[float, float]]) -> None:
    x, y = np.array(pairs).T
    try:
        lon, lat = decide(x, y, OPTIONS).to_lonlat(x, y)
    except UploadRefused:
        return
    assert len(lon) == len(lat) == len(pairs)
