"""The cards of the monthly audit and of the elimination cut-off."""

from __future__ import annotations

from datetime import date

from components.outlook.outlook_cards import audit_card, elimination_card
from data.outlook.forecasts import Forecast, Outlook
from data.rules.forecast import Band, Record
from tests.components.drawn import links_of, rows_of, text_of
from tests.components.figures_of import row

DOCUMENT = {
    "year": 2023,
    "districts": [
        row(unlawful_mu=50.0, eliminated_mu=20.0, remaining_mu=30.0),
        row("371003", "文登区"),
    ],
    "months": [
        row(due=30, final=18) | {"month": "2023-10"},
        row("371003", "文登区", due=9, final=9) | {"month": "2023-10"},
        row(due=40, final=0) | {"month": "2023-11"},
    ],
}
AUDIT = Outlook(
    date(2023, 11, 30),
    7,
    {"371002": Forecast(12, Band(2, 4, 7), Record(9, 9), months=("2023-09",), seen=30, missed=10)},
    Record(9, 9),
    "2023-10",
)
ELIMINATION = Outlook(
    date(2024, 1, 31),
    69,
    {"371002": Forecast(30.0, Band(18.0, 30.0, 41.5), Record(3, 9))},
    Record(3, 9),
)


def test_the_monthly_audit_lists_who_has_patches_left() -> None:
    card = audit_card(AUDIT, DOCUMENT, {"year": "2023"})
    assert "10月月核还有12个图斑未完成：11月30日到期，还有7天" in text_of(card)
    assert rows_of(card)[1:] == [["环翠区", "预计差4个 2–7个", "9/9", "18/30", "12"]]
    assert (
        links_of(card)["12"] == "/patches?year=2023&district=371002&figure=not_final&month=2023-10"
    )
    assert "10个到期未通过" in text_of(card)


def test_a_month_that_the_province_has_passed_says_so() -> None:
    done = Outlook(AUDIT.due_on, 7, {}, Record(0, 0), "2023-10")
    assert "39个图斑省级均已通过" in text_of(audit_card(done, DOCUMENT, {}))
    none = Outlook(AUDIT.due_on, 7, {}, Record(0, 0), "2023-08")
    assert "8月没有土地图斑" in text_of(audit_card(none, DOCUMENT, {}))


def test_what_remains_stands_beside_what_is_expected_and_the_poor_record_is_said() -> None:
    card = elimination_card(ELIMINATION, DOCUMENT, {})
    assert rows_of(card)[1:] == [
        ["环翠区", "30.00", "约30.00 18.00–41.50", "3/9", "50.00", "20.00"]
    ]
    assert "9次中3次落在区间内，把握不大，仅供参考" in text_of(card)
    assert "未消除违法用地30.00亩：2024年1月31日截止，还有69天" in text_of(card)


def test_without_a_past_window_nothing_is_forecast() -> None:
    bare = Outlook(
        ELIMINATION.due_on, 300, {"371002": Forecast(30.0, None, Record(0, 0))}, Record(0, 0)
    )
    text = text_of(elimination_card(bare, DOCUMENT, {}))
    assert "还没有满300天的往期可比" in text
    assert "无往期可比" in text
