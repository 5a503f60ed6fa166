"""The lists: filters, orders, pages, counts, and that a scope hides the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from data.scope import Scope
from data.store.models import Patch
from data.store.queries.list_filters import ColumnFilter, Operator
from data.store.queries.patch_list import (
    PatchQuery,
    _conditions,
    count_on_map,
    count_patches,
    iter_patches,
    map_bins,
    map_features,
    months_with_patches,
    patch_page,
)
from data.vocabulary import AuditLevel, PatchStatus
from tests.conftest import CopyOf
from tests.data.store.queries.stored import (
    HIGH_TECH,
    HUANCUI,
    WENDENG,
    put_case,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)

if TYPE_CHECKING:
    from data.store.engine import Store

ON = date(2023, 6, 10)
ALL = Scope.all()
EVERYTHING = PatchQuery(2023, ON)
OVERDUE = replace(EVERYTHING, status=PatchStatus.OVERDUE)


def fill(store: Store) -> None:
    """Patches in every state, in two districts and a zone."""
    with store.write() as conn:
        put_patch(conn, "A1", location="双岛湾_路", lon=122.10, lat=37.40)  # overdue since 24 May
        a2 = put_patch(
            conn, "A2", area_mu=50.0, farmland_mu=30.0, lon=122.11, lat=37.41,
            reported_on=date(2023, 5, 20),
        )  # fmt: skip
        put_parcel(conn, a2, 1)
        put_parcel(conn, a2, 2, legality="lawful")
        put_case(conn, a2, 1, eliminated_on=date(2023, 6, 1))
        a3 = put_patch(conn, "A3", reported_on=date(2023, 6, 2))  # late
        put_parcel(conn, a3, legality="other", reported_on=date(2023, 6, 2))
        put_decision(conn, a3, AuditLevel.CITY, date(2023, 6, 5), "returned", opinion="照片不清")
        b1 = put_patch(
            conn, "B1", district_code=WENDENG, issued_on=date(2023, 5, 21), lon=122.0, lat=37.2
        )  # due 24 June
        put_decision(conn, b1, AuditLevel.CITY, date(2023, 6, 6), "passed")
        put_decision(conn, b1, AuditLevel.PROVINCE, date(2023, 6, 8), "passed")
        put_patch(
            conn, "B2", district_code=WENDENG, issued_on=date(2023, 4, 2), lon=122.0, lat=37.2
        )
        put_patch(conn, "Z1", district_code=HIGH_TECH, extended_to=date(2023, 6, 30))
        put_patch(conn, "M1", domain="mineral", patch_type="mineral", district_code=WENDENG)
        put_patch(conn, "W1", withdrawn_on=date(2023, 6, 1))
        put_patch(conn, "F1", issued_on=date(2023, 7, 3))  # not yet issued
        put_patch(
            conn, "T1", district_code=WENDENG, transferred_on=date(2023, 6, 20),
            transferred_from=HUANCUI,
        )  # fmt: skip  # 环翠区's until 20 June
        put_patch(conn, "A1", year=2022, issued_on=date(2022, 5, 8))
        summarise(conn)


@pytest.fixture
def filled(copy_of: CopyOf) -> Store:
    return copy_of(fill)


def numbers(store: Store, query: PatchQuery, scope: Scope = ALL) -> list[str]:
    with store.read() as conn:
        return [row["patch_no"] for row in patch_page(conn, scope, query).rows]


def test_a_list_shows_what_is_issued_and_not_withdrawn_on_the_day(filled: Store) -> None:
    assert sorted(numbers(filled, EVERYTHING)) == [
        "A1", "A2", "A3", "B1", "B2", "M1", "T1", "Z1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (PatchStatus.OVERDUE, ["A1", "B2", "T1"]),
        (PatchStatus.CLEARED, ["A2", "A3"]),
        (PatchStatus.LATE, ["A3"]),
        (PatchStatus.RETURNED, ["A3"]),
        (PatchStatus.CORRECTING, ["A3"]),
        (PatchStatus.FINAL, ["B1"]),
        (PatchStatus.PENDING, ["A1", "B1", "B2", "M1", "T1", "Z1"]),
        (PatchStatus.UNLAWFUL, ["A2"]),
    ],
)
def test_a_status_leaves_its_patches(
    filled: Store, status: PatchStatus, expected: list[str]
) -> None:
    assert sorted(numbers(filled, replace(EVERYTHING, status=status))) == expected


def test_a_row_says_what_the_patch_is_on_the_day(filled: Store) -> None:
    with filled.read() as conn:
        rows = {r["patch_no"]: r for r in patch_page(conn, ALL, EVERYTHING).rows}
    assert (rows["A1"]["overdue"], rows["A1"]["days_overdue"]) == (True, 17)
    assert rows["A1"]["legality"] == "pending"
    assert rows["A2"]["legality"] == "unlawful"  # the parcel that weighs most
    assert (rows["A2"]["unlawful_farmland_mu"], rows["A2"]["remaining_farmland_mu"]) == (2.0, 0.0)
    assert rows["A3"]["correction_due"] == date(2023, 6, 12)  # 5 workdays after 5 June
    assert (rows["A3"]["late"], rows["A3"]["days_overdue"]) == (True, None)
    assert (rows["T1"]["district_code"], rows["M1"]["due_on"]) == (HUANCUI, None)


def test_days_overdue_sort_against_the_due_date(filled: Store) -> None:
    query = replace(OVERDUE, sort=(("days_overdue", "desc"), ("patch_no", "desc")))
    assert numbers(filled, query) == ["B2", "T1", "A1"]


def test_districts_sort_in_the_bureaus_order_of_the_day(filled: Store) -> None:
    query = replace(OVERDUE, sort=(("district", "asc"), ("patch_no", "asc")))
    assert numbers(filled, query) == ["A1", "T1", "B2"]


def test_an_unknown_sort_column_is_left_out(filled: Store) -> None:
    query = replace(OVERDUE, sort=(("geom; drop table patch", "asc"), ("patch_no", "asc")))
    assert numbers(filled, query) == ["A1", "B2", "T1"]


def test_pages_follow_each_other_without_gap_or_repetition(filled: Store) -> None:
    whole = numbers(filled, EVERYTHING)
    pages = [numbers(filled, replace(EVERYTHING, offset=o, limit=3)) for o in (0, 3, 6)]
    assert [number for page in pages for number in page] == whole


@pytest.mark.parametrize(
    ("name", "item", "expected"),
    [
        ("area_mu", ColumnFilter(Operator.AT_LEAST, 50.0), ["A2"]),
        ("area_mu", ColumnFilter(Operator.LESS, 10.0), []),
        ("farmland_mu", ColumnFilter(Operator.BETWEEN, 4.0, 30.0), 8),
        ("issued_on", ColumnFilter(Operator.EQUALS, date(2023, 4, 2)), ["B2"]),
        ("issued_on", ColumnFilter(Operator.BETWEEN, date(2023, 5, 9), date(2023, 5, 31)), ["B1"]),
        ("reported_on", ColumnFilter(Operator.NOT_BLANK), ["A2", "A3"]),
        ("patch_no", ColumnFilter(Operator.STARTS_WITH, "b"), ["B1", "B2"]),
        ("patch_no", ColumnFilter(Operator.EQUALS, "A_"), []),  # no wildcard of the reader's
        ("location", ColumnFilter(Operator.CONTAINS, "_路"), ["A1"]),
        ("location", ColumnFilter(Operator.BLANK), 7),
    ],
)
def test_a_column_filter_leaves_its_rows(
    filled: Store, name: str, item: ColumnFilter, expected: list[str] | int
) -> None:
    found = sorted(numbers(filled, replace(EVERYTHING, filters={name: item})))
    assert (len(found) if isinstance(expected, int) else found) == expected


def test_the_search_box_wants_every_word(filled: Store) -> None:
    assert numbers(filled, replace(EVERYTHING, text="双岛 a1")) == ["A1"]
    assert numbers(filled, replace(EVERYTHING, text="双岛 b1")) == []
    assert numbers(filled, replace(EVERYTHING, text="%")) == []


def test_the_count_from_the_summary_equals_the_rows(filled: Store) -> None:
    asked = product([None, *PatchStatus], [None, "land", "mineral"], [None, "2023-05"])
    with filled.read() as conn:
        for (status, domain, month), district in product(asked, [None, WENDENG]):
            query = replace(
                EVERYTHING, status=status, domain=domain, month=month, district=district
            )
            counted = conn.scalar(select(func.count(Patch.id)).where(*_conditions(ALL, query)))
            assert count_patches(conn, ALL, query) == counted, query
            assert len(patch_page(conn, ALL, query).rows) == counted, query


def test_another_districts_patches_are_nowhere(filled: Store) -> None:
    theirs = Scope(frozenset({WENDENG}))
    box = (121.0, 36.0, 123.0, 38.0)
    with filled.read() as conn:
        for query in (EVERYTHING, replace(EVERYTHING, district=HUANCUI)):
            rows = [r for chunk in iter_patches(conn, theirs, query) for r in chunk]
            page = patch_page(conn, theirs, query)
            wanted = set() if query.district else {"B1", "B2", "M1"}
            assert {r["patch_no"] for r in rows} == {r["patch_no"] for r in page.rows} == wanted
            assert page.total == count_patches(conn, theirs, query) == len(wanted)
            located = {r["patch_no"] for r in map_features(conn, theirs, query, box, 100)}
            assert located == wanted - {"M1"}
            assert sum(b["count"] for b in map_bins(conn, theirs, query, box, 10)) == len(located)
            assert count_on_map(conn, theirs, query, box, 100) == len(located)
        assert months_with_patches(conn, theirs, 2023, ON) == ["2023-04", "2023-06"]


def test_selected_ids_do_not_reach_past_the_scope(filled: Store) -> None:
    with filled.read() as conn:
        ids = tuple(conn.scalars(select(Patch.id)))
        query = replace(EVERYTHING, ids=ids)
        page = patch_page(conn, Scope(frozenset({HIGH_TECH})), query)
    assert [r["patch_no"] for r in page.rows] == ["Z1"]
    assert page.total == 1


def test_an_empty_scope_sees_nothing(filled: Store) -> None:
    with filled.read() as conn:
        assert patch_page(conn, Scope(frozenset()), EVERYTHING).total == 0


def test_exports_take_all_rows_in_the_lists_order_in_chunks(filled: Store) -> None:
    query = replace(EVERYTHING, sort=(("patch_no", "desc"),), offset=3, limit=1)
    with filled.read() as conn:
        chunks = list(iter_patches(conn, ALL, query, chunk=3))
    assert [len(c) for c in chunks] == [3, 3, 2]
    assert [r["patch_no"] for c in chunks for r in c] == sorted(
        numbers(filled, EVERYTHING), reverse=True
    )


def test_the_map_shows_the_lists_patches_inside_its_view(filled: Store) -> None:
    view = (122.05, 37.3, 122.2, 37.5)
    with filled.read() as conn:
        found = map_features(conn, ALL, EVERYTHING, view, 100)
        assert sorted(r["patch_no"] for r in found) == ["A1", "A2"]
        assert all(r["geom"] for r in found)
        points = map_features(conn, ALL, EVERYTHING, view, 1, shapes=False)
        assert len(points) == 1
        assert points[0]["geom"] is None
        boxed = replace(EVERYTHING, box=(122.0, 37.0, 122.105, 37.5))
        assert [r["patch_no"] for r in map_features(conn, ALL, boxed, view, 9)] == ["A1"]
        assert count_on_map(conn, ALL, EVERYTHING, view, 1) == 1


def test_bins_hold_every_located_patch_once(filled: Store) -> None:
    with filled.read() as conn:
        bins = map_bins(conn, ALL, EVERYTHING, None, 20)
        assert sum(b["count"] for b in bins) == 4
        assert sum(b["area_mu"] for b in bins) == pytest.approx(80.0)
        nearest = max(bins, key=lambda b: b["count"])
        west, south, east, north = nearest["box"]
        assert west <= 122.0 < east
        assert south <= 37.2 < north
        assert map_bins(conn, ALL, replace(EVERYTHING, text="没有"), None, 20) == []
