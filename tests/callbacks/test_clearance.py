"""月清 over a small year, on both databases."""

from __future__ import annotations

import io

import openpyxl
import pytest
from dash.development.base_component import Component

from callbacks.clearance import render, workbook
from components import ids
from data.store.engine import Store
from tests.callbacks.year_2023 import ON, fill
from tests.components.drawn import below, classed, links_of, rows_of, text_of


def drawn(store: Store, search: str = ON) -> list[Component]:
    with store.read() as conn:
        return render(conn, store.settings, search)


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


def test_the_matrix_has_a_row_a_district_and_a_column_a_month(filled: Store) -> None:
    (table,) = classed(drawn(filled), "matrix")
    rows = rows_of(table)
    assert rows[0] == ["区市", "5月", "6月", "全年"]
    assert rows[1:3] == [["环翠区", "50.0% 欠1", "1/1", "50.0%"], ["文登区", "0.0%", "0/1", "0.0%"]]
    assert rows[-1] == ["全市", "33.3% 欠1", "1/2", "33.3%"]
    assert rows[3][1:] == ["—", "—", "—"]


def test_a_chosen_district_leaves_its_row_only(filled: Store) -> None:
    (table,) = classed(drawn(filled, f"{ON}&district=371003"), "matrix")
    assert [cells[0] for cells in rows_of(table)] == ["区市", "文登区"]


def test_the_chart_ends_with_what_is_open_on_the_day_and_has_its_table(filled: Store) -> None:
    page = drawn(filled)
    (graph,) = [p for p in below(page) if getattr(p, "id", "") == ids.Clearance.CHART]
    assert [trace.y[-1] for trace in graph.figure.data] == [2, 1]
    (table,) = [p for p in below(page) if getattr(p, "id", "") == ids.Clearance.CHART_TABLE]
    assert rows_of(table)[1] == ["6月10日", "2", "1"]
    assert len(rows_of(table)) == 36


def test_the_wall_has_no_chart(filled: Store) -> None:
    parts = below(drawn(filled, f"{ON}&screen=1"))
    assert not [part for part in parts if getattr(part, "id", "") == ids.Clearance.CHART]


def test_a_store_without_land_patches_says_what_to_upload(store: Store) -> None:
    page = drawn(store, "")
    assert links_of(page)["去上传下发图斑"].startswith("/upload")


def test_the_workbook_shows_the_matrix_of_the_screen(filled: Store) -> None:
    with filled.read() as conn:
        name, content = workbook(conn, filled.settings, f"{ON}&district=371002")
    assert name == "月清_环翠区_2023-06-10.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == [
        "月清",
        "各月明细",
        "2023年6月进度",
        "月核预测",
        "消除预测",
        "近五周",
        "说明",
    ]
    assert [[c.value for c in row] for row in book["月清"].iter_rows()] == [
        ["区市", "5月", "6月", "全年"],
        ["环翠区", 0.5, "1/1", 0.5],
    ]
    assert [c.value for c in book["近五周"][2]][1:] == [1, 1]
    assert text_of([row[0].value for row in book["说明"].iter_rows()]).startswith("范围")
