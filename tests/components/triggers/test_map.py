"""The way from a trigger to the map of what it is about."""

from __future__ import annotations

import pytest

from components.links import read_search
from components.triggers.map import map_href
from data.maps.measures import MAP_MEASURES
from data.trigger_row import Trigger
from tests.triggers_of import trigger

PAGE = {"year": "2023", "asof": "2023-06-10", "rule": "T3", "against": "2023-05-01"}


def asked(*group: Trigger, page: dict[str, str] = PAGE) -> dict[str, str]:
    address = map_href(group, page)
    assert address is not None
    path, _, search = address.partition("?")
    assert path == "/heatmap"
    return read_search(search)


def test_the_map_keeps_day_and_district_and_leaves_what_is_the_other_pages() -> None:
    frame = {"year": "2023", "asof": "2023-06-10", "district": "371002"}
    assert asked(trigger("T3")) == {**frame, "measure": "remaining_farmland_mu"}
    city = trigger("T3", subject="371000", district=None)
    assert "district" not in asked(city)


@pytest.mark.parametrize(
    ("about", "measure"),
    [
        ("redline+basic_farmland+redline", "remaining_redline_mu"),
        ("basic_farmland+basic_farmland+redline", "remaining_basic_farmland_mu"),
        ("ratio_net+redline+basic_farmland+redline", "remaining_farmland_mu"),
        ("remaining", "remaining_mu"),
        ("unrectified", "remaining_farmland_mu"),
    ],
)
def test_the_map_shows_what_weighs_most(about: str, measure: str) -> None:
    assert asked(trigger("T11", about=about))["measure"] == measure
    assert measure in MAP_MEASURES


def test_months_of_overdue_patches_are_those_of_the_card() -> None:
    months = [trigger("T1", period=f"2023-0{m}", about="overdue") for m in (4, 3, 3)]
    found = asked(*months)
    assert (found["measure"], found["months"]) == ("overdue", "2023-03,2023-04")


@pytest.mark.parametrize("about", ["returned", "mineral", "none", ""])
def test_what_no_measure_shows_leads_to_no_map(about: str) -> None:
    assert map_href([trigger("T2", about=about)], PAGE) is None


def test_a_patch_has_its_map_on_its_own_page() -> None:
    assert map_href([trigger("T6", subject="A1", about="ratio_net", key="")], PAGE) is None
