"""What 年度评估 says and draws of figures worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from components.assessment.page import (
    evaluation_headline,
    interval_note,
    overturn_title,
    ranked,
    ranking,
    ranking_title,
    standing_line,
    trend_title,
    year_title,
)
from components.figures.assessment import ranking_figure, trend_figure
from components.parts.theme import tokens
from tests.components.drawn import text_of
from tests.components.figures_of import LINES, row

DAY = date(2023, 11, 23)


def ratio(name: str, part: float, whole: float = 100.0, **more: Any) -> dict[str, Any]:
    value = part / whole if whole else None
    return row(
        name, name, patches=20, ratio_net=value, ratio_gross=value, ratio_net_part_mu=part,
        new_construction_farmland_mu=whole,
    ) | more  # fmt: skip


def test_equal_ratios_share_a_rank_and_small_or_missing_ones_have_none() -> None:
    rows = [
        ratio("甲", 12.0), ratio("乙", 5.0), ratio("丙", 12.0), ratio("丁", 30.0),
        ratio("戊", 0.0, small_denominator=True), ratio("己", 0.0, 0.0),
    ]  # fmt: skip
    assert [(rank, r["name"]) for rank, r in ranked(rows)] == [
        (1, "乙"), (2, "甲"), (2, "丙"), (4, "丁"), (None, "戊"), (None, "己"),
    ]  # fmt: skip


def test_the_title_names_nobody_by_luck() -> None:
    lucky = ratio("戊", 0.0, small_denominator=True)
    assert ranking_title([lucky, ratio("甲", 12.0), ratio("乙", 5.0)], LINES) == (
        "乙问责比例最低，甲最高（12%）"
    )
    assert ranking_title([lucky, ratio("甲", 12.0)], LINES) == "区市问责比例排名"
    assert ranking_title([ratio("甲", 12.0), ratio("乙", 12.0)], LINES) == "各区市问责比例相同"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (14.96, "14.96%，低于15%约谈线 0.04 亩"),
        (15.0, "15%，已达15%约谈线（恰在线上）"),
        (15.04, "15.0%，已达15%约谈线（超出 0.1 亩）"),
    ],
)
def test_no_value_crosses_the_line_by_rounding(part: float, said: str) -> None:
    text = evaluation_headline(2023, DAY, ratio("全市", part), "", LINES, "全市")
    assert text == [f"截至11月23日，全市问责比例（扣除已消除）{said}"]


def test_who_crossed_a_line_leads_the_headline_as_on_every_page() -> None:
    parts = evaluation_headline(2023, DAY, ratio("全市", 12.0), "甲已达约谈线", LINES, "全市")
    assert parts == [
        "截至11月23日，甲已达约谈线",
        "全市问责比例（扣除已消除）12%，低于15%约谈线 3.0 亩",
    ]


def test_before_the_cut_off_nobody_is_called_to_an_interview() -> None:
    assert "只作预警，不提请约谈" in text_of(standing_line(2023, date(2024, 1, 31)))
    assert "以下为本年度评估数据" in text_of(standing_line(2023, date(2024, 2, 1)))


def test_an_interval_of_a_full_count_is_said_in_the_mark_alone() -> None:
    rows = [ratio("甲", 5.0), ratio("乙", 20.0)]
    note = interval_note([row | {"code": row["short_name"]} for row in rows], {"甲": (0.0, 0.1499)})
    assert "不是抽样" in note
    assert "甲0%–15.0%" in note
    assert "乙" not in note
    assert interval_note(rows, {}) == ""
    table = ranking({}, rows, LINES, None)
    assert "区间" not in text_of(table)


def test_the_trend_speaks_of_the_last_months_end() -> None:
    points = [{"ratio_net": v} for v in (0.2, 0.15, 0.13)]
    assert trend_title(points, LINES) == "问责比例较上月末降2.0个百分点"
    assert trend_title(points[:1], LINES) == "问责比例逐月变化"
    assert trend_title([*points, {"ratio_net": 0.1301}], LINES) == "问责比例与上月末持平"
    assert trend_title([*points, {"ratio_net": None}], LINES) == "问责比例逐月变化"


def test_titles_say_who_overturned_and_what_the_ledger_holds() -> None:
    nobody = dict.fromkeys(
        ("city_redetermined_parcels", "province_redetermined_parcels"), 0
    )  # fmt: skip
    assert overturn_title(nobody) == "上级还没有给出定性结果"
    city = {
        "city_redetermined_parcels": 8, "city_overturned_parcels": 2, "city_overturn_rate": 0.25,
        "province_redetermined_parcels": 0,
    }  # fmt: skip
    assert overturn_title(city) == "市级改判2宗（25%）"
    kept = {"ledger_remaining_farmland_mu": 3.5}
    assert year_title([(2023, {}, None), (2021, None, kept)], 2023) == (
        "往年台账还有3.50亩违法占用耕地未消除"
    )
    assert year_title([(2023, {}, None)], 2023) == "与往年比较"


def test_dots_take_the_colour_of_the_line_they_have_reached() -> None:
    rows = [ratio("甲", 9.0), ratio("乙", 10.0), ratio("丙", 15.0), ratio("丁", 0.0, 0.0)]
    figure = ranking_figure(rows, LINES)
    (dots,) = [t for t in figure.data if getattr(t.marker, "size", None) == 11]
    t = tokens()
    assert list(dots.marker.color) == [t["accent"], t["early-warning"], t["interview"]]
    assert list(figure.layout.yaxis.categoryarray) == ["丁", "丙", "乙", "甲"]
    assert [trace for trace in figure.data if trace.mode == "lines"] == []


def test_months_without_a_ratio_are_left_out_of_the_line() -> None:
    days = [date(2023, 1, 31), date(2023, 2, 28), DAY]
    figure = trend_figure(days, [None, 0.2, 0.1], [None, 0.3, 0.3], [None, 0.25, 0.2], LINES)
    assert [list(trace.x) for trace in figure.data] == [days[1:]] * 3
    texts = [a.text for a in figure.layout.annotations]
    assert texts == ["扣除已消除 10%", "从严扣除 20%", "未扣除 30%", "10%预警线", "15%约谈线"]
