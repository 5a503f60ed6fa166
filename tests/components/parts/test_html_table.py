"""Plain tables."""

from __future__ import annotations

from dash import html

from components.parts.html_table import TableColumn, html_table
from tests.components.drawn import attribute, below, classed, rows_of


def test_numbers_stand_right_and_the_first_cell_heads_its_row() -> None:
    table = html_table(
        [TableColumn("区市"), TableColumn("图斑（个）", True)], [["环翠区", "12"]], "题"
    )
    assert rows_of(table) == [["区市", "图斑（个）"], ["环翠区", "12"]]
    assert len(classed(table, "number")) == 2
    (head,) = [p for p in below(table) if getattr(p, "scope", "") == "row"]
    assert head.children == "环翠区"


def test_a_table_has_a_caption_and_can_be_reached_by_keyboard() -> None:
    table = html_table([TableColumn("a")], [], "各区市各月")
    assert any(isinstance(p, html.Caption) and p.children == "各区市各月" for p in below(table))
    assert attribute(table, "tabIndex") == "0"


def test_the_row_that_the_view_is_about_is_marked() -> None:
    table = html_table([TableColumn("a")], [["1"], ["2"]], "题", marked=1)
    assert rows_of(classed(table, "marked")) == [["2"]]
