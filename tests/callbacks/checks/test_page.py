"""外业核查: numbers lead to their rows, tabs say what waits for whom."""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pytest

from callbacks.checks.address import read_checks
from callbacks.checks.page import render
from callbacks.checks.steps import day_of_box, picks_of
from callbacks.checks.workbook import workbook
from components.links import read_search
from components.parts.plain_table import PlainTable
from data.acting import acting_as
from data.errors import SupervisionError
from data.rights import Account, Right, Role
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.vocabulary import CheckLevel
from data.workflow.field_visit_writing import Acting, Pick
from data.workflow.field_visits import assign
from data.workflow.sampling import draw_sample
from data.worklists.checks import checks
from tests.callbacks.listed import HUANCUI, WENDENG, below, text_of
from tests.data.store.queries.stored import put_parcel, put_patch, summarise

DAY = date(2023, 6, 1)
ON = f"?year=2023&asof={DAY}"
RIGHTS = frozenset({Right.READ, Right.CHECK, Right.REVIEW, Right.UPLOAD})
CITY = Account("市局", Role.CITY, RIGHTS)


@pytest.fixture
def services(settings: Settings, sqlite_store: Store) -> Services:
    """环翠区: P1 and P2 of 60 亩, P2 assigned; 文登区: P3 of 12 亩, F1 alone."""
    with sqlite_store.write() as conn:
        for number, district, mu in (("P1", HUANCUI, 60.0), ("P2", HUANCUI, 60.0),
                                     ("P3", WENDENG, 12.0)):  # fmt: skip
            areas: dict[str, Any] = {"farmland_mu": mu, "area_mu": 80.0}
            day = date(2023, 5, 20)
            patch = put_patch(conn, number, district_code=district, reported_on=day, **areas)
            put_parcel(conn, patch, **areas)
        summarise(conn)
        draw_sample(conn, CITY, 2023, "2023-05", DAY, DAY)
        by = Acting(conn, CITY, 2023, DAY)
        assign(by, [Pick("P2", CheckLevel.CITY)], "王工、李工", None)
    return Services(settings, sqlite_store)


def page_of(services: Services, search: str = ON, who: Account = CITY) -> list[object]:
    with services.store.read() as conn, acting_as(who):
        return list(render(conn, services.settings, search))


def test_every_number_of_a_rule_leads_to_as_many_rows_and_the_workbook_has_them(
    services: Services,
) -> None:
    tables: list[Any] = [c for c in below(page_of(services)) if isinstance(c, PlainTable)]
    table = next(t for t in tables if t.caption == "各规则核查状态")
    with services.store.read() as conn:
        tasks = checks(conn, Scope.all(), 2023, DAY).tasks
    counted = 0
    for row in table.rows:
        for cell in row[1:-2]:
            if "href" in cell:
                address = read_checks(read_search(urlsplit(cell["href"]).query))
                assert sum(address.fits(t) for t in tasks) == int(cell["text"])
                counted += 1
    assert counted > 8
    with services.store.read() as conn:
        _, content = workbook(conn, services.settings, f"{ON}&rule=F1")
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert [row[0].value for row in book["外业核查"].iter_rows(min_row=2)] == ["P1", "P2", "P3"]
    assert [row[7].value for row in book["抽查抽取"].iter_rows(min_row=2)].count("是") == 1
    assert [t.visit.state.value for t in tasks if t.rule == "F3"] == ["due", "assigned"]


def test_the_headline_and_the_tabs_say_what_waits_for_whom(services: Services) -> None:
    words = text_of(page_of(services))
    assert "截至6月1日，全市外业核查4处逾期" in words
    assert "应查6处，已核查0处，5处待派组，1处待核查" in words
    send = text_of(page_of(services, f"{ON}&tab=assign"))
    assert "等派组：5处" in send
    assert "由有“外业核查”权限的市局账户（市级）、区市账户（县级）在今天" in send  # another day
    own = Account("文登", Role.DISTRICT, frozenset({Right.READ, Right.UPLOAD}), WENDENG)
    district = text_of(page_of(services, ON, own))
    assert "文登区外业核查1处逾期" in district
    assert "P1" not in district
    assert "抽查抽取" not in district
    assert "F2" not in text_of(page_of(services, f"{ON}&tab=draws", own))
    assert "1次抽取都能重现" in text_of(page_of(services, f"{ON}&tab=draws"))


def test_filters_stand_in_the_address_and_bad_ones_are_named(services: Services) -> None:
    assert "符合条件1项" in text_of(page_of(services, f"{ON}&rule=F3&state=assigned"))
    words = text_of(page_of(services, f"{ON}&state=gone&rule=F9&mark=red&tab=none"))
    for said in ("状态“gone”", "核查规则“F9”", "标记“red”", "页签“none”"):
        assert said in words
    assert "外业包 带回外业包" in text_of(page_of(services, f"{ON}&rule=F3"))
    assert "外业包 带回外业包" not in text_of(page_of(services, f"{ON}&state=done"))


def test_only_what_the_page_offered_can_be_ticked() -> None:
    assert picks_of(["city|1.0|P|1"]) == [Pick("P|1", CheckLevel.CITY, "1.0")]
    for text in ("", "town|1.0|P1", "city|1.0", "city"):
        with pytest.raises(SupervisionError):
            picks_of([text])
    assert day_of_box(None, "日期") is None
    with pytest.raises(SupervisionError, match="无法识别"):
        day_of_box("2023-13-01", "日期")
