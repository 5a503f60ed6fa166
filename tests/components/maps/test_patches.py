"""Patches as shapes, points, and counted cells."""

from __future__ import annotations

from typing import Any

import shapely

from components.maps.patches import bin_features, bin_steps, patch_features
from components.maps.shapes import simplified_geometry

ROW: dict[str, Any] = {
    "id": 1, "patch_no": "P<1>", "lon": 122.1, "lat": 37.4, "geom": None, "overdue": True,
    "days_overdue": 30, "area_mu": 12.0, "legality": "pending", "district_code": "371002",
}  # fmt: skip
SQUARE = shapely.to_wkb(shapely.box(122.0, 37.0, 122.1, 37.1))


def test_a_patch_is_drawn_with_its_shape_or_as_a_point() -> None:
    point, shape = patch_features([ROW, ROW | {"geom": SQUARE}])["features"]
    assert point["geometry"] == {"type": "Point", "coordinates": [122.1, 37.4]}
    assert point["properties"]["hint"] == "P<1>：12.00亩，逾期30天"
    assert shape["geometry"]["type"] == "Polygon"
    assert (point["properties"]["kind"], shape["properties"]["kind"]) == ("point", "shape")


def cell(count: int) -> dict[str, Any]:
    return {"count": count, "area_mu": 1.0, "box": (122.0, 37.0, 122.1, 37.1)}


def test_classes_of_cells_cover_every_count_without_gap() -> None:
    assert bin_steps([cell(1), cell(40)]) == [(1, 2), (3, 8), (9, 26), (27, 40)]
    assert bin_steps([cell(1)]) == [(1, 1)]
    assert bin_steps([]) == []


def test_a_fuller_cell_is_drawn_more_strongly() -> None:
    few, many = bin_features([cell(1), cell(40)])["features"]
    assert 0 < few["properties"]["strength"] < many["properties"]["strength"] == 1
    assert many["properties"]["hint"] == "40个图斑，1.00亩"


def test_boundaries_are_simplified_below_a_pixel() -> None:
    circle = shapely.Point(122.0, 37.0).buffer(0.2, quad_segs=500)
    drawn = simplified_geometry(shapely.to_wkb(circle))
    assert 20 < len(drawn["coordinates"][0]) < 200
    assert abs(shapely.geometry.shape(drawn).area / circle.area - 1) < 0.01
