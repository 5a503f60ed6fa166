"""整改台账: sums lead to their items, filters stand in the address."""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pytest

from callbacks.ledger.address import read_ledger
from callbacks.ledger.page import keys_of, render
from callbacks.ledger.workbook import workbook
from components.links import read_search
from components.parts.plain_table import PlainTable
from data.acting import acting_as
from data.errors import SupervisionError
from data.rights import Account, Role
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.store.models import LedgerItem
from data.worklists.ledger import ledger
from tests.callbacks.listed import HUANCUI, WENDENG, below, text_of
from tests.data.store.queries.stored import _put, put_case, put_parcel, put_patch, summarise

ON = "?year=2023&asof=2023-06-10"


@pytest.fixture
def services(settings: Settings, sqlite_store: Store) -> Services:
    """2019: one overdue in 环翠区 and one written off without acceptance in 文登区; 2023: one that
    waits for acceptance, and a 临时用地 to recheck."""
    with sqlite_store.write() as conn:
        old = {"year": 2019, "parcel_no": 1, "unlawful_basic_farmland_mu": 0.0}
        _put(
            conn,
            LedgerItem,
            {
                **old,
                "patch_no": "L1",
                "district_code": HUANCUI,
                "unlawful_farmland_mu": 3.0,
                "deadline_on": date(2020, 6, 30),
            },
        )
        _put(
            conn,
            LedgerItem,
            {
                **old,
                "patch_no": "L2",
                "district_code": WENDENG,
                "unlawful_farmland_mu": 5.0,
                "way": "demolition",
                "written_off_on": date(2020, 8, 1),
            },
        )
        patch_id = put_patch(conn, "P1", reported_on=date(2023, 5, 20))
        put_parcel(conn, patch_id)
        put_case(conn, patch_id, way="demolition", eliminated_on=date(2023, 6, 1))
        other = put_patch(conn, "T1", reported_on=date(2022, 5, 20), issued_on=date(2022, 5, 8))
        put_parcel(
            conn,
            other,
            legality="other",
            other_category="temporary_land",
            reported_on=date(2022, 5, 20),
        )
        summarise(conn)
    return Services(settings, sqlite_store)  # fmt: skip


def page_of(services: Services, search: str = ON) -> list[object]:
    with services.store.read() as conn:
        return list(render(conn, services.settings, search))


def test_every_number_of_a_year_leads_to_as_many_items(services: Services) -> None:
    tables: list[Any] = [c for c in below(page_of(services)) if isinstance(c, PlainTable)]
    (table,) = [t for t in tables if t.caption == "各来源年度的台账状态"]
    with services.store.read() as conn:
        items = ledger(conn, Scope.all(), date(2023, 6, 10)).items
    assert [row[1]["text"] for row in table.rows] == ["2", "1", "3"]
    for row in table.rows:
        for cell in row[1:]:
            if "href" in cell:
                address = read_ledger(read_search(urlsplit(cell["href"]).query))
                assert sum(address.fits(i) for i in items) == int(cell["text"])
    marks = [row[-2:] for row in table.rows]
    assert [(a["text"], b["text"]) for a, b in marks] == [("1", "1"), ("0", "0"), ("1", "1")]


def test_the_headline_speaks_of_the_old_and_a_district_of_its_own(services: Services) -> None:
    words = text_of(page_of(services))
    assert "截至6月10日，全市台账3宗，1宗未整改（耕地3.00亩）" in words
    assert "1宗逾期未整改" in words
    own = text_of(page_of(services, f"{ON}&district={WENDENG}"))
    assert "文登区台账1宗，0宗未整改" in own
    with acting_as(Account("区", Role.DISTRICT, frozenset(), WENDENG)):
        assert "L1" not in text_of(page_of(services))


def test_filters_stand_in_the_address_and_bad_ones_are_named(services: Services) -> None:
    words = text_of(page_of(services, f"{ON}&state=open&q=L"))
    assert "符合条件1宗，违法占用耕地3.00亩" in words
    words = text_of(page_of(services, f"{ON}&state=gone&origin=x&way=magic&mark=red&tab=none"))
    for said in ("状态“gone”", "来源年度“x”", "整改方式“magic”", "标记“red”", "页签“none”"):
        assert said in words


def test_what_is_to_be_rechecked_is_a_tab_of_its_own(services: Services) -> None:
    words = text_of(page_of(services, f"{ON}&tab=rechecks"))
    assert "1宗逾期未复核" in words
    with services.store.read() as conn:
        name, content = workbook(conn, services.settings, f"{ON}&tab=rechecks")
    assert name.startswith("周期复核_")
    assert [c.value for c in openpyxl.load_workbook(io.BytesIO(content))["周期复核"][2]][1] == "T1"


def test_the_workbook_holds_what_the_filters_leave(services: Services) -> None:
    with services.store.read() as conn:
        _, content = workbook(conn, services.settings, f"{ON}&origin=2019")
    sheet = openpyxl.load_workbook(io.BytesIO(content))["整改台账"]
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == ["L1", "L2"]


def test_only_what_the_page_offered_can_be_ticked() -> None:
    assert keys_of(["2019|1|L|1"]) == [(2019, "L|1", 1)]
    for text in ("", "x|1|L", "2019|L1", "2019||L1"):
        with pytest.raises(SupervisionError):
            keys_of([text])
