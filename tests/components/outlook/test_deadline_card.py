"""The card of the year's dates."""

from __future__ import annotations

from datetime import date

from components.outlook.deadline_card import (
    by_district,
    deadline_card,
    distance,
    title_of,
    year_rows,
)
from data.outlook.calendar import Deadline
from data.units import format_with_unit
from tests.components.drawn import links_of, rows_of, text_of

NAMES = {"371002": "环翠区", "371003": "文登区", "371082": "荣成市", "371083": "乳山市"}
ON = date(2023, 11, 20)


def d1(month: str, on: date, begun: bool = True, **open_: float) -> Deadline:
    left = {f"37{code[1:]}": count for code, count in open_.items()}
    title = f"{int(month[-2:])}月月清上报"
    return Deadline(f"D1-{month}", "D1", on, title, "§3.2", "未上报", "个", left, begun, month)


def d8(on: date, count: int) -> Deadline:
    left = {"371003": count}
    return Deadline(f"D8-{on}", "D8", on, "省厅问题清单销号", "§3.3", "未销号", "项", left)


YEAR = [
    d1("2023-08", date(2023, 8, 24), _1002=2),
    d1("2023-09", date(2023, 9, 24), _1003=1),
    d1("2023-10", date(2023, 10, 24)),
    d8(date(2023, 11, 21), 1),
    d1("2023-11", date(2023, 11, 24), _1002=9, _1003=16, _1082=12, _1083=14),
    d8(date(2023, 11, 29), 2),
    d1("2023-12", date(2023, 12, 24), begun=False),
    Deadline("D6", "D6", date(2024, 1, 31), "消除违法状态截止", "§3.4", "违法用地未消除", "亩",
             {"371083": 30.5}),
]  # fmt: skip


def drawn(deadlines: list[Deadline], as_of: date = ON) -> list[list[str]]:
    card = deadline_card(deadlines, as_of, 2023, NAMES, {"year": "2023"})
    rows = rows_of(card)
    return rows[1 : next(n for n, row in enumerate(rows) if n and row[0] == "期限")]


def test_what_is_past_and_open_stands_first_and_a_rules_dates_together() -> None:
    rows = drawn(YEAR)
    assert rows[0] == [
        "8月24日起",
        "已过88天",
        "月清逾期未报3个",
        "环翠区2、文登区1",
        "§3.2",
    ]
    assert rows[1][:4] == ["11月21日起", "还有1天", "省厅问题清单销号 未销号3项", "文登区3"]
    assert rows[2][1:4] == [
        "还有4天",
        "11月月清上报 未上报51个",
        "文登区16、乳山市14、荣成市12，另有1个区市",
    ]
    assert len(rows) == 3  # December and January are further away than a month


def test_the_title_is_the_next_great_date() -> None:
    assert title_of(YEAR, ON, 2023) == "下一个期限：11月24日11月月清上报，还有4天，未上报51个"


def test_after_the_last_date_the_title_says_what_is_left_or_that_all_is_done() -> None:
    late = date(2024, 3, 1)
    assert title_of(YEAR, late, 2023) == "2023年度期限已全部过去，月清逾期未报54个"
    assert title_of([YEAR[2]], late, 2023) == "2023年度各项期限均已完成"


def test_a_month_whose_patches_are_still_to_come_says_so() -> None:
    rows = drawn(YEAR, date(2023, 12, 1))
    assert ["12月24日", "还有23天", "12月月清上报 尚无图斑", "—", "§3.2"] in rows


def test_counts_lead_to_their_patches() -> None:
    links = links_of(deadline_card(YEAR, ON, 2023, NAMES, {"year": "2023"}))
    assert links["月清逾期未报3个"] == "/overdue?year=2023"
    assert links["§3.2"] == "/rules?year=2023#D1"
    assert links["未上报51个"] == "/patches?year=2023&figure=unreported&month=2023-11"


def test_the_years_table_has_every_date_with_every_district() -> None:
    headers, rows = year_rows(YEAR, 2023, NAMES)
    assert headers[-4:] == ["环翠区", "文登区", "荣成市", "乳山市"]
    assert rows[0][5:] == [2, 2, 0, 0, 0]
    assert rows[6][5:] == [None] * 5
    text = text_of(deadline_card(YEAR, ON, 2023, NAMES, {}))
    assert "违法用地未消除30.50亩" in text


def test_reports_name_districts_without_a_number() -> None:
    assert by_district({"371002": 1, "371003": 1}, "份", NAMES, None) == "环翠区、文登区"
    assert format_with_unit(2, "份") == "2份"


def test_the_day_itself_is_today() -> None:
    assert distance(ON, ON) == "今日到期"
