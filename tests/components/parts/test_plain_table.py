"""Tables as one component."""

from __future__ import annotations

import pytest

from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table

COLUMNS = [TableColumn("区市"), TableColumn("图斑（个）", True)]


def test_a_table_is_one_component_whose_cells_are_data() -> None:
    table = plain_table(COLUMNS, [["环翠区", Cell("12", "/overdue")]], "题", "matrix", marked=0)
    drawn = table.to_plotly_json()  # type: ignore[no-untyped-call]
    assert drawn == {
        "type": "PlainTable",
        "namespace": "weipian",
        "props": {
            "caption": "题",
            "columns": [
                {"header": "区市", "number": False},
                {"header": "图斑（个）", "number": True},
            ],
            "rows": [["环翠区", {"text": "12", "href": "/overdue"}]],
            "className": "matrix",
            "marked": 0,
        },
    }


def test_a_cell_says_only_what_it_has() -> None:
    assert Cell("—").as_json() == {"text": "—"}
    assert Cell("50%", below=Cell("欠1", "/x")).as_json() == {
        "text": "50%",
        "below": {"text": "欠1", "href": "/x"},
    }
    assert Cell("0/3", bar=0.0).as_json() == {"text": "0/3", "bar": 0.0}


def test_a_row_that_does_not_fit_its_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="题: a row of 1 cells under 2 columns"):
        plain_table(COLUMNS, [["环翠区"]], "题")
