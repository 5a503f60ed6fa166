"""Shapes and names for the maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from sqlalchemy import insert

from data.store.models import ReferenceFeature
from data.store.queries.places import district_shapes, town_labels, towns, unit_shapes
from tests.data.store.queries.stored import put_upload

if TYPE_CHECKING:
    from data.store.engine import Store


def _feature(layer: str, batch: int | None, name: str, code: str = "370000") -> dict[str, object]:
    return {
        "layer": layer, "batch_id": batch, "code": code, "name": name, "min_lon": 122.0,
        "min_lat": 37.0, "max_lon": 122.2, "max_lat": 37.1,
        "geom": shapely.to_wkb(shapely.box(122.0, 37.0, 122.2, 37.1)),
    }  # fmt: skip


def test_a_new_store_has_four_indicative_counties(store: Store) -> None:
    with store.read() as conn:
        shapes = district_shapes(conn)
    assert [s["code"] for s in shapes] == ["371002", "371003", "371082", "371083"]
    assert all(s["is_indicative"] for s in shapes)
    assert all(shapely.from_wkb(s["geom"]).is_valid for s in shapes)


def test_an_uploaded_boundary_stands_beside_the_indicative_ones(store: Store) -> None:
    with store.write() as conn:
        conn.execute(
            insert(ReferenceFeature), [_feature("districts", put_upload(conn), "高区", "371071")]
        )
    with store.read() as conn:
        shapes = {s["code"]: s["is_indicative"] for s in district_shapes(conn)}
    assert len(shapes) == 5
    assert [code for code, indicative in shapes.items() if not indicative] == ["371071"]


def test_towns_are_named_on_the_map_once_their_boundaries_are_uploaded(store: Store) -> None:
    with store.read() as conn:
        assert town_labels(conn) == []
        known = towns(conn)
    assert {"code", "name", "district_code"} == set(known[0])
    with store.write() as conn:
        conn.execute(insert(ReferenceFeature), [_feature("towns", put_upload(conn), "张村镇")])
    with store.read() as conn:
        assert town_labels(conn) == [{"name": "张村镇", "lon": 122.1, "lat": 37.05}]


def test_a_zone_without_a_shape_is_drawn_by_its_towns(store: Store) -> None:
    with store.read() as conn:
        assert len(unit_shapes(conn)) == 4
        zone = next(t for t in towns(conn) if t["district_code"] == "371071")
    with store.write() as conn:
        batch = put_upload(conn)
        conn.execute(
            insert(ReferenceFeature), [_feature("towns", batch, zone["name"], zone["code"])]
        )
    with store.read() as conn:
        *counties, drawn = unit_shapes(conn)
    assert [s["code"] for s in counties] == ["371002", "371003", "371082", "371083"]
    assert drawn["code"] == "371071"
    assert shapely.from_wkb(drawn["geom"]).equals(shapely.box(122.0, 37.0, 122.2, 37.1))
