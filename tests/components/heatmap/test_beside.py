"""Sums, hot spots and units beside the map of 违法占用."""

from __future__ import annotations

from components.heatmap.beside import Sum, UnitRow, spots_list, sums_table, units_table
from tests.components.drawn import attribute, classed, links_of, rows_of, text_of


def test_the_last_sum_is_the_whole_and_no_patches_lead_nowhere() -> None:
    table = sums_table([Sum("视图内", "0.00亩", 0, "/a"), Sum("合计", "2.00亩", 1, "/b")], "数量")
    assert links_of(table) == {"1": "/b"}
    assert len(classed(table, "total")) == 2


def test_a_spot_says_its_rank_place_value_and_change() -> None:
    spot = {
        "rank": 1, "name": "环翠区张村镇", "box": (122.0, 37.0, 122.1, 37.1),
        "text": "3.00亩", "patches": 1200, "change_text": "+1.00亩",
    }  # fmt: skip
    drawn = spots_list([spot, spot | {"change_text": ""}])
    first, second = classed(drawn, "spot")
    assert text_of(first) == "1 环翠区张村镇 3.00亩 1,200个图斑，较一个月前+1.00亩"
    assert "较" not in text_of(second)
    assert attribute(first, "data-box") == "122.000000,37.000000,122.100000,37.100000"
    assert "没有集中区域" in text_of(spots_list([]))


def test_units_lead_to_their_view_and_their_patches() -> None:
    rows = [
        UnitRow("环翠区", "3.00亩", "100%", "0.01亩/km²", "/list", "/own"),
        UnitRow("合计", "3.00亩", "100%", "", None),
    ]
    table = units_table(rows, "区市", "未消除", "密度")
    assert links_of(table) == {"环翠区": "/own", "查看": "/list"}
    assert rows_of(table)[-1][0].strip() == "合计"
