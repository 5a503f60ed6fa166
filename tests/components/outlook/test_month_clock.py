"""This month's clock."""

from __future__ import annotations

from datetime import date

from components.outlook.month_clock import clock_card, clock_table
from data.outlook.forecasts import Clock, Forecast, Missing, Outlook
from data.rules.forecast import Band, Record
from tests.components.drawn import links_of, rows_of, text_of

RUNNING = Clock(
    "2023-11",
    date(2023, 11, 24),
    4,
    (Missing("371002", "环翠区", 12, 30), Missing("371003", "文登区", 5, 20)),
)
MONTHS = ("2023-08", "2023-09", "2023-10")
OUTLOOK = Outlook(
    RUNNING.due_on,
    4,
    {
        "371002": Forecast(12, Band(1, 3, 6), Record(8, 9), months=MONTHS, seen=50, missed=15),
        "371003": Forecast(5, None, Record(0, 0)),
    },
    Record(16, 18),
    RUNNING.month,
)
NOTHING = Outlook(RUNNING.due_on, 4, {}, Record(0, 0), RUNNING.month)


def test_each_district_shows_progress_pace_what_is_expected_and_the_record() -> None:
    assert rows_of(clock_table(RUNNING, OUTLOOK, {}, 2023))[1:] == [
        ["环翠区", "预计差3个 1–6个", "8/9", "18/30", "12", "3.0"],
        ["文登区", "无往月可比", "—", "15/20", "5", "1.2"],
    ]


def test_the_forecast_says_how_it_was_made_and_how_often_it_held() -> None:
    text = text_of(clock_table(RUNNING, OUTLOOK, {}, 2023))
    assert "18次预测中16次落在区间内" in text
    assert "不作评判" in text
    assert "环翠区：往3个月到期前4天未上报的50个中，15个未按期上报（30%）" in text


def test_without_past_months_the_table_says_so() -> None:
    assert "没有往月可比，不作推算。" in text_of(clock_table(RUNNING, NOTHING, {}, 2023))


def test_what_is_missing_leads_to_the_months_patches() -> None:
    links = links_of(clock_table(RUNNING, OUTLOOK, {"year": "2023"}, 2023))
    assert links["12"] == "/patches?year=2023&district=371002&figure=unreported&month=2023-11"


def test_the_due_day_itself_asks_for_all_today() -> None:
    today = Clock("2023-11", date(2023, 11, 24), 0, RUNNING.missing)
    assert rows_of(clock_table(today, OUTLOOK, {}, 2023))[1][5] == "今日"


def test_a_month_without_patches_says_so_and_what_to_do() -> None:
    empty = Clock("2023-12", date(2023, 12, 24), 20, ())
    text = text_of(clock_card(empty, NOTHING, 0, {}, 2023))
    assert "12月月清暂无图斑（12月24日到期）" in text
    assert "请上传“下发图斑”" in text


def test_a_finished_month_says_that_all_are_in() -> None:
    done = Clock("2023-11", date(2023, 11, 24), 4, ())
    assert "11月的7个图斑已全部上报。" in text_of(clock_card(done, NOTHING, 7, {}, 2023))
