"""The address of a list says all that the list shows, and survives whatever stands in it."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.lists.address import (
    ListAddress,
    filters_from_grid,
    filters_to_grid,
    read_address,
    sort_from_columns,
    sort_from_grid,
    write_address,
)
from data.store.queries.list_filters import ColumnFilter, Operator
from data.vocabulary import PatchStatus

FULL = ListAddress(
    month="2026-10",
    town="371002001",
    patch_type="other_change",
    domain="land",
    status=PatchStatus.OVERDUE,
    text="张村 & 路=1",
    box=(121.9, 37.1, 122.25, 37.4),
    sort=(("days_overdue", "desc"), ("area_mu", "asc")),
    filters={
        "area_mu": ColumnFilter(Operator.BETWEEN, 1.5, 50.0),
        "issued_on": ColumnFilter(Operator.AT_LEAST, date(2026, 5, 1)),
        "patch_no": ColumnFilter(Operator.CONTAINS, "a:b&c"),
        "location": ColumnFilter(Operator.BLANK),
    },
)


def read(search: str) -> ListAddress:
    return read_address(dict(parse_qsl(search.lstrip("?"))))


def test_what_is_written_is_read_again() -> None:
    assert read(write_address({"year": "2026"}, FULL)) == FULL


def test_the_frames_part_stands_first() -> None:
    frame = {"year": "2026", "district": "371002"}
    search = write_address(frame, ListAddress(month="2026-09"))
    assert search == "?year=2026&district=371002&month=2026-09"


def test_an_empty_list_part_leaves_an_empty_address() -> None:
    assert write_address({}, ListAddress()) == ""


@pytest.mark.parametrize(
    "search",
    [
        "month=2026-13",
        "type=违法",
        "status=nonsense",
        "box=1,2,3",
        "box=1,2,3,nan",
        "sort=geom:asc",
        "sort=area_mu:sideways",
        "f.area_mu=gte:many",
        "f.area_mu=contains:5",
        "f.geom=eq:1",
        "f.issued_on=eq:2026-02-30",
        "f.area_mu=between:1",
        "f.patch_no=contains:",
        "f.patch_no=gte:5",
        "f.area_mu=gte:inf",
    ],
)
def test_a_part_that_cannot_be_read_is_named_and_left_out(search: str) -> None:
    address = read(search)
    key, text = search.split("=", 1)
    assert address.problems == (f"地址中的筛选条件“{key}={text}”无法识别，已忽略。",)
    assert address == ListAddress(problems=address.problems)


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=20), max_size=6))
def test_no_address_stops_the_page(query: dict[str, str]) -> None:
    read_address(query)
    read_address({f"f.{key}": value for key, value in query.items()})


def test_the_grids_filters_are_read_and_written() -> None:
    assert filters_from_grid(filters_to_grid(FULL.filters)) == FULL.filters


def test_the_grids_days_come_with_a_time_of_day() -> None:
    model = {
        "issued_on": {
            "filterType": "date",
            "type": "inRange",
            "dateFrom": "2026-05-01 00:00:00",
            "dateTo": "2026-05-31 00:00:00",
        }
    }
    assert filters_from_grid(model) == {
        "issued_on": ColumnFilter(Operator.BETWEEN, date(2026, 5, 1), date(2026, 5, 31))
    }


@pytest.mark.parametrize(
    "model",
    [
        None,
        {"geom": {"filterType": "text", "type": "contains", "filter": "x"}},
        {"area_mu": {"filterType": "number", "type": "evil", "filter": 1}},
        {"area_mu": {"filterType": "number", "type": "equals", "filter": "1 or 1=1"}},
        {"area_mu": {"filterType": "number", "type": "inRange", "filter": 1, "filterTo": None}},
        {"area_mu": "nonsense"},
        {"issued_on": {"filterType": "date", "type": "equals", "dateFrom": None}},
    ],
)
def test_a_filter_from_the_browser_that_does_not_fit_is_left_out(model: dict[str, object]) -> None:
    assert filters_from_grid(model) == {}


def test_sorting_keeps_the_grids_order_of_columns() -> None:
    state: list[dict[str, object]] = [
        {"colId": "area_mu", "sort": "asc", "sortIndex": 1},
        {"colId": "due_on", "sort": "desc", "sortIndex": 0},
        {"colId": "patch_no", "sort": None},
    ]
    assert sort_from_columns(state) == (("due_on", "desc"), ("area_mu", "asc"))
    assert sort_from_columns([]) is None
    assert sort_from_grid([{"colId": "geom", "sort": "asc"}]) == ()
