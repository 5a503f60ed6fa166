"""Figures as a reader sees them: sides of lines, changes, margins, forecasts."""

from __future__ import annotations

import pytest

from components.parts.figure_text import (
    band_text,
    change_text,
    forecast_reason,
    ratio_margin,
    record_text,
    shown,
)
from data.outlook.forecasts import Forecast
from data.rules.forecast import Band, Record
from data.vocabulary import RatioVariant
from tests.components.figures_of import LINES, row

NET = RatioVariant.NET


def expecting(count: float) -> Forecast:
    band = Band(max(count - 2, 0), count, count + 2)
    return Forecast(12, band, Record(8, 9), months=("2023-09", "2023-10"), seen=40, missed=10)


def test_a_ratio_below_a_line_is_never_rounded_onto_it() -> None:
    assert shown("ratio_net", 0.1496, LINES) == "14.96%"
    assert shown("ratio_net", 0.15, LINES) == "15%"
    assert shown("on_time_rate", 0.8996, LINES) == "89.96%"


def test_no_value_is_a_dash_in_every_unit() -> None:
    assert [shown(name, None, LINES) for name in ("ratio_net", "overdue", "remaining_mu")] == [
        "—",
        "—",
        "—",
    ]


@pytest.mark.parametrize(
    ("name", "now", "then", "text", "good"),
    [
        ("on_time_rate", 0.95, 0.93, "较上月末 +2.0 个百分点", True),
        ("overdue", 12, 4, "较上月末 +8 个", False),
        ("remaining_farmland_mu", 10.0, 14.4, "较上月末 -4.4 亩", True),
        ("overdue", 12, 12, "与上月末持平", None),
        ("ratio_net", None, 0.1, "", None),
    ],
)
def test_a_change_says_how_much_and_whether_it_is_good(
    name: str, now: float | None, then: float | None, text: str, good: bool | None
) -> None:
    assert change_text(name, now, then) == (text, good)


def test_the_margin_to_a_line_is_in_mu_and_never_reads_zero_before_it() -> None:
    just_below = row(new_construction_farmland_mu=100.0, ratio_net_part_mu=14.99, ratio_net=0.1499)
    assert ratio_margin(just_below, 0.15, NET) == "低于 0.01 亩"
    roomy = row(new_construction_farmland_mu=100.0, ratio_net_part_mu=11.68, ratio_net=0.1168)
    assert ratio_margin(roomy, 0.15, NET) == "低于 3.3 亩", "what is free is rounded down"
    above = row(new_construction_farmland_mu=100.0, ratio_net_part_mu=16.0, ratio_net=0.16)
    assert ratio_margin(above, 0.15, NET) == "超出 1.0 亩"
    on_it = row(new_construction_farmland_mu=100.0, ratio_net_part_mu=15.0, ratio_net=0.15)
    assert ratio_margin(on_it, 0.15, NET) == "恰在线上"
    assert ratio_margin(row(), 0.15, NET) == "—"
    judged = row(new_construction_farmland_mu=100.0, ratio_strict_part_mu=20.0, ratio_strict=0.2)
    assert ratio_margin(judged, 0.15, RatioVariant.STRICT) == "超出 5.0 亩"


def test_a_forecast_says_what_it_was_learnt_from_and_how_it_has_held() -> None:
    text = forecast_reason("环翠区", expecting(3), 4, ("未上报", "未按期上报"))
    assert text == (
        "环翠区：往2个月到期前4天未上报的40个中，10个未按期上报（25%）；"
        "现有12个未上报，预计差3个，八成把握为1–5个。近9个月预测命中8个月。"
    )


def test_a_district_without_a_past_is_said_to_follow_the_city() -> None:
    new = Forecast(4, Band(0, 1, 2), Record(0, 0), later=3)
    text = forecast_reason("南海新区", new, 0, ("未上报", "未按期上报"))
    assert "没有本区市往月可比，按全市往月推算" in text
    assert "此后预计还会下发3个" in text
    assert "命中" not in text
    nothing = Forecast(4, None, Record(0, 0))
    assert "不作推算" in forecast_reason("南海新区", nothing, 0, ("未上报", "未按期上报"))


def test_a_band_of_one_number_is_one_number() -> None:
    assert band_text(Forecast(4, Band(0, 0, 0), Record(0, 0))) == "0个"
    assert band_text(expecting(3)) == "1–5个"
    assert band_text(None) == ""


def test_no_record_is_a_dash() -> None:
    assert (record_text(Record(8, 9)), record_text(Record(0, 0))) == ("8/9", "—")
