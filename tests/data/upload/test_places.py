"""To which unit a place belongs: names and codes, towns, boundaries (domain.md §2)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from data.store.engine import Store
from data.upload.places import Gazetteer, Placed, load_gazetteer, locate, place


@pytest.fixture
def gazetteer(sqlite_store: Store) -> Gazetteer:
    with sqlite_store.read() as conn:
        return load_gazetteer(conn)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("环翠区", "371002"),
        ("环翠", "371002"),
        ("威海市环翠区", "371002"),
        ("威海环翠区", "371002"),
        ("山东省环翠区", "371002"),
        ("山东省威海市环翠区", "371002"),
        ("烟台市开发区", None),
        ("高区", "371071"),
        ("经济区", "371072"),
        ("临港区", "371073"),
        ("南海新区", "371090"),
        ("火炬高技术产业开发区（高区）", "371071"),
        ("荣 成 市", "371082"),
        ("371083", "371083"),
        ("371083000", "371083"),
        ("371083000000", "371083"),
        ("烟台市", None),
        ("370600", None),
        ("", None),
    ],
)
def test_units_answer_to_codes_and_names(gazetteer: Gazetteer, text: str, code: str | None) -> None:
    assert gazetteer.district(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("南充市顺庆区", "511302"),
        ("四川省南充市顺庆区", "511302"),
        ("四川南充顺庆", "511302"),
        ("威海市顺庆区", None),
        ("山东省顺庆区", None),
    ],
)
def test_names_of_another_city_stand_behind_its_own_name(text: str, code: str | None) -> None:
    row = {"name": "顺庆区", "short_name": "顺庆", "aliases": [], "is_zone": False}
    other = Gazetteer({"511302": {**row, "county_code": None}}, {}, city_name="南充市")
    assert other.district(text) == code


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("张村镇", "371002"),
        ("张村", "371002"),
        ("371002100", "371002"),
        ("371002100001", "371002"),
        ("怡园街道办事处", "371071"),
        ("怡园", "371071"),
        ("草庙子镇", "371073"),
    ],
)
def test_towns_answer_to_codes_and_names_with_any_ending(
    gazetteer: Gazetteer, text: str, unit: str
) -> None:
    town = gazetteer.town(text)
    assert town is not None
    assert gazetteer.towns[town]["district_code"] == unit


def test_an_unknown_town_is_none(gazetteer: Gazetteer) -> None:
    assert gazetteer.town("火星镇") is None
    assert gazetteer.town("999999999") is None


def test_namesakes_are_told_apart_by_their_county() -> None:
    districts: dict[str, dict[str, Any]] = {
        code: {
            "name": name, "short_name": name, "aliases": [], "is_zone": False, "county_code": None
        }
        for code, name in (("1", "甲县"), ("2", "乙县"))
    }  # fmt: skip
    towns: dict[str, dict[str, Any]] = {
        f"{unit}00000001": {
            "name": "城关镇", "aliases": [], "district_code": unit, "county_code": unit
        }
        for unit in districts
    }  # fmt: skip
    two = Gazetteer(districts, towns)
    assert two.town("城关镇") is None
    assert two.town("城关镇", "2") == "200000001"


def _place(gazetteer: Gazetteer, **known: Any) -> Placed:
    """Decide with what is known; the rest is not."""
    names = ("named", "county_named", "town_named", "zone", "county", "town_found", "nearest")
    arguments = {name: known.get(name) for name in names}
    return place(gazetteer, outside_m=known.get("outside_m", math.inf), **arguments)


@pytest.mark.parametrize(
    ("known", "district", "source"),
    [
        ({"named": "371072", "town_named": "371002100", "county": "371002"}, "371072", "explicit"),
        ({"town_named": "371071004", "zone": "371072", "county": "371002"}, "371071", "town"),
        ({"zone": "371072", "county_named": "371002"}, "371072", "zone_layer"),
        ({"county_named": "371083"}, "371083", "county"),
        ({"county_named": "371071"}, "371071", "explicit"),
        ({"county": "371082", "outside_m": 0.0}, "371082", "county"),
        ({"nearest": "371082", "outside_m": 900.0}, "371082", "county"),
    ],
)
def test_the_unit_then_the_town_then_the_zone_then_the_county(
    gazetteer: Gazetteer, known: dict[str, Any], district: str, source: str
) -> None:
    placed = _place(gazetteer, **known)
    assert (placed.district, placed.source, placed.error) == (district, source, None)


def test_without_any_place_a_row_is_refused(gazetteer: Gazetteer) -> None:
    assert _place(gazetteer).error is not None


@pytest.mark.parametrize(
    ("county", "said"), [("371002", True), ("371003", True), ("371083", False)]
)
def test_a_county_with_zones_may_hold_a_zones_patch(
    gazetteer: Gazetteer, county: str, said: bool
) -> None:
    placed = _place(gazetteer, county_named=county)
    assert any("可能属功能区" in sentence for _, sentence in placed.warnings) == said


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"named": "371002", "county": "371082"}, True),
        ({"named": "371002", "county": "371002"}, False),
        ({"named": "371071", "county": "371002"}, False),
        ({"named": "371002", "county": "371002", "zone": "371071"}, True),
        ({"named": "371073", "county": "371083"}, True),
        ({"named": "371073", "county": "371002"}, False),
        ({"county_named": "371083", "county": "371082"}, True),
        ({"county_named": "371083", "county": "371083"}, False),
    ],
)
def test_a_name_and_a_place_that_disagree_are_said(
    gazetteer: Gazetteer, known: dict[str, Any], said: bool
) -> None:
    placed = _place(gazetteer, outside_m=0.0, **known)
    assert any("位置却在" in sentence for _, sentence in placed.warnings) == said


def test_the_county_is_kept_beside_a_zone(gazetteer: Gazetteer) -> None:
    assert _place(gazetteer, named="371071", county_named="371002").county == "371002"


def test_a_point_lies_in_its_county_and_metres_count_outside_the_city(
    gazetteer: Gazetteer,
) -> None:
    lon = np.array([122.5, 121.0, np.nan])
    lat = np.array([37.15, 36.0, np.nan])
    found = locate(gazetteer, lon, lat, None)
    assert found.county.tolist() == ["371082", None, None]
    assert found.outside_m[0] == 0
    assert found.outside_m[1] > 3_000
    assert math.isnan(found.outside_m[2])
