"""数据异常 on the page: each number leads to its patches; judged by whoever may; others' data stay
out of a district's sight."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from dash import dcc

from callbacks.audit.doubts import judge
from callbacks.audit.page import render
from callbacks.audit.patches import PAGE, headline
from callbacks.audit.workbook import workbook
from callbacks.lists.view import read_view
from components.audit.doubts import DISMISS
from data.acting import acting_as
from data.rights import Account, Role
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.store.queries.patch_list import count_patches
from data.vocabulary import RecordKind
from tests.callbacks.listed import HUANCUI, WENDENG, below, text_of
from tests.data.store.queries.stored import put_case, put_parcel, put_patch, summarise

ON = "?year=2023&asof=2023-06-10"
TAB = f"{ON}&tab=oddities"
KEY = f"2023|oddity:share:unchanged|{HUANCUI}"


@pytest.fixture
def services(settings: Settings, sqlite_store: Store) -> Services:
    """环翠区: of 40 patches 20 unchanged, 12 eliminated on one day; 文登区: 1 of 30 unchanged."""
    with sqlite_store.write() as conn:
        for code, patches, unchanged in ((HUANCUI, 40, 20), (WENDENG, 30, 1)):
            for n in range(patches):
                patch = put_patch(conn, f"{code}-{n:02}", district_code=code,
                                  reported_on=date(2023, 5, 20))  # fmt: skip
                category = "unchanged" if n < unchanged else "rural_road"
                put_parcel(conn, patch, legality="other", other_category=category, area_mu=3 + n)
                if code == HUANCUI and n < 12:
                    put_case(conn, patch, eliminated_on=date(2023, 6, 1))
        summarise(conn)
    return Services(settings, sqlite_store)


def page(services: Services, search: str = TAB) -> list[object]:
    with services.store.read() as conn:
        return list(render(conn, services.settings, search))


def test_each_says_why_and_leads_to_its_patches(services: Services) -> None:
    drawn = page(services)
    words = text_of(drawn)
    assert "截至6月10日，全市2处数据看上去不对，2处待核" in words
    assert "已填报的40个图斑中20个为“实地未变化”，占50%；其他区市合计3.3%" in words
    assert "已消除的12个图斑中，12个（100%）填报在6月1日同一天消除" in words
    links = {c.children: vars(c)["href"] for c in below(drawn) if isinstance(c, dcc.Link)}
    for said, number in (("20个", 20), ("12个", 12)):
        search = links[said].partition("?")[2]
        with services.store.read() as conn:
            view = read_view(conn, services.settings, PAGE, f"?{search}")
            assert count_patches(conn, view.context.scope, view.query) == number
            assert f"{number}个图斑" in headline(conn, view)
    with services.store.read() as conn:
        away = read_view(conn, services.settings, PAGE, f"{ON}&list=oddity&code=oddity:share:x")
    assert "没有指定清单" in away.problems[-1]


def test_the_workbook_has_them_with_the_patches_behind_each(services: Services) -> None:
    with services.store.read() as conn:
        name, content = workbook(conn, services.settings, TAB)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert name.startswith("数据异常_全市")
    assert len([row for row in book["图斑"].values if str(row[2]).startswith(HUANCUI)]) == 32


def test_it_is_dismissed_with_a_reason_and_says_so(services: Services) -> None:
    today = services.settings.today().isoformat()
    search = f"?year=2023&asof={today}&tab=oddities"
    assert judge(services, {"key": KEY}, DISMISS, "大棚图斑，确未变化") == (
        "环翠区：已认定为“疑点排除”。"
    )
    words = text_of(page(services, search))
    assert "1处待核" in words
    assert "大棚图斑，确未变化" in words
    one_day = f"2023|oddity:one_day:2023-06-01|{HUANCUI}"
    said = judge(services, {"key": one_day}, RecordKind.DOUBT_CONFIRMED.value, "批量补填")
    assert said == "环翠区：已认定为“疑点属实”。"


def test_a_district_is_told_of_its_own_data_alone(services: Services) -> None:
    with acting_as(Account("环", Role.DISTRICT, frozenset(), HUANCUI)):
        words = text_of(page(services))
        assert "同一天消除" in words
        assert "其他区市" not in words
    with acting_as(Account("文", Role.DISTRICT, frozenset(), WENDENG)):
        assert "没有发现数据异常" in text_of(page(services))
