"""The heat surface adds up, has no seams, is the same size on the ground everywhere, and its
colours mean one thing."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data.maps.ground import km2_per_square_unit, metres_per_unit
from data.maps.heat import (
    RADII_M,
    BadRadius,
    heat_rgba,
    heat_tile,
    legend,
    palette,
    read_radius,
)
from data.maps.heat_scale import round_up, scale_of, stops
from data.maps.heat_surface import cell_level, grid, surface
from data.maps.mercator import NoSuchTile, cells, lat_of, unit_x, unit_y
from data.maps.overlay import Window
from data.maps.points import points, totals
from data.maps.question import MapQuestion
from data.scope import Scope
from data.units import PARTS_PER_MU
from tests.data.maps.scattered import cube_with, patch, scatter
from tests.data.store.queries.stored import HUANCUI, WENDENG

ALL = Scope.all()
DAY = date(2023, 11, 23)
Q = MapQuestion(2023, DAY)
CITY = cube_with(scatter(400))


def km2_of_pixels(window: Window) -> Any:
    rows = window.y + (np.arange(window.height) + 0.5) / window.scale
    return (km2_per_square_unit(lat_of(rows)) / window.scale**2)[:, None]


def tiles_around(zoom: int, lon: float = 122.1, lat: float = 37.2, reach: float = 0.6) -> Window:
    """One window of whole tiles, wide enough for all that is spread around the place."""
    (x0, x1), (y1, y0) = cells(
        np.array([lon - reach, lon + reach]), np.array([lat - reach, lat + reach]), zoom
    )
    n, wide, high = 2.0**zoom, int(x1 - x0 + 1), int(y1 - y0 + 1)
    return Window(int(x0) / n, int(y0) / n, 256 * n, 256 * wide, 256 * high)


def picture(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


@pytest.mark.parametrize("radius", RADII_M)
@pytest.mark.parametrize("zoom", [8, 9, 11])
def test_the_surface_adds_up_to_the_total(radius: int, zoom: int) -> None:
    window = tiles_around(zoom)
    drawn = surface(CITY, ALL, Q, radius, window)
    whole = totals(CITY, ALL, Q).value / PARTS_PER_MU
    assert float((drawn * km2_of_pixels(window)).sum()) == pytest.approx(whole, rel=1e-3)


def test_squares_hold_exact_sums() -> None:
    found = grid(CITY, ALL, Q, 16)
    assert found is not None
    assert int(found.value.sum()) == totals(CITY, ALL, Q).value


@pytest.mark.parametrize("zoom", [9, 12])
def test_the_surface_stands_where_the_patches_are(zoom: int) -> None:
    window = tiles_around(zoom, reach=0.45)
    drawn = (surface(CITY, ALL, Q, 1000, window) * km2_of_pixels(window)).astype(np.float64)
    every = points(CITY, ALL, Q, None)
    columns = window.x + (np.arange(window.width) + 0.5) / window.scale
    rows = window.y + (np.arange(window.height) + 0.5) / window.scale
    middle = drawn.sum(axis=0) @ columns / drawn.sum(), drawn.sum(axis=1) @ rows / drawn.sum()
    lon, lat = unit_x(every.lon), unit_y(every.lat)
    expected = np.average(lon, weights=every.value), np.average(lat, weights=every.value)
    # patches are put in the middle of squares: right on the average
    assert np.abs(np.subtract(middle, expected)).max() < 0.1 / 2.0 ** cell_level(1000, window.scale)


@pytest.mark.parametrize("zoom", [8, 10, 13, 16])
def test_neighbouring_tiles_join_as_one_picture(zoom: int) -> None:
    x, y = (int(v[0]) for v in cells(np.array([122.1]), np.array([37.2]), zoom))
    apart = [
        surface(CITY, ALL, Q, 1000, Window.of_tile(zoom, x + i, y + j))
        for j in range(2)
        for i in range(2)
    ]
    joined = np.block([[apart[0], apart[1]], [apart[2], apart[3]]])
    n = 2.0**zoom
    whole = surface(CITY, ALL, Q, 1000, Window(x / n, y / n, 256 * n, 512, 512))
    assert float(whole.max()) > 0
    np.testing.assert_allclose(joined, whole, rtol=1e-3, atol=float(whole.max()) * 1e-5)


@pytest.mark.parametrize("lat", [0.3, 37.2, 60.1])
@pytest.mark.parametrize("zoom", [10, 13])
def test_the_radius_is_measured_on_the_ground(lat: float, zoom: int) -> None:
    one = cube_with([patch(122.1, lat, 100.0)])
    window = tiles_around(zoom, lat=lat, reach=0.08)
    drawn = surface(one, ALL, Q, 2000, window) * km2_of_pixels(window)
    metres = float(metres_per_unit(lat))
    across = (window.x + (np.arange(window.width) + 0.5) / window.scale - unit_x(122.1)) * metres
    down = (window.y + (np.arange(window.height) + 0.5) / window.scale - unit_y(lat)) * metres
    distance = np.hypot(across[None, :], down[:, None])
    assert float(drawn[distance <= 2000].sum()) == pytest.approx(86.5, abs=1.5)


def test_a_large_tile_is_the_four_of_the_next_zoom() -> None:
    x, y = 429, 198
    large = picture(heat_tile(CITY, ALL, Q, 1000, DAY, 9, x, y, 512))
    small = [
        [picture(heat_tile(CITY, ALL, Q, 1000, DAY, 10, 2 * x + i, 2 * y + j)) for i in (0, 1)]
        for j in (0, 1)
    ]
    assert large[..., 3].max() > 0
    joined = np.concatenate([np.concatenate(row, axis=1) for row in small])
    assert np.array_equal(large, joined)


def test_any_window_shows_what_tiles_show() -> None:
    odd = Window(float(unit_x(122.0)), float(unit_y(37.3)), 256 * 2.0**11.4, 301, 277)
    drawn = surface(CITY, ALL, Q, 1000, odd)
    rows, columns = np.mgrid[20:260:60, 20:300:60]
    for row, column in zip(rows.ravel().tolist(), columns.ravel().tolist(), strict=True):
        at = odd.x + (column + 0.5) / odd.scale, odd.y + (row + 0.5) / odd.scale
        near = surface(CITY, ALL, Q, 1000, Window(*at, 2.0**21, 1, 1))
        assert float(drawn[row, column]) == pytest.approx(float(near[0, 0]), rel=0.08, abs=0.05)


@pytest.mark.parametrize("radius", RADII_M)
def test_no_tile_reaches_beyond_the_top_of_the_scale(radius: int) -> None:
    scale = scale_of(CITY, ALL, Q, radius, DAY)
    for zoom in (9, 12, 15):
        found = grid(CITY, ALL, Q, zoom)
        assert found is not None
        y, x = np.unravel_index(int(found.value.argmax()), found.value.shape)
        tile = Window.of_tile(zoom, found.x + int(x), found.y + int(y))
        assert float(surface(CITY, ALL, Q, radius, tile).max()) <= scale.top
    assert scale.most <= scale.top <= scale.most * 1.35


def test_colours_mean_the_same_on_every_day_of_the_slider() -> None:
    rising = cube_with([patch(122.1, 37.2, 2.0), patch(122.4, 37.2, 32.0, since=date(2023, 8, 5))])
    scales = {
        scale_of(rising, ALL, replace(Q, as_of=day), 1000, DAY)
        for day in (date(2023, 5, 31), date(2023, 8, 31), DAY)
    }
    assert len(scales) == 1
    in_may = scale_of(rising, ALL, replace(Q, as_of=date(2023, 5, 31)), 1000, date(2023, 5, 31))
    assert in_may.most == pytest.approx(scales.pop().most / 16, rel=1e-3)


def test_the_slider_stops_at_month_ends_and_on_the_last_day() -> None:
    assert stops(2023, date(2023, 3, 15)) == (
        date(2023, 1, 31),
        date(2023, 2, 28),
        date(2023, 3, 15),
    )
    assert stops(2023, date(2023, 2, 28))[-1] == date(2023, 2, 28)
    assert stops(2023, date(2026, 1, 1))[-2:] == (date(2024, 2, 29), date(2026, 1, 1))


def test_a_district_sees_its_own_patches_in_its_own_scale() -> None:
    mine, both = [patch(122.1, 37.2, 2.0)], [patch(122.1, 37.2, 2.0), patch(122.1, 37.2, 50.0, 1)]
    own = Scope(frozenset({HUANCUI}))
    x, y = (int(v[0]) for v in cells(np.array([122.1]), np.array([37.2]), 12))
    alone = heat_tile(cube_with(mine), own, Q, 1000, DAY, 12, x, y)
    beside = heat_tile(cube_with(both), own, Q, 1000, DAY, 12, x, y)
    assert alone == beside
    assert legend(cube_with(mine), own, Q, 1000, DAY) == legend(cube_with(both), own, Q, 1000, DAY)
    other = Scope(frozenset({WENDENG}))
    assert scale_of(cube_with(both), other, Q, 1000, DAY).most > 5


def test_a_difference_is_symmetrical_and_nothing_is_transparent() -> None:
    more = cube_with([patch(122.1, 37.2, 9.0, since=date(2023, 9, 1)), patch(122.0, 37.2, 9.0)])
    q = replace(Q, against_on=date(2023, 6, 1))
    scale = scale_of(more, ALL, q, 1000, DAY)
    places = scale.positions(np.array([-scale.top, 0.0, scale.top], dtype=np.float32))
    assert places.tolist() == [-1.0, 0.0, 1.0]
    assert palette(True)[128, 3] == 0
    assert palette(True)[1, :3].tolist() == palette(True)[0, :3].tolist()
    window = tiles_around(9)
    drawn = heat_rgba(more, ALL, q, 1000, DAY, window)
    seen = drawn[drawn[..., 3] > 0]
    assert len(seen)
    assert (seen[:, 0] >= seen[:, 2]).all()  # orange: there is nothing but increase
    signs = [s["text"][:1] for s in legend(more, ALL, q, 1000, DAY)["stops"]]
    assert signs == ["−"] * 4 + ["0"] + ["+"] * 4


def test_the_scale_of_a_difference_looks_at_no_day_before_the_one_compared_with() -> None:
    """Else all that was missing before would make what has changed since too pale to see."""
    since = replace(Q, against_on=date(2023, 11, 20))
    whole = scale_of(CITY, ALL, Q, 1000, DAY)
    assert scale_of(CITY, ALL, since, 1000, DAY).most < whole.most / 2


def test_nothing_is_a_transparent_tile_and_a_sentence() -> None:
    nobody = cube_with([])
    assert picture(heat_tile(nobody, ALL, Q, 1000, DAY, 9, 429, 198))[..., 3].max() == 0
    said = legend(nobody, ALL, Q, 1000, DAY)
    assert (said["stops"], said["note"]) == ([], "所选条件下没有可以上图的数值。")


def test_a_patch_without_a_position_is_not_on_the_surface() -> None:
    assert not surface(
        cube_with([patch(float("nan"), float("nan"), 5.0)]), ALL, Q, 1000, tiles_around(8)
    ).any()


def test_the_ramp_grows_darker_in_even_steps() -> None:
    colours = palette(False).astype(float)
    light = colours[:, :3] @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(light[::16]) < 0).all()
    assert (np.diff(colours[:, 3]) >= 0).all()
    assert colours[0, 3] == 0


def test_the_legend_names_round_values_up_to_the_top() -> None:
    said = legend(CITY, ALL, Q, 1000, DAY)
    assert said["unit"] == "亩/km²"
    assert said["stops"][0]["value"] == 0
    assert said["most"]["value"] <= said["stops"][-1]["value"]
    assert [s["position"] for s in said["stops"]] == sorted(s["position"] for s in said["stops"])
    assert "11月23日" in said["note"]
    assert legend(CITY, ALL, replace(Q, measure="patches"), 500, DAY)["unit"] == "个/km²"


def test_tops_are_round_and_never_below() -> None:
    assert [round_up(v) for v in (0.0123, 1.0, 1.01, 7.2, 81, 999)] == [
        0.015, 1.0, 1.2, 8.0, 100.0, 1000.0,
    ]  # fmt: skip


def test_squares_are_never_finer_than_a_pixel() -> None:
    assert cell_level(1000, 256 * 2.0**8) == 16
    assert cell_level(1000, 256 * 2.0**16) == 18


def test_what_is_no_tile_and_no_radius_is_refused() -> None:
    with pytest.raises(NoSuchTile):
        heat_tile(CITY, ALL, Q, 1000, DAY, 3, 8, 0)
    with pytest.raises(BadRadius, match="500、1000、2000"):
        read_radius("750")
    assert read_radius("") == 1000
