"""The parts of 违法占用."""

from __future__ import annotations

from datetime import date

import pytest

from components import ids
from components.heatmap import (
    Overlay,
    Question,
    Shown,
    Sum,
    UnitRow,
    map_bar,
    months_said,
    question_bar,
    spots_list,
    sums_table,
    units_table,
)
from tests.components.drawn import attribute, below, classed, links_of, rows_of, text_of

MONTHS = [("2023-05", "5月"), ("2023-06", "6月"), ("2023-07", "7月"), ("2023-08", "8月")]


def by_id(component: object, wanted: str) -> object:
    (found,) = [part for part in below(component) if getattr(part, "id", None) == wanted]
    return found


def bar(question: Question) -> object:
    return question_bar(
        question,
        measures={"overdue": "逾期未报图斑"},
        months=MONTHS,
        types=[("mineral", "矿产")],
        first_day=date(2023, 1, 1),
        last_day=date(2023, 8, 1),
        default_against=date(2023, 7, 31),
        clear_href="/heatmap",
    )


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ((), "全部月份"),
        (("2023-06", "2023-05"), "5月、6月"),
        (("2023-05", "2023-06", "2023-07", "2023-08"), "4个月"),
    ],
)
def test_the_chosen_months_are_said(chosen: tuple[str, ...], said: str) -> None:
    assert months_said(chosen, MONTHS, "全部月份") == said


def test_only_the_boxes_of_the_chosen_comparison_show() -> None:
    i = ids.Heatmap
    cases = {
        "none": Question("overdue", (), None, None, ()),
        "day": Question("overdue", (), None, date(2023, 6, 1), ()),
        "months": Question("overdue", (), None, None, ("2023-05",)),
    }
    for kind, question in cases.items():
        drawn = bar(question)
        assert by_id(drawn, i.AGAINST).value == kind  # type: ignore[attr-defined]
        assert by_id(drawn, i.AGAINST_DAY_BOX).hidden == (kind != "day")  # type: ignore[attr-defined]
        assert by_id(drawn, i.AGAINST_MONTHS_BOX).hidden == (kind != "months")  # type: ignore[attr-defined]


def test_a_month_without_patches_that_the_address_names_can_be_taken_out() -> None:
    drawn = bar(Question("overdue", ("2022-12",), None, None, ()))
    months = by_id(drawn, ids.Heatmap.MONTHS)
    assert months.value == ["2022-12"]  # type: ignore[attr-defined]
    assert "2022-12" in [o["value"] for o in months.options]  # type: ignore[attr-defined]


def map_bar_with(layer: str, overlays: list[Overlay], chosen: tuple[str, ...] = ()) -> object:
    return map_bar(
        Shown(layer, "1000", "district", "status", chosen),
        layers={"heat": "热力面", "patches": "图斑"},
        radii={"1000": "1公里"},
        units={"district": "区市"},
        colours={"status": "办理状态"},
        overlays=overlays,
    )


def test_a_layer_has_its_own_choice_beside_it() -> None:
    i = ids.Heatmap
    for layer, shown in (("heat", i.RADIUS_BOX), ("patches", i.COLOUR_BOX)):
        drawn = map_bar_with(layer, [])
        for box in (i.RADIUS_BOX, i.BY_BOX, i.COLOUR_BOX):
            assert by_id(drawn, box).hidden == (box != shown)  # type: ignore[attr-defined]


def test_an_overlay_that_is_not_there_is_not_ticked() -> None:
    drawn = map_bar_with("heat", [Overlay("farmland", "耕地")], ("farmland", "redline"))
    assert by_id(drawn, ids.Heatmap.OVERLAYS).value == ["farmland"]  # type: ignore[attr-defined]
    assert "请上传“参考图层”" in text_of(map_bar_with("heat", []))


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
