"""Shapes as alpha: what is seen of them, whatever their size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely

from data.maps.mercator import lat_of, lon_of
from data.maps.overlay import Boxes, Pen, Window, alpha_mask, boxes_of

TILE = (12, 3435, 1590)
PLAIN = Pen(fill=1.0, line=0.0, line_px=1.0)
WINDOW = Window.of_tile(*TILE)


def on_pixels(*corners: tuple[float, float]) -> shapely.Polygon:
    """A polygon by its corners on the tile's pixels."""
    return shapely.Polygon(
        [
            (lon_of(WINDOW.x + x / WINDOW.scale), lat_of(WINDOW.y + y / WINDOW.scale))
            for x, y in corners
        ]
    )


def box(x: float, y: float, right: float, bottom: float) -> shapely.Polygon:
    return on_pixels((x, y), (right, y), (right, bottom), (x, bottom))


def index_of(shapes: Sequence[Any]) -> Boxes:
    polygons = np.array(shapes, dtype=object)
    return boxes_of(range(len(polygons)), shapely.bounds(polygons), polygons)


def drawn(*shapes: Any, pen: Pen = PLAIN, window: Window = WINDOW) -> Any:
    wkb = shapely.to_wkb(np.array(shapes, dtype=object))
    return alpha_mask(index_of(shapes), window, pen, lambda ids: [wkb[i] for i in ids])


def test_a_shape_covers_the_pixels_that_it_covers() -> None:
    alpha = drawn(box(50, 100, 90, 120))
    assert alpha.shape == (256, 256)
    assert alpha[101:119, 51:89].min() == 255
    outside = alpha.copy()
    outside[99:122, 49:92] = 0
    assert outside.max() == 0


def test_a_hole_is_clear_and_what_lies_in_it_is_drawn_whichever_comes_first() -> None:
    outer, hole, island = box(20, 20, 120, 120), box(40, 40, 100, 100), box(60, 60, 80, 80)
    ring = outer.difference(hole)
    for shapes in ((ring, island), (island, ring)):
        alpha = drawn(*shapes)
        assert alpha[30, 30] == 255
        assert alpha[50, 50] == 0, "the hole is filled"
        assert alpha[70, 70] == 255, "the hole wiped out what lies in it"


def test_many_features_below_a_pixel_cover_their_share_and_no_shape_is_read() -> None:
    """100 fields of a tenth of a pixel's area each: ten pixels' worth in all."""
    side = 0.1**0.5
    fields = [box(x, y, x + side, y + side) for x in range(30, 40) for y in range(30, 40)]

    def unread(ids: Sequence[int]) -> list[bytes]:
        raise AssertionError("shapes were read")

    alpha = alpha_mask(index_of(fields), WINDOW, PLAIN, unread)
    assert alpha.sum() / 255 == pytest.approx(10, rel=0.05)
    assert (int(np.count_nonzero(alpha)), int(alpha.max())) == (100, 26)


@pytest.mark.parametrize("side", [0.9, 2.9, 3.1, 5.0])
def test_a_feature_weighs_its_area_just_below_and_above_the_size_of_a_shape(side: float) -> None:
    """Side 2.9 is spread over its box, 3.1 is drawn: neither jumps out."""
    corners = [(x, y) for x in range(20, 200, 30) for y in range(20, 200, 30)]
    squares = [
        box(x + off, y + off, x + off + side, y + off + side)
        for off, (x, y) in zip(np.linspace(0, 1, 36), corners, strict=True)
    ]
    area = drawn(*squares).sum() / 255 / 36
    assert area == pytest.approx(side**2, rel=0.03)


def test_two_tiles_meet_without_a_seam() -> None:
    z, x, y = TILE
    shape = on_pixels((200, 30), (300, 80), (310, 200), (190, 220))
    pen = Pen(fill=0.3, line=0.9, line_px=1.0)
    both = drawn(shape, pen=pen, window=Window(WINDOW.x, WINDOW.y, WINDOW.scale, 512, 256))
    left = drawn(shape, pen=pen)
    right = drawn(shape, pen=pen, window=Window.of_tile(z, x + 1, y))
    # a cut line may be off by a fraction of a pixel, and no more
    assert np.abs(np.hstack([left, right]).astype(int) - both).max() <= 20


def test_a_boundary_is_a_line_and_leaves_its_inside_clear() -> None:
    alpha = drawn(box(50, 50, 200, 200), pen=Pen(fill=0.0, line=1.0, line_px=2.0))
    assert alpha[125, 125] == 0
    assert alpha[125, 49:52].max() == 255
    assert alpha[125, 198:202].max() == 255


def test_a_shape_far_larger_than_the_tile_fills_it_and_has_no_line_at_its_edge() -> None:
    land = shapely.box(100, 20, 140, 50)
    alpha = drawn(
        land,
        pen=Pen(fill=0.5, line=1.0, line_px=2.0),
        window=Window.of_tile(22, *(v << 10 for v in TILE[1:])),
    )
    assert set(np.unique(alpha)) == {128}


def test_nothing_there_is_nothing_drawn() -> None:
    assert drawn().max() == 0
    assert drawn(shapely.box(0, 0, 1, 1)).max() == 0
