"""Sources, reasons, classes and units: in the rows of lists as in their filters, on a day."""

from __future__ import annotations

from datetime import date

import pytest

from components.lists.columns import OVERDUE_COLUMNS, PATCH_COLUMNS
from data.maps.export import fields_of
from data.maps.question import MapQuestion
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.list_filters import ColumnFilter, Operator
from data.store.queries.patch_list import PatchQuery, patch_page
from data.store.queries.patch_rows import ROW_KEYS, patch_rows
from data.store.queries.stated import STATED
from data.vocabulary import AuditLevel
from tests.data.store.queries.stored import put_case, put_decision, put_parcel, put_patch

DAY = date(2023, 7, 20)


@pytest.fixture
def stated(store: Store) -> Store:
    """A: found by the public, returned twice, with a plan; M: a mine; B: nothing said."""
    with store.write() as conn:
        a = put_patch(conn, "A", source="reported", reported_on=date(2023, 5, 20))
        put_parcel(conn, a, deduction_class="基金项目")
        put_parcel(conn, a, 2, deduction_class="基金项目")
        put_parcel(conn, a, 3, deduction_class="军事设施", ended=True)
        for on, codes in (
            (date(2023, 6, 1), "面积不符、其他"),
            (date(2023, 7, 1), "其他"),
            (date(2023, 8, 1), "时相不符"),
        ):
            put_decision(conn, a, AuditLevel.CITY, on, "returned", reason_codes=codes)
        put_case(conn, a, planned_on=date(2023, 9, 1), responsible_unit="张村镇政府")
        put_case(conn, a, 2, planned_on=date(2023, 9, 30), responsible_unit="张村镇政府")
        m = put_patch(
            conn, "M", domain="mineral", patch_type="mineral", mineral="石英岩", source="province"
        )
        put_parcel(conn, m, mineral_violation="unlicensed")
        put_parcel(conn, m, 2, mineral_violation="out_of_bounds")
        put_patch(conn, "B")
    return store


def test_a_row_has_the_words_of_all_its_parcels_decisions_and_cases_once(stated: Store) -> None:
    with stated.read() as conn:
        rows = {row["patch_no"]: row for row in patch_rows(conn, [1, 2, 3], DAY)}
    assert {key: rows["A"][key] for key in STATED} == {
        "source": "reported",
        "reason_codes": "其他、面积不符",
        "deduction_class": "基金项目",
        "mineral_violation": None,
        "responsible_unit": "张村镇政府",
        "planned_on": date(2023, 9, 30),
        "claims": None,
    }
    assert rows["M"]["mineral_violation"] == "out_of_bounds、unlicensed"
    assert {rows["B"][key] for key in STATED} == {None}


def test_what_came_after_the_day_is_not_said(stated: Store) -> None:
    with stated.read() as conn:
        (early,) = patch_rows(conn, [1], date(2023, 5, 10))
        (late,) = patch_rows(conn, [1], date(2023, 8, 1))
    assert (early["reason_codes"], early["deduction_class"]) == (None, None)
    assert late["reason_codes"] == "其他、时相不符、面积不符"


@pytest.mark.parametrize(
    ("column", "item", "found"),
    [
        ("source", ColumnFilter(Operator.EQUALS, "举报"), ["A"]),
        ("source", ColumnFilter(Operator.BLANK), ["B"]),
        ("reason_codes", ColumnFilter(Operator.CONTAINS, "面积"), ["A"]),
        ("reason_codes", ColumnFilter(Operator.CONTAINS, "时相"), []),  # not yet on the day
        ("deduction_class", ColumnFilter(Operator.CONTAINS, "基金"), ["A"]),
        ("mineral_violation", ColumnFilter(Operator.CONTAINS, "无证"), ["M"]),
        ("responsible_unit", ColumnFilter(Operator.CONTAINS, "张村"), ["A"]),
        ("planned_on", ColumnFilter(Operator.AT_MOST, date(2023, 9, 30)), ["A"]),
        ("mineral", ColumnFilter(Operator.CONTAINS, "石英"), ["M"]),
    ],
)
def test_lists_filter_and_sort_by_what_is_read(
    stated: Store, column: str, item: ColumnFilter, found: list[str]
) -> None:
    query = PatchQuery(2023, DAY, filters={column: item}, sort=((column, "desc"),))
    with stated.read() as conn:
        page = patch_page(conn, Scope.all(), query)
    assert [row["patch_no"] for row in page.rows] == found


def test_every_column_that_a_list_offers_goes_out_with_the_map() -> None:
    """Reports of a map and of a list say the same of a patch."""
    question = MapQuestion(2023, DAY)
    exported = {field.key for field in fields_of(question, {})}
    offered = {column.key for column in (*PATCH_COLUMNS, *OVERDUE_COLUMNS)}
    of_the_list_alone = {
        "district": "district_code",
        "status": "overdue, late and 上报日期 say it",
        "correction_due": "a deadline of the work at hand",
        "extended_to": "due_on holds it",
        "filed": "filed_parcels of unlawful_parcels say it",
        "way": "ways",
    }
    assert offered - exported == set(of_the_list_alone)
    assert {"unlawful_parcels", "filed_parcels", "ways", "filed_on", "eliminated_on"} <= exported


def test_every_stated_column_can_be_chosen() -> None:
    offered = {column.key for column in PATCH_COLUMNS}
    assert set(STATED) <= offered
    assert set(STATED) <= set(ROW_KEYS)
