"""This month's clock."""

from __future__ import annotations

from datetime import date

from components.month_clock import clock_card, clock_table
from data.workflow.outlook import Clock, Forecast, Missing
from tests.components.drawn import links_of, rows_of, text_of

RUNNING = Clock(
    "2023-11",
    date(2023, 11, 24),
    4,
    (Missing("371002", "环翠区", 12, 30), Missing("371003", "文登区", 5, 20)),
)
FORECASTS = {
    "371002": Forecast(12, 3.4, 0.7, ("2023-08", "2023-09", "2023-10")),
    "371003": Forecast(5, None, None, ()),
}


def test_each_district_shows_progress_pace_and_what_is_expected() -> None:
    assert rows_of(clock_table(RUNNING, FORECASTS, {}, 2023))[1:] == [
        ["环翠区", "18/30", "12", "3.0", "70%", "预计差3个"],
        ["文登区", "15/20", "5", "1.2", "—", "无往月可比"],
    ]


def test_the_forecast_says_how_it_was_made() -> None:
    text = text_of(clock_table(RUNNING, FORECASTS, {}, 2023))
    assert "按前3个月同一时点推算" in text
    assert "不作评判" in text


def test_what_is_missing_leads_to_the_months_patches() -> None:
    links = links_of(clock_table(RUNNING, FORECASTS, {"year": "2023"}, 2023))
    assert links["12"] == "/patches?year=2023&district=371002&month=2023-11"


def test_the_due_day_itself_asks_for_all_today() -> None:
    today = Clock("2023-11", date(2023, 11, 24), 0, RUNNING.missing)
    assert rows_of(clock_table(today, FORECASTS, {}, 2023))[1][3] == "今日"


def test_a_month_without_patches_says_so_and_what_to_do() -> None:
    empty = Clock("2023-12", date(2023, 12, 24), 20, ())
    text = text_of(clock_card(empty, {}, 0, {}, 2023, stamp=""))
    assert "12月月清暂无图斑（12月24日到期）" in text
    assert "请上传“下发图斑”" in text


def test_a_finished_month_says_that_all_are_in() -> None:
    done = Clock("2023-11", date(2023, 11, 24), 4, ())
    assert "11月的7个图斑已全部上报。" in text_of(clock_card(done, {}, 7, {}, 2023, stamp=""))
