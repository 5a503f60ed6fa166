"""年度评估 over a small year, on both databases."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from dash.development.base_component import Component

from callbacks.assessment.page import render, workbook
from components import ids
from data.store.engine import Store
from data.store.models import LedgerItem
from data.vocabulary import AuditLevel
from tests.callbacks.year_2023 import ON, fill
from tests.components.drawn import below, classed, links_of, rows_of, text_of
from tests.data.store.queries.stored import (
    WENDENG,
    put,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)


def drawn(store: Store, search: str = ON) -> list[Component]:
    with store.read() as conn:
        return render(conn, store.settings, search)


def table_of(page: list[Component], header: str) -> list[list[str]]:
    """The first table that has a column of this name."""
    tables = (rows_of(part) for part in below(page) if type(part).__name__ == "Table")
    return next(rows for rows in tables if header in rows[0])


@pytest.fixture
def filled(store: Store) -> Store:
    """The small year; in 文登区 also B3 to B12, lawful, 36 亩 each, one of them determined by the
    city; an item of the ledger of 2021.
    """
    with store.write() as conn:
        for n in range(3, 13):
            patch = put_patch(conn, f"B{n}", district_code=WENDENG, reported_on=date(2023, 5, 20))
            put_parcel(conn, patch, legality="lawful", farmland_mu=36.0, area_mu=36.0)
            if n == 3:
                put_decision(
                    conn, patch, AuditLevel.CITY, date(2023, 6, 1), "passed",
                    determination="unlawful", opinion="举证不足",
                )  # fmt: skip
        put(conn, LedgerItem, year=2021, patch_no="X", parcel_no=1, district_code=WENDENG,
            unlawful_farmland_mu=5.0, unlawful_basic_farmland_mu=0.0)  # fmt: skip
    fill(store)
    return store


def test_the_headline_says_how_far_the_city_is_from_the_line(filled: Store) -> None:
    # (2 + 36) of 2 + 360 + 8 亩
    assert text_of(drawn(filled)[0]) == (
        "截至6月10日，全市问责比例（扣除已消除）10.3%，低于15%约谈线 17.5 亩"
    )
    own = text_of(drawn(filled, f"{ON}&district=371003")[0])
    assert own.startswith("截至6月10日，文登区问责比例（扣除已消除）10.5%，低于15%约谈线")


def test_a_small_denominator_is_shown_without_a_rank_and_after_the_others(filled: Store) -> None:
    rows = table_of(drawn(filled), "名次")
    assert rows[1][:3] == ["文登区", "1", "10.5% ▲ 达预警线"]
    assert rows[2][:3] == ["环翠区◦", "—", "0.0%"]
    assert rows[3][1:4] == ["—", "—", "—"]  # nothing issued there


def test_each_rate_stands_with_what_is_divided_by_what(filled: Store) -> None:
    rows = {row[0]: row[1:] for row in table_of(drawn(filled), "分子")}
    assert rows["问责比例（扣除已消除）"] == ["10.3% ▲ 达预警线", "38.00", "370.00", "亩"]
    assert rows["改判率"] == ["100%", "1", "1", "宗"]
    assert rows["立案率"][0] == "0%"
    assert len(rows) == 12


def test_who_was_overturned_and_why(filled: Store) -> None:
    page = drawn(filled)
    rows = table_of(page, "市级改判率")
    wendeng = next(row for row in rows if row[0] == "文登区")
    assert wendeng == ["文登区", "100%", "1", "1", "—", "0", "0"]
    assert rows[-1][0] == "合计"
    assert table_of(page, "改判时的审核意见")[1] == ["举证不足", "1", "文登区 1"]


def test_earlier_years_come_from_the_ledger_where_their_patches_are_not_stored(
    filled: Store,
) -> None:
    rows = table_of(drawn(filled), "年度")
    assert rows[1][:4] == ["2023", "10.3%", "10.3%", "10.3%"]  # net, gross, strict
    assert rows[2] == ["2021", "—", "—", "—", "—", "—", "1", "5.00", "5.00", "100%"]


def test_both_charts_have_their_tables(filled: Store) -> None:
    parts = {str(getattr(part, "id", None)): part for part in below(drawn(filled))}
    assert parts[ids.Assessment.RANKING].figure.data
    assert rows_of(parts[ids.Assessment.RANKING_TABLE])
    last = rows_of(parts[ids.Assessment.TREND_TABLE])[1]
    assert last == ["6月10日", "10.3%", "10.3%", "10.3%", "38.00", "370.00"]


def test_districts_and_figures_lead_to_their_patches(filled: Store) -> None:
    page = drawn(filled)
    (ranking,) = [p for p in below(page) if getattr(p, "id", "") == ids.Assessment.RANKING_TABLE]
    own = links_of(ranking)["文登区"]
    assert own == "/patches?year=2023&asof=2023-06-10&district=371003&figure=ratio_net"
    links = links_of(classed(page, "ratios"))
    assert links["10.3%"].startswith("/patches?year=2023&asof=2023-06-10&figure=ratio_")


def test_at_most_five_key_figures_stand_above(filled: Store) -> None:
    assert len(classed(drawn(filled), "key-figure")) == 5


def test_a_store_without_patches_says_what_to_upload(store: Store) -> None:
    page = drawn(store, "")
    assert "还没有下发图斑" in text_of(page[0])
    assert links_of(page)["去上传下发图斑"].startswith("/upload")


def test_without_any_new_construction_there_is_no_ratio(store: Store) -> None:
    with store.write() as conn:
        put_patch(conn, "A")
        summarise(conn)
    page = drawn(store)
    assert "问责比例暂无" in text_of(page[0])
    assert table_of(page, "名次")[1][1:4] == ["—", "—", "—"]


def test_the_workbook_shows_what_the_page_shows(filled: Store) -> None:
    with filled.read() as conn:
        name, content = workbook(conn, filled.settings, ON)
    assert name == "年度评估_全市_2023-06-10.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == [
        "区市排名", "全部比例", "逐月变化", "改判", "改判理由", "与往年比较", "说明",
    ]  # fmt: skip

    def cells(sheet: str, row: int) -> list[Any]:
        return [cell.value for cell in book[sheet][row]]

    assert cells("区市排名", 2)[:3] == ["文登区", 1, pytest.approx(38 / 362)]
    assert cells("区市排名", 3)[1] is None
    assert cells("全部比例", 2)[:4] == [
        "问责比例（扣除已消除）", pytest.approx(38 / 370), 38, 370,
    ]  # fmt: skip
    assert cells("改判理由", 2) == ["举证不足", 1, "文登区 1"]
    assert cells("与往年比较", 3)[6:9] == [1, 5, 5]
