"""The patches of a part of the map: the list holds what the square and the outline said."""

from __future__ import annotations

from typing import Any

import flask
import pytest

from callbacks.frame import faults
from callbacks.heatmap import patches as heatmap_patches
from callbacks.heatmap.patches import _page, headline
from callbacks.lists.said import filter_sentences
from callbacks.lists.view import ListView, new_search, read_view, rows_response, selected_rows
from data.services import Services
from data.store.engine import Store
from tests.data.maps.worlds import small_year

ON = "?year=2023&asof=2023-08-01"
NORTH = "bbox=122.05,37.35,122.15,37.45"


@pytest.fixture
def services(sqlite_store: Store) -> Services:
    small_year(sqlite_store)
    return Services(sqlite_store.settings, sqlite_store)


@pytest.fixture
def client(services: Services) -> Any:
    server = flask.Flask("maps")
    heatmap_patches.register_routes(server, services)
    faults.in_routes(server)
    return server.test_client()


def view_of(services: Services, search: str) -> ListView:
    with services.store.read() as conn:
        return read_view(conn, services.settings, _page(services), search)


def numbers(services: Services, search: str) -> list[str]:
    with services.store.read() as conn:
        found = rows_response(conn, services.settings, _page(services), search, {})
    assert found.total == len(found.rows)
    return sorted(row["patch_no"] for row in found.rows)


@pytest.mark.parametrize(
    ("place", "listed"),
    [
        (NORTH, ["A2"]),
        ("poly=122.05,37.35;122.15,37.35;122.15,37.45;122.05,37.45", ["A2"]),
        ("poly=121.9,37.0;122.05,37.0;122.05,37.2;121.9,37.2", ["B1"]),
        ("nowhere=1", ["N1"]),
        ("", ["A2", "B1", "N1"]),
        (f"{NORTH}&measure=patches", ["A1", "A2", "A3", "A4"]),
        (f"{NORTH}&against=2023-06-01", ["A1"]),
        (f"{NORTH}&measure=overdue&type=mineral", []),
    ],
)
def test_the_list_holds_the_patches_of_the_question_at_the_place(
    services: Services, client: Any, place: str, listed: list[str]
) -> None:
    search = f"{ON}&{place}"
    assert numbers(services, search) == listed
    said = client.get(f"/heatmap/first.json{search}").json
    assert said["patches"] == len(listed)
    assert {patch["patch_no"] for patch in said["first"]} <= set(listed)


def test_the_sentence_says_where_what_and_how_much(services: Services) -> None:
    with services.store.read() as conn:
        assert headline(conn, view_of(services, f"{ON}&nowhere=1")) == (
            "截至8月1日，没有位置的图斑，未消除违法占用耕地：1个图斑，合计5.00亩"
        )
        assert headline(conn, view_of(services, f"{ON}&nowhere=1&q=X9")) == (
            "截至8月1日，没有位置的图斑，未消除违法占用耕地：其中0个图斑（筛选：搜索：X9）"
        )


def test_the_list_has_the_maps_measure_as_its_own_column(services: Services) -> None:
    view = view_of(services, f"{ON}&measure=unlawful_basic_farmland_mu")
    assert view.columns[1].title == "违法占用永久基本农田（亩）"
    assert view.columns[1].fixed


def test_the_place_stays_when_the_lists_own_filters_change(services: Services) -> None:
    view = view_of(services, f"{ON}&{NORTH}&measure=patches")
    search = new_search(view, text="A")
    assert "bbox=122.05,37.35,122.15,37.45" in search
    assert "measure=patches" in search
    assert numbers(services, search) == ["A1", "A2", "A3", "A4"]
    assert "measure=patches" in view.bare_search


def test_a_row_that_is_not_listed_cannot_be_selected(services: Services) -> None:
    everything = view_of(services, f"{ON}&measure=patches")
    assert everything.chosen is not None
    with services.store.read() as conn:
        _, rows = selected_rows(
            conn, services.settings, _page(services), f"{ON}&{NORTH}", everything.chosen.ids or ()
        )
    assert [row["patch_no"] for row in rows] == ["A2"]


def test_the_workbook_says_what_was_chosen(services: Services, client: Any) -> None:
    sentences = filter_sentences(view_of(services, f"{ON}&{NORTH}&months=2023-05"), {})
    assert sentences[0].startswith("东经122.05–122.15°、北纬37.35–37.45°范围内")
    assert "月清月份：5月" in sentences
    answer = client.get(f"/export/heatmap/patches.xlsx{ON}&{NORTH}")
    assert answer.status_code == 200
    assert answer.data[:2] == b"PK"


def test_a_place_that_is_none_is_named_on_the_list_and_refused_to_the_map(
    services: Services, client: Any
) -> None:
    for wrong in ("bbox=1,2,3", "poly=1,2;3,4", "poly=1,1;2,2;3,3", "poly=a,b;c,d;e,f"):
        view = view_of(services, f"{ON}&{wrong}")
        assert "已改为列出全部范围" in view.problems[0]
        assert client.get(f"/heatmap/first.json{ON}&{wrong}").status_code == 400


def test_a_card_names_the_largest_first_and_leads_to_the_list(client: Any) -> None:
    said = client.get(f"/heatmap/first.json{ON}").json
    assert [patch["patch_no"] for patch in said["first"]] == ["N1", "B1", "A2"]
    assert said["text"] == "12.00亩"
    assert said["first"][0]["href"] == "/patches/2023/N1?year=2023&asof=2023-08-01"
    assert said["list"] == "/heatmap/patches?year=2023&asof=2023-08-01"
    assert client.get(f"/heatmap/first.json{ON}&district=371003").json["patches"] == 1


def test_the_list_is_the_same_on_both_databases(store: Store) -> None:
    small_year(store)
    services = Services(store.settings, store)
    assert numbers(services, f"{ON}&{NORTH}&measure=patches") == ["A1", "A2", "A3", "A4"]
    assert numbers(services, f"{ON}&{NORTH}&measure=unlawful_redline_mu&months=2022-01") == []
