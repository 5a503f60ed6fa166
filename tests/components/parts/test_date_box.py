"""A day to choose."""

from __future__ import annotations

from datetime import date

from components.parts.date_box import date_box


def test_a_box_is_called_in_chinese_and_offers_the_days_given() -> None:
    box = date_box("on", "对比日期", date(2023, 6, 1), most=date(2023, 8, 1))
    assert box.placeholder == "对比日期"  # type: ignore[attr-defined]
    assert box.date == "2023-06-01"  # type: ignore[attr-defined]
    assert box.min_date_allowed is None  # type: ignore[attr-defined]
    assert box.max_date_allowed == "2023-08-01"  # type: ignore[attr-defined]
