"""查处移送 on the page: each number leads to its patches; the workbook has the lists whole."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest

from callbacks.audit.page import render
from callbacks.audit.patches import PAGE, headline
from callbacks.audit.workbook import workbook
from callbacks.lists.view import read_view
from components.parts.plain_table import PlainTable
from data.acting import acting_as
from data.rights import Account, Role
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.store.models import Transfer
from data.store.queries.patch_list import count_patches
from tests.callbacks.listed import HUANCUI, WENDENG, below, text_of
from tests.data.store.queries.stored import put, put_case, put_parcel, put_patch, summarise

ON = "?year=2023&asof=2023-06-10"
TAB = f"{ON}&tab=cases"


@pytest.fixture
def services(settings: Settings, sqlite_store: Store) -> Services:
    """环翠区: A1 unlawful for 15 workdays and not filed, A2 stopped and filed, A3 lawful and filed;
    文登区: B1 filed and punished, handed over to the police, who have not answered."""
    may = date(2023, 5, 18)
    days: dict[str, dict[str, Any]] = {
        "A1": {}, "A2": {"stopped_on": date(2023, 5, 22), "filed_on": date(2023, 5, 25)},
        "A3": {"filed_on": date(2023, 6, 1), "case_no": "案3"},
        "B1": {"stopped_on": may, "filed_on": may, "penalty_decided_on": date(2023, 6, 9)},
    }  # fmt: skip
    with sqlite_store.write() as conn:
        for number, case in days.items():
            code = WENDENG if number == "B1" else HUANCUI
            patch = put_patch(conn, number, district_code=code, reported_on=may)
            legality = "lawful" if number == "A3" else "unlawful"
            put_parcel(conn, patch, legality=legality, reported_on=may)
            if case:
                put_case(conn, patch, **case)
            if number == "B1":
                put(conn, Transfer, patch_id=patch, department="police", document_no="移1",
                    transferred_on=date(2023, 6, 1))  # fmt: skip
        summarise(conn)
    return Services(settings, sqlite_store)


def tables(services: Services) -> dict[str, Any]:
    with services.store.read() as conn:
        page = render(conn, services.settings, TAB)
    return {str(c.caption): c for c in below(page) if isinstance(c, PlainTable)}  # type: ignore[attr-defined]


def test_each_number_leads_to_its_patches(services: Services) -> None:
    found = tables(services)
    city = found["各区市查处移送"].rows[-1]
    assert [cell["text"] for cell in city[1:]] == ["3", "2", "1", "1", "1", "1", "1", "3"]
    times = found["查处各步用时的中位数"].rows[-1]
    assert [cell["text"] for cell in times[1:]] == ["1.5", "16.0", "—"]
    links = [(cell["href"], int(cell["text"])) for cell in city[1:]]
    links += [(cell["below"]["href"], 1) for cell in times[2:]]
    for address, number in links:
        with services.store.read() as conn:
            search = f"?{address.partition('?')[2]}"
            view = read_view(conn, services.settings, PAGE, search)
            assert count_patches(conn, view.context.scope, view.query) == number, address
            assert f"{number}" in headline(conn, view)


def test_the_page_says_what_is_late_and_the_workbook_has_every_list(services: Services) -> None:
    with services.store.read() as conn:
        words = text_of(render(conn, services.settings, TAB))
        name, content = workbook(conn, services.settings, TAB)
        with acting_as(Account("文", Role.DISTRICT, frozenset(), WENDENG)):
            own = text_of(render(conn, services.settings, TAB))
    assert "1宗违法地块超过10个工作日未立案，市局可直接立案" in words
    assert "1宗立案而地块并非违法" in words
    assert "违法地块1宗，已立案1宗" in own
    assert "环翠" not in own
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert name.startswith("查处移送_全市")
    assert book.sheetnames[:5] == ["各区市", "违法未立案", "案件", "移送移交", "六个是否待补判"]
    cells = {str(cell.value) for row in book["案件"].iter_rows() for cell in row}
    assert {"案3", "合法"} <= cells
