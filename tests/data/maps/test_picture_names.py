"""Which names stand on a map picture, and where."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from matplotlib.figure import Figure

from data.maps.picture import window_for
from data.maps.picture_layers import Sheet
from data.maps.picture_names import Name, _districts, without_overlap
from data.maps.picture_page import Page
from data.store.engine import Store
from data.vocabulary import ReferenceLayer
from tests.data.maps.layers import put_layer
from tests.data.maps.test_picture import NEAR_A, drawn, spec
from tests.data.maps.worlds import small_year
from tests.data.store.queries.stored import put_patch, summarise

#: Around A…, and hardly more than a line.
TOWN = shapely.box(122.085, 37.385, 122.115, 37.415)
SLIVER = shapely.box(122.0, 37.39, 122.2, 37.39002)


def sheet() -> Sheet:
    """800 × 600 pixels, ten a millimetre."""
    window, box = window_for(NEAR_A, 800, 600)
    return Sheet(Figure().add_subplot(), window, box, 10.0)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every name that is put on the map."""
    words: list[str] = []
    monkeypatch.setattr(
        "data.maps.picture_names._draw", lambda page, sheet, name: words.append(name.text)
    )
    return words


def test_of_names_that_collide_the_larger_stays() -> None:
    names = [
        Name("小镇", 200, 150, 6.5, 1.0),
        Name("大镇", 210, 155, 6.5, 2.0),
        Name("远镇", 200, 250, 6.5, 0.5),
        Name("某区", 190, 160, 8.5, 0.1),
    ]
    assert [name.text for name in without_overlap(names, sheet())] == ["某区", "远镇"]
    assert [name.text for name in without_overlap(names[:3], sheet())] == ["大镇", "远镇"]


@pytest.mark.parametrize(
    ("x", "y"), [(795, 150), (200, 2), (770, 40), (60, 580)], ids=["edge", "top", "north", "scale"]
)
def test_no_name_stands_over_the_edge_the_arrow_or_the_scale_bar(x: float, y: float) -> None:
    assert without_overlap([Name("镇", x, y, 6.5, 1.0)], sheet()) == []


def test_towns_are_named_inside_their_boundaries_unless_hardly_anything_is_seen_of_them(
    sqlite_store: Store, named: list[str]
) -> None:
    put_layer(sqlite_store, ReferenceLayer.TOWNS, {"1": TOWN, "2": SLIVER})
    drawn(sqlite_store, spec(box=NEAR_A))
    assert "名1" in named
    assert "名2" not in named
    named.clear()
    drawn(sqlite_store, spec())  # the whole city
    assert {"环翠区", "文登区"} <= set(named)
    assert not {"名1", "名2"} & set(named)


def test_without_boundaries_a_town_is_named_amid_its_patches_and_the_legend_says_so(
    sqlite_store: Store, named: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_year(sqlite_store)
    with sqlite_store.write() as conn:
        for number in range(5):
            at: dict[str, Any] = {"lon": 122.09 + number / 1000, "lat": 37.39}
            put_patch(conn, f"T{number}", town_code="371002001", **at)
        put_patch(conn, "U1", town_code="371002002", lon=122.1, lat=37.41)
        summarise(conn)
    said: list[str] = []
    put = Page.text

    def kept(self: Any, x: float, y: float, words: str, *more: Any, **look: Any) -> None:
        said.append(words)
        put(self, x, y, words, *more, **look)

    monkeypatch.setattr(Page, "text", kept)
    drawn(sqlite_store, spec(box=NEAR_A))
    assert "环翠楼街道" in named
    assert "鲸园街道" not in named  # one patch does not say where a town is
    assert "".join(said).count("乡镇名标在其图斑的中部") == 1
    said.clear()
    drawn(sqlite_store, spec(box=(121.0, 36.0, 123.0, 38.0)))
    assert "乡镇名" not in "".join(said)


@pytest.mark.parametrize(("share", "in_corner"), [(0.7, False), (1.0, True)])
def test_a_district_has_its_name_in_the_corner_only_where_no_other_is_there(
    share: float, in_corner: bool
) -> None:
    page = sheet()
    west, south, east, north = page.box
    between = west + share * (east - west)
    shapes = [
        {
            "code": "a",
            "name": None,
            "geom": shapely.to_wkb(shapely.box(west, south, between, north)),
        },
        {
            "code": "b",
            "name": None,
            "geom": shapely.to_wkb(shapely.box(between, south, east, north)),
        },
    ]
    large = next(
        n for n in _districts(page, shapes, {"a": "大区", "b": "小区"}) if n.text == "大区"
    )
    assert large.corner == in_corner
    if not in_corner:
        assert large.x == pytest.approx(share / 2 * page.window.width)
