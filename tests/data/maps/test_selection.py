"""A part of the map chosen by hand."""

from __future__ import annotations

import pytest

from data.maps.question import MapQuestion
from data.maps.selection import BadOutline, points_within, read_outline, read_selection
from data.scope import Scope
from data.store.engine import Store
from tests.data.maps.worlds import cube_of, small_year


def test_an_outline_or_a_box_or_neither() -> None:
    assert read_selection({}) is None
    box = read_selection({"bbox": "1,2,3,4"})
    assert box is not None
    assert box.outline is None
    outline = read_selection({"poly": "1,2;3,2;3,4", "bbox": "0,0,9,9"})
    assert outline is not None
    assert outline.box == (1.0, 2.0, 3.0, 4.0)


@pytest.mark.parametrize(
    "text",
    ["", "1,2;3,4", "1,2;3,4;x,y", "1,2;3,4;5", "1,2;3,4;nan,1", "181,2;3,4;5,1", "1,86;3,4;5,1",
     "1,1;2,2;3,3", "1,1;1,1;1,1", ";".join(f"{i / 9},{i % 7}" for i in range(501))],
)  # fmt: skip
def test_an_outline_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadOutline, match="圈选"):
        read_outline(text)


def test_a_hand_that_crosses_its_own_line_holds_both_loops(sqlite_store: Store) -> None:
    small_year(sqlite_store)
    with sqlite_store.read() as conn:
        cube = cube_of(conn)
        eight = read_outline("121.95,37.05;122.15,37.45;121.95,37.45;122.05,37.05")
        question = MapQuestion(2023, sqlite_store.settings.today(), measure="patches")
        found = points_within(cube, Scope.all(), question, eight)
        names = {round(float(lat), 1) for lat in found.lat}
    assert names <= {37.1, 37.4}
    assert 37.1 in names


def test_an_outline_holds_what_lies_inside_and_not_what_lies_in_its_box(
    sqlite_store: Store,
) -> None:
    small_year(sqlite_store)
    with sqlite_store.read() as conn:
        cube = cube_of(conn)
        question = MapQuestion(2023, sqlite_store.settings.today(), measure="patches")
        # a triangle whose box holds B1 (122.0, 37.1) and whose inside does not
        corner = read_outline("122.0,37.5;122.2,37.5;122.2,37.0")
        found = points_within(cube, Scope.all(), question, corner)
    assert len(found) == 0 or min(found.lat) > 37.2
    assert len(found) == 4
