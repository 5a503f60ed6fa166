"""总览 over a small year, on both databases."""

from __future__ import annotations

import io

import openpyxl
import pytest
from dash.development.base_component import Component

from callbacks.overview import render, workbook
from data.store.engine import Store
from tests.callbacks.year_2023 import ON, fill
from tests.components.drawn import classed, links_of, rows_of, text_of


def drawn(store: Store, search: str = ON) -> list[Component]:
    with store.read() as conn:
        return render(conn, store.settings, search)


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


def test_the_page_says_what_is_open_and_what_is_late(filled: Store) -> None:
    headline = text_of(drawn(filled)[0]).replace(" ", "")
    assert headline == (
        "截至6月10日，文登区◦、全市◦已达约谈线，"
        "最严重的是文登区◦：问责比例100%，超出15%线1.7亩；"
        "1个图斑逾期未报；预计文登区不能按期完成6月月清"
    )


def test_the_districts_stand_in_the_order_of_the_sentence(filled: Store) -> None:
    (table,) = classed(drawn(filled), "ranking")
    wendeng, huancui, *rest = rows_of(table)[1:]
    assert wendeng[:3] == ["文登区◦", "100%", "超出 1.7 亩"]
    assert wendeng[3].startswith("◆ 已达约谈线")
    assert huancui[0] == "环翠区◦"
    assert huancui[6:8] == ["50%", "1"]
    assert all(cells[3] == "—" for cells in rest)


def test_what_is_triggered_names_subject_value_and_clause(filled: Store) -> None:
    text = text_of(classed(drawn(filled), "triggers-panel"))
    assert "项已达约谈线" in text
    assert "工作方案§4.4" in text


def test_a_district_has_its_own_figures_and_stands_marked_in_the_ranking(filled: Store) -> None:
    page = drawn(filled, f"{ON}&district=371003")
    assert "文登区◦已达约谈线：问责比例100%" in text_of(page[0])
    (marked,) = classed(page, "marked")
    assert text_of(marked).startswith("文登区")
    assert "2023年度已下发土地图斑2个。" in text_of(page).replace(" ", "")


def test_each_key_figure_leads_to_its_patches_in_the_same_view(filled: Store) -> None:
    (boxes,) = classed(drawn(filled), "key-figures")
    figures = [a for a in links_of(boxes).values() if not a.startswith(("/rules#", "/help/"))]
    assert len(figures) == 5
    for address in figures:
        assert "year=2023&asof=2023-06-10" in address
        assert address.startswith(("/patches?", "/overdue?"))


def test_before_the_first_patch_the_page_says_why_it_is_empty(filled: Store) -> None:
    page = drawn(filled, "?year=2023&asof=2023-01-02")
    assert "还没有下发图斑" in text_of(page[0])
    assert links_of(page)["去上传下发图斑"] == "/upload?year=2023&asof=2023-01-02"


def test_an_unknown_district_is_named_above_the_city(filled: Store) -> None:
    page = drawn(filled, f"{ON}&district=999")
    assert "没有区市“999”" in text_of(page)
    assert len(classed(page, "key-figure")) == 5


def test_the_workbook_shows_the_ranking_of_the_screen_with_its_stamp(filled: Store) -> None:
    with filled.read() as conn:
        name, content = workbook(conn, filled.settings, ON)
    assert name == "总览_全市_2023-06-10.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["区市情况", "已触发的预警", "期限", "说明"]
    first = [cell.value for cell in book["区市情况"][2]]
    assert first[:4] == ["文登区", "已达约谈线", "问责比例", 1]
    held = list(book["已触发的预警"].iter_rows(min_row=2, values_only=True))
    assert any("亩 ÷ 新增建设占用耕地" in str(cells[6]) for cells in held)
    stamp = {row[0].value: row[1].value for row in book["说明"].iter_rows()}
    assert stamp["基准日"] == "2023-06-10"
    assert stamp["依据"] == "工作方案 §4.4"
