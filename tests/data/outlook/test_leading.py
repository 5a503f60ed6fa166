"""The sentence of a page: lines crossed, then the week, then what is overdue, then the forecast."""

from __future__ import annotations

from datetime import date
from typing import Any

from data.outlook.calendar import Deadline
from data.outlook.forecasts import Clock, Forecast, Missing
from data.outlook.leading import leading
from data.rules.forecast import Band, Record
from data.triggers.matters import Matter, matters
from tests.components.figures_of import row
from tests.triggers_of import trigger

ON = date(2023, 11, 30)
NAMES = {"371002": "环翠区", "371072": "经区", "371073": "临港区"}
OPEN = row(patches=50, due_reached=40, overdue=3)


def due(rule: str, on: date, title: str, count: float = 7, unit: str = "个") -> Deadline:
    return Deadline(f"{rule}-{on}", rule, on, title, "§3.3", "省级未通过", unit, {"371002": count})


def clock(*missing: Missing) -> Clock:
    return Clock("2023-12", date(2023, 12, 24), 24, missing)


def expecting(count: float) -> Forecast:
    return Forecast(12, Band(max(count - 2, 0), count, count + 2), Record(8, 9))


def said(**more: Any) -> list[str]:
    given: dict[str, Any] = {
        "row": OPEN, "found": [], "dates": [], "running": clock(), "forecasts": {}, "name": None,
    }  # fmt: skip
    return leading(2023, ON, **(given | more))


def crossing() -> list[Matter]:
    return matters(
        [
            trigger("T3", code, subject_name=NAMES[code], value=value, threshold=0.15,
                    line="interview", margin="超出15%线 3.3 亩")
            for code, value in (("371072", 0.179), ("371073", 0.261))
        ],
        NAMES,
    )  # fmt: skip


def test_a_line_crossed_leads_the_week_follows_then_what_is_overdue_then_the_forecast() -> None:
    parts = said(
        found=crossing(),
        dates=[due("D2", ON, "10月月核")],
        running=clock(Missing("371002", "环翠区", 12, 30)),
        forecasts={"371002": expecting(4)},
    )
    assert parts == [
        "截至11月30日，临港区、经区已达约谈线，最严重的是临港区：问责比例26.1%，超出15%线3.3亩",
        "10月月核今日到期，省级未通过7个",
        "3个图斑逾期未报",
        "预计环翠区不能按期完成12月月清",
    ]


def test_no_interval_and_no_record_of_forecasts_stands_in_the_sentence() -> None:
    several = [Missing(code, name, 12, 30) for code, name in NAMES.items()]
    text = "；".join(
        said(running=clock(*several), forecasts={code: expecting(4) for code in NAMES})
    )
    assert text == "截至11月30日，3个图斑逾期未报；预计3个区市不能按期完成12月月清"


def test_small_dates_and_dates_beyond_the_week_lead_nothing() -> None:
    dates = [
        due("D3", ON, "退回图斑改正上报"),
        due("D2", date(2023, 12, 2), "10月月核"),
        due("D1", date(2023, 12, 5), "月清上报"),
        due("D1", date(2023, 12, 24), "12月月清上报"),
    ]
    assert said(dates=dates, row=row(patches=5, due_reached=4)) == [
        "截至11月30日，10月月核还有2天到期（12月2日），省级未通过7个；"
        "月清上报还有5天到期（12月5日），省级未通过7个"
    ]


def test_a_districts_sentence_begins_with_its_name_once() -> None:
    only = [m for m in crossing() if m.district == "371073"]
    assert said(found=only, name="临港区")[0] == (
        "截至11月30日，临港区已达约谈线：问责比例26.1%，超出15%线3.3亩"
    )
    assert said(name="临港区") == ["截至11月30日，临港区3个图斑逾期未报"]


def test_on_a_page_of_clearance_months_their_warnings_are_the_lines() -> None:
    low = trigger("T1", unit="share", value=0.7, threshold=0.9, period="2023-05", open=3)
    assert said(found=matters([low], NAMES))[0] == (
        "截至11月30日，环翠区4个月中1个月低于90%且未报完，欠3个"
    )


def test_without_data_nothing_is_called_in_order() -> None:
    assert said(row=row()) == ["截至11月30日，全市2023年度还没有下发图斑，尚无数据，不能判断"]
    assert said(row=row(patches=5)) == ["截至11月30日，还没有到期的图斑"]
    assert said(row=row(patches=5, due_reached=5)) == ["截至11月30日，各区市5个到期图斑均已上报"]
