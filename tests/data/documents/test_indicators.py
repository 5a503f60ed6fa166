"""The indicator package: nine uses, values of the figures' own, a table that can be edited."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from data.documents.indicators import package, uses
from data.errors import SupervisionError
from data.scope import Scope
from data.store.opening import open_store
from data.store.queries.figures import figures
from tests.demo_year import DEMO_TODAY, DEMO_YEAR, DemoYear


def test_a_sheet_a_use_with_the_values_of_the_figures(demo_year: DemoYear) -> None:
    table = uses()
    assert len(table) == 9
    with open_store(demo_year.settings).read() as conn:
        content = package(conn, Scope.all(), DEMO_YEAR, DEMO_TODAY, table)
        city = figures(conn, Scope.all(), DEMO_YEAR, DEMO_TODAY)["city"]
    book = load_workbook(io.BytesIO(content))
    assert len(book.sheetnames) == 10
    head, *rows = book["土地管理水平综合评估"].iter_rows(values_only=True)
    by_name = {row[1]: dict(zip(head, row, strict=True)) for row in rows}
    net = by_name["ratio_net"]
    assert net["全市"] == pytest.approx(city["ratio_net"] * 100)
    assert net["分子"] == pytest.approx(city["ratio_net_part_mu"])
    assert net["分母"] == pytest.approx(city["new_construction_farmland_mu"])
    assert by_name[None]["状态"] == "口径待主管科室提供"
    assert by_name[None]["全市"] is None


def test_the_table_can_be_edited_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "indicators.toml"
    row = '{ label = "x", figure = "ratio_net", status = "部分" }'
    own.write_text(f'[[use]]\nname = "甲"\nindicators = [{row}]\n', encoding="utf-8")
    assert [use.name for use in uses(tmp_path)] == ["甲"]
    for wrong in (row.replace("ratio_net", "nonsense"), row.replace("部分", "也许"), "1"):
        own.write_text(f'[[use]]\nname = "甲"\nindicators = [{wrong}]\n', encoding="utf-8")
        with pytest.raises(SupervisionError, match="。"):
            uses(tmp_path)
