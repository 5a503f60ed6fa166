"""The map without a tile server."""

from __future__ import annotations

from typing import Any

import dash_leaflet as dl
import shapely

from components.maps.base import (
    CITY_BOUNDS,
    Tiles,
    bounds_from_leaflet,
    city_bounds,
    district_bounds,
    district_map,
    leaflet_bounds,
    source_line,
    with_imagery,
)

HUANCUI = {
    "code": "371002", "name": "环翠区", "is_indicative": True,
    "geom": shapely.to_wkb(shapely.box(122.0, 37.3, 122.4, 37.6)),
}  # fmt: skip


def props(component: Any) -> list[Any]:
    """The component and all below it."""
    children = getattr(component, "children", None)
    below = children if isinstance(children, list) else [children] if children is not None else []
    return [component, *(c for child in below for c in props(child))]


def kinds(component: Any) -> list[str]:
    return [type(c).__name__ for c in props(component)]


def test_a_map_needs_no_tile_server() -> None:
    drawn = district_map("m", [HUANCUI], label="地图")
    assert "TileLayer" not in kinds(drawn)
    assert {"ScaleControl", "GeoJSON"} <= set(kinds(drawn))
    assert "北" in props(drawn)


def test_tiles_are_used_where_they_are_set() -> None:
    tiles = Tiles("https://tiles.intranet/{z}/{x}/{y}.png", "天地图")
    drawn = district_map("m", [HUANCUI], label="地图", tiles=tiles)
    (layer,) = [c for c in props(drawn) if type(c).__name__ == "TileLayer"]
    assert layer.url == tiles.url
    assert "底图：天地图" in source_line([HUANCUI], tiles)


def test_a_layer_stands_above_the_pictures_of_the_ground_where_there_are_some() -> None:
    layer = dl.GeoJSON()
    assert with_imagery(layer, []) == [layer]
    hook, pane = with_imagery(layer, [{"url": "/b", "label": "前"}, {"url": "/a", "label": "后"}])
    assert pane.children is layer
    (known,) = vars(hook)["data"]["features"]
    assert [picture["label"] for picture in known["properties"]["pictures"]] == ["前", "后"]


def test_the_source_says_whether_the_boundary_is_indicative() -> None:
    assert "示意" in source_line([HUANCUI])
    assert source_line([HUANCUI | {"is_indicative": False}]) == "区市界：市局上传"
    assert "请上传" in source_line([])


def test_the_view_is_the_city_as_its_boundaries_have_it() -> None:
    west, south, east, north = city_bounds([HUANCUI])
    assert west < 122.0
    assert south < 37.3
    assert east > 122.4
    assert north > 37.6
    assert city_bounds([]) == CITY_BOUNDS
    assert district_bounds([HUANCUI], "371002") == (west, south, east, north)
    assert district_bounds([HUANCUI], "371071") is None  # a zone without a boundary


def test_bounds_survive_the_way_to_leaflet_and_back() -> None:
    assert bounds_from_leaflet(leaflet_bounds(CITY_BOUNDS)) == CITY_BOUNDS
    assert bounds_from_leaflet(None) is None


def test_a_map_without_any_boundary_still_draws() -> None:
    assert "MapContainer" in kinds(district_map("m", [], label="地图"))
