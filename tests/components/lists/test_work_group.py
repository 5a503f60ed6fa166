"""The text for the work group: a district at a time, nothing called 违法."""

from __future__ import annotations

from datetime import date
from typing import Any

from components.lists.work_group import work_group_text

NAMES = {"371002": "环翠区", "371071": "高区"}
CALLS = {"371002": "环翠区自然资源局 执法科 0631-1234567"}


def row(number: str, district: str, **changes: Any) -> dict[str, Any]:
    return {
        "patch_no": number, "district_code": district, "town_name": "张村镇", "location": None,
        "due_on": date(2026, 10, 24), "days_overdue": 30, "overdue": True, "returned_now": False,
        "area_mu": 12.0, "farmland_mu": 3.5,
    } | changes  # fmt: skip


def test_districts_stand_in_the_bureaus_order_each_numbered_from_one() -> None:
    text = work_group_text(
        [row("G1", "371071"), row("H1", "371002"), row("H2", "371002", farmland_mu=0.0)],
        date(2026, 11, 23),
        NAMES,
        CALLS,
    )
    assert text == (
        "【环翠区】截至11月23日，以下2个图斑逾期未上报，请尽快核查上报：\n"
        "1. H1，张村镇，应于10月24日前上报，已逾期30天，监测面积12.00亩，其中耕地3.50亩\n"
        "2. H2，张村镇，应于10月24日前上报，已逾期30天，监测面积12.00亩\n"
        "联系：环翠区自然资源局 执法科 0631-1234567\n\n"
        "【高区】截至11月23日，以下1个图斑逾期未上报，请尽快核查上报：\n"
        "1. G1，张村镇，应于10月24日前上报，已逾期30天，监测面积12.00亩，其中耕地3.50亩"
    )


def test_what_is_not_overdue_is_not_said_to_be() -> None:
    text = work_group_text(
        [
            row("H1", "371002", overdue=False, days_overdue=None, returned_now=True),
            row("H2", "371002"),
        ],
        date(2026, 11, 23),
        NAMES,
        CALLS,
    )
    assert "以下2个图斑（其中1个逾期未上报），请尽快核查上报" in text
    assert "1. H1，张村镇，应于10月24日前上报，退回待改，监测面积" in text


def test_nothing_selected_gives_no_text() -> None:
    assert work_group_text([], date(2026, 11, 23), NAMES, CALLS) == ""
