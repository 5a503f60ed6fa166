"""逾期图斑: the sentence, the page, and the map in step with the list."""

from __future__ import annotations

from typing import Any

import pytest

from callbacks import overdue
from callbacks.lists import map as list_map
from callbacks.lists.page import render_list
from callbacks.lists.view import read_view
from components import ids
from components.maps import patches as drawn
from data.services import Services
from tests.callbacks.listed import HUANCUI, ON, WENDENG, below, text_of


def sentence(services: Services, search: str) -> str:
    with services.store.read() as conn:
        view = read_view(conn, services.settings, overdue.PAGE, search)
        return overdue.headline(conn, view)


def on_map(services: Services, search: str, zoom: float = 10) -> tuple[dict[str, Any], Any]:
    with services.store.read() as conn:
        view = read_view(conn, services.settings, overdue.PAGE, search)
        return list_map.map_content(conn, view, (121.0, 36.5, 123.0, 38.0), zoom)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (ON, "截至6月10日，3个图斑逾期未上报，最长已逾期47天；环翠区最多（2个）"),
        (f"{ON}&district={WENDENG}", "截至6月10日，文登区1个图斑逾期未上报，最长已逾期17天"),
        ("?year=2023&asof=2023-05-01", "截至5月1日，1个图斑逾期未上报，最长已逾期7天，都在环翠区"),
        ("?year=2023&asof=2023-04-10", "截至4月10日，还没有到期的图斑"),
        ("?year=2023&asof=2023-01-02", "截至1月2日，全市还没有下发图斑，尚无数据，不能判断"),
        (
            f"?year=2023&asof=2023-04-10&district={HUANCUI}",
            "截至4月10日，环翠区还没有到期的图斑",
        ),
    ],
)
def test_the_sentence_says_how_many_how_long_and_where(
    services: Services, search: str, expected: str
) -> None:
    assert sentence(services, search) == expected


def test_the_page_holds_the_filters_of_its_address(services: Services) -> None:
    search = f"{ON}&month=2023-05&q=双岛&sort=area_mu:asc&f.area_mu=gte:5"
    with services.store.read() as conn:
        page = render_list(conn, services.settings, overdue.PAGE, ids.Overdue, search, overdue.TOP)
    by_id = {getattr(c, "id", None): c for c in below(page)}
    assert by_id["overdue-month"].value == "2023-05"
    assert by_id["overdue-text"].value == "双岛"
    assert by_id["overdue-town"].value == "all"
    grid = by_id["overdue-grid"]
    assert grid.filterModel["area_mu"]["filter"] == 5
    assert {c["field"]: c.get("sort") for c in grid.columnDefs}["area_mu"] == "asc"
    assert by_id["overdue-export"].href.startswith("/export/overdue.xlsx?year=2023")
    assert by_id["overdue-query"].data == search


def test_what_the_address_says_wrongly_is_said(services: Services) -> None:
    with services.store.read() as conn:
        page = render_list(
            conn,
            services.settings,
            overdue.PAGE,
            ids.Overdue,
            f"{ON}&month=2023-13&district=999999",
            overdue.TOP,
        )
    words = text_of(page)
    assert "month=2023-13" in words
    assert "没有区市“999999”" in words


def test_the_map_shows_the_lists_patches(services: Services) -> None:
    data, legend = on_map(services, ON)
    assert [f["properties"]["patch_no"] for f in data["features"]] == ["A/1", "B1"]
    assert "2" in text_of(legend)
    data, _ = on_map(services, f"{ON}&q=双岛")
    assert [f["properties"]["kind"] for f in data["features"]] == ["point"]
    data, _ = on_map(services, f"{ON}&q=双岛", zoom=drawn.SHAPE_ZOOM)
    assert [f["properties"]["kind"] for f in data["features"]] == ["shape"]


def test_too_many_patches_become_counted_cells(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_map, "MOST_FEATURES", 1)
    data, legend = on_map(services, ON)
    assert {f["properties"]["kind"] for f in data["features"]} == {"bin"}
    assert "每格图斑数" in text_of(legend)
