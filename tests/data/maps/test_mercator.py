"""Tiles, boxes and the curve: every position lies in the stretches that its box names."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.maps.mercator import (
    CURVE_ZOOM,
    BadBox,
    NoSuchTile,
    cells,
    check_tile,
    curve,
    curve_ranges,
    lat_of,
    lon_of,
    read_box,
    tile_box,
    unit_x,
    unit_y,
)


def test_tiles_are_those_of_the_usual_scheme() -> None:
    assert tile_box(0, 0, 0) == pytest.approx((-180, -85.0511288, 180, 85.0511288))
    # 威海 at zoom 10, as any z/x/y server numbers it
    x, y = cells(np.array([122.12]), np.array([37.51]), 10)
    assert (int(x[0]), int(y[0])) == (859, 396)
    west, south, east, north = tile_box(10, 859, 396)
    assert west <= 122.12 < east
    assert south < 37.51 <= north


@pytest.mark.parametrize("tile", [(-1, 0, 0), (3, 8, 0), (3, 0, -1), (3, 0, 8), (23, 0, 0)])
def test_a_tile_outside_the_scheme_is_refused(tile: tuple[int, int, int]) -> None:
    with pytest.raises(NoSuchTile, match="没有瓦片"):
        check_tile(*tile)


def test_a_box_is_four_numbers_in_order() -> None:
    assert read_box("121.5,36.8,122,37.2") == (121.5, 36.8, 122.0, 37.2)
    for wrong in ("", "1,2,3", "1,2,x,4", "122,36,121,37", "1,2,nan,4", "1,2,inf,4", "1,50,2,40"):
        with pytest.raises(BadBox, match="西,南,东,北"):
            read_box(wrong)


_lon = st.floats(121.0, 123.0)
_lat = st.floats(36.5, 38.0)


@given(lon=_lon, lat=_lat)
def test_coordinates_go_there_and_back(lon: float, lat: float) -> None:
    assert lon_of(unit_x(lon)) == pytest.approx(lon, abs=1e-9)
    assert lat_of(unit_y(lat)) == pytest.approx(lat, abs=1e-9)


@given(
    west=_lon,
    south=_lat,
    width=st.floats(1e-5, 1.5),
    height=st.floats(1e-5, 1.0),
    at=st.tuples(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True)),
)
def test_whatever_lies_in_a_box_lies_in_its_stretches_of_the_curve(
    west: float, south: float, width: float, height: float, at: tuple[float, float]
) -> None:
    lon, lat = np.array([west + at[0] * width]), np.array([south + at[1] * height])
    ranges = curve_ranges((west, south, west + width, south + height))
    place = int(curve(*cells(lon, lat, CURVE_ZOOM))[0])
    assert any(low <= place < high for low, high in ranges)
    assert len(ranges) <= 36
    assert all(a[1] < b[0] for a, b in pairwise(ranges))
