"""违法占用: its sentence and sums are the figures, whatever the question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from dash.development.base_component import Component

from callbacks.heatmap.page import render, with_own
from callbacks.heatmap.said import in_view, read_view
from components import ids
from data.periods import shown_days
from data.scope import Scope
from data.services import Services
from data.store.engine import Store
from data.store.queries.figures import figures
from tests.callbacks.year_2023 import fill
from tests.components.drawn import attribute, below, classed, links_of, rows_of, text_of
from tests.data.maps.worlds import small_year

ON = "?year=2023&asof=2023-08-01"
#: Around the A… of small_year.
NORTH = (122.05, 37.35, 122.15, 37.45)


@pytest.fixture
def services(sqlite_store: Store) -> Services:
    small_year(sqlite_store)
    return Services(sqlite_store.settings, sqlite_store)


def drawn(services: Services, search: str = ON) -> list[Component]:
    with services.store.read() as conn:
        return render(conn, services, search)


def sums(
    services: Services, search: str = ON, box: Any = NORTH
) -> tuple[list[list[str]], str, dict[str, str]]:
    with services.store.read() as conn:
        table, note = in_view(read_view(conn, services, search), box)
    return rows_of(table)[1:], note, links_of(table)


def test_the_sentence_says_how_much_and_where_most_of_it_is(services: Services) -> None:
    page = drawn(services)
    assert text_of(page[0].children[0]) == (
        "截至8月1日，全市未消除违法占用耕地12.00亩，最集中处：文登区（4.00亩，1个图斑）"
    )
    assert "其中1个没有位置，未上图（5.00亩）" in text_of(page[0])


def test_the_key_figures_are_those_of_the_figures(services: Services) -> None:
    with services.store.read() as conn:
        city = figures(conn, Scope.all(), 2023, date(2023, 8, 1))["city"]
    values = [text_of(v).split()[0] for v in classed(drawn(services), "key-value")]
    assert values[0] == f"{city['remaining_farmland_mu']:.2f}"
    assert values[4] == str(city["overdue"])
    assert len(values) == 5


def test_what_is_in_view_outside_and_nowhere_adds_up_to_the_whole(services: Services) -> None:
    rows, note, links = sums(services)
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["当前视图内", "3.00亩", "1"],
        ["视图以外", "4.00亩", "1"],
        ["没有位置", "5.00亩", "1"],
        ["全市合计", "12.00亩", "3"],
    ]
    assert note == ""
    assert any("nowhere=1" in address for address in links.values())


def test_an_empty_view_says_why_and_what_to_do(services: Services) -> None:
    _, note, _ = sums(services, box=(120.0, 36.0, 120.1, 36.1))
    assert "当前视图内没有未消除违法占用耕地" in note
    _, note, _ = sums(services, f"{ON}&measure=unlawful_redline_mu")
    assert "可以换一个指标" in note
    _, note, _ = sums(services, f"{ON}&months=2023-03")
    assert "请放宽月份或图斑类型" in note
    _, note, _ = sums(services, f"{ON}&against=2023-08-01")
    assert "两个时段之间没有变化" in note


def test_a_difference_has_signs(services: Services) -> None:
    page = drawn(services, f"{ON}&against=2023-06-01")
    assert text_of(page[0].children[0]).endswith("与6月1日相比减少2.00亩")
    rows, _, _ = sums(services, f"{ON}&against=2023-06-01")
    assert rows[0][1].strip() == "−2.00亩"
    assert rows[-1][1].strip() == "−2.00亩"


def test_an_earlier_day_is_shown_and_said_and_goes_along_into_the_lists(
    services: Services,
) -> None:
    page = drawn(services, f"{ON}&day=2023-06-30")
    text = text_of(page[0])
    assert "截至6月30日，全市未消除违法占用耕地14.00亩" in text
    assert "显示6月30日的情况（基准日8月1日）" in text
    _, _, links = sums(services, f"{ON}&day=2023-06-30")
    assert all("asof=2023-06-30" in address for address in links.values())


def test_the_table_of_units_adds_up_and_names_what_has_no_boundary(services: Services) -> None:
    (table,) = [
        p
        for p in below(drawn(services))
        if "units-table" in str(p.className if hasattr(p, "className") else "")
    ][:1]
    rows = [[cell.strip() for cell in row] for row in rows_of(table)]
    assert rows[1][:3] == ["环翠区", "8.00亩", "66.7%"]
    assert ["文登区", "4.00亩", "33.3%"] in [row[:3] for row in rows]
    assert rows[-1][:2] == ["合计", "12.00亩"]
    assert "无边界" in text_of(table)


def test_a_wrong_part_of_the_address_is_named(services: Services) -> None:
    page = drawn(services, f"{ON}&measure=gold&layer=globe")
    text = text_of(classed(page, "error-panel"))
    assert "没有指标“gold”" in text
    assert "remaining_farmland_mu" not in text  # the box offers the measures in words
    assert "没有图层“globe”" in text


def test_a_year_without_patches_says_what_to_upload(sqlite_store: Store) -> None:
    page = drawn(Services(sqlite_store.settings, sqlite_store), "")
    assert "地图还是空的" in text_of(page)
    assert any(address.startswith("/upload") for address in links_of(page).values())


def test_a_district_has_its_own_sums_only(services: Services) -> None:
    rows, _, _ = sums(services, f"{ON}&district=371003")
    assert rows[-1][0].strip() == "文登区合计"
    assert rows[-1][1].strip() == "4.00亩"
    page = drawn(services, f"{ON}&district=371003")
    assert "环翠区" not in text_of(classed(page, "heatmap-units"))


def test_hot_spots_are_buttons_that_carry_their_place(services: Services) -> None:
    (first, *_) = classed(drawn(services), "spot")
    west, south, east, north = map(float, str(attribute(first, "data-box")).split(","))
    assert west < 122.0 < east
    assert south < 37.1 < north
    assert "4.00亩" in text_of(first)


def test_the_days_are_the_month_ends_up_to_the_as_of_date() -> None:
    days = shown_days(2023, date(2023, 4, 15))
    assert days == [date(2023, 1, 31), date(2023, 2, 28), date(2023, 3, 31), date(2023, 4, 15)]
    assert shown_days(2023, date(2024, 3, 1))[-2:] == [date(2023, 12, 31), date(2024, 3, 1)]


def test_the_pages_part_replaces_what_the_address_had() -> None:
    search = "?year=2023&district=371002&measure=overdue&view=1,2,3,4"
    assert with_own(search, "measure=suspected") == "?year=2023&district=371002&measure=suspected"


def test_the_page_is_the_same_on_both_databases(store: Store) -> None:
    fill(store)
    services = Services(store.settings, store)
    page = drawn(services, "?year=2023&asof=2023-06-10")
    assert "全市未消除违法占用耕地2.00亩" in text_of(page[0])


def test_pictures_of_the_ground_are_offered_where_both_are_set(services: Services) -> None:
    assert "前后影像" not in text_of(drawn(services))
    before = replace(services.settings, imagery_before_url="http://10.0.0.1/b/{z}/{x}/{y}")
    assert before.imagery == []
    both = replace(before, imagery_after_url="http://10.0.0.1/a/{z}/{x}/{y}")
    assert [picture["label"] for picture in both.imagery] == ["前时相", "后时相"]
    options = [
        text_of(option["label"])
        for part in below(drawn(Services(both, services.store)))
        if getattr(part, "id", None) == ids.Heatmap.OVERLAYS
        for option in part.options
    ]
    assert any("前后影像" in text for text in options)
