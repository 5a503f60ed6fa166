"""A CSV holds values, whatever a spreadsheet would like to take them for."""

from __future__ import annotations

from datetime import date

from data.tables.columns import ANY, COUNT, DAY, FLAG, NUMBER, TEXT, TEXTS, as_row, parts
from data.tables.csv_file import as_csv

COLUMNS = {
    "name": TEXT,
    "area_mu": NUMBER,
    "on": DAY,
    "done": FLAG,
    "numbers": TEXTS,
    "states": parts({"open": parts({"items": COUNT}), "closed": parts({"items": COUNT})}),
    "returns": ANY,
}


def test_texts_that_would_be_formulas_are_texts() -> None:
    rows = [
        {"name": text, "area_mu": -1.5} for text in ("=1+1", "+1", "-1", "@a", "\tb", "甲,“乙”")
    ]
    lines = as_csv({"name": TEXT, "area_mu": NUMBER}, rows).decode("utf-8-sig").splitlines()
    assert lines == [
        "name,area_mu", "'=1+1,-1.5", "'+1,-1.5", "'-1,-1.5", "'@a,-1.5", "'\tb,-1.5",
        '"甲,“乙”",-1.5',
    ]  # fmt: skip


def test_what_lies_deeper_has_a_head_of_its_own() -> None:
    row = as_row(
        COLUMNS,
        {
            "name": "甲",
            "area_mu": 0.1,
            "on": date(2023, 5, 4),
            "done": True,
            "numbers": ("a", "b"),
            "states": {"open": {"items": 2}},
            "returns": {"照片": 1},
        },
    )
    head, line = as_csv(COLUMNS, [row]).decode("utf-8-sig").splitlines()
    assert head == "name,area_mu,on,done,numbers,states.open.items,states.closed.items,returns"
    assert line == '甲,0.1,2023-05-04,true,a、b,2,,"{""照片"":1}"'


def test_a_list_without_rows_still_has_its_heads() -> None:
    assert as_csv({"name": TEXT}, []) == "\ufeffname\r\n".encode()
