"""预警约谈 as a workbook."""

from __future__ import annotations

import io
from datetime import date

import openpyxl

from callbacks.triggers.workbook import workbook
from data.scope import Scope
from data.store.engine import Store
from data.triggers.current import current_triggers
from tests.callbacks.year_2023 import ON, fill


def test_the_workbook_has_the_triggers_and_the_patches_behind_them(store: Store) -> None:
    fill(store)
    with store.read() as conn:
        name, content = workbook(conn, store.settings, ON)
        triggers = current_triggers(conn, Scope.all(), 2023, date(2023, 6, 10))
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert name == "预警约谈_全市_2023-06-10.xlsx"
    assert book["预警"].max_row == 1 + len(triggers)
    assert book["所依据的图斑"].max_row == 1 + sum(len(t["patches"]) for t in triggers)
    stamp = {row[0].value: row[1].value for row in book["说明"].iter_rows(max_col=2)}
    assert stamp["比较对象"] == "5月31日"
