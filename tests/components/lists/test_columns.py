"""What the cells of a list say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from components.lists.columns import (
    OVERDUE_COLUMNS,
    PATCH_COLUMNS,
    chosen,
    screen_row,
    status_text,
)
from data.store.queries.list_filters import FILTERABLE, SORTABLE

ROW: dict[str, Any] = {
    "id": 7, "year": 2026, "patch_no": "=1+1", "district_code": "371002", "town_name": None,
    "location": "", "domain": "land", "patch_type": "other_change", "clearance_month": "2027-01",
    "issued_on": date(2026, 12, 22), "due_on": date(2027, 1, 24), "reported_on": None,
    "extended_to": None, "days_overdue": 1203, "area_mu": 1234.5, "farmland_mu": 0.0,
    "basic_farmland_mu": 0.0, "redline_mu": 0.0, "legality": "pending", "correction_due": None,
    "withdrawn": False, "final": False, "returned_now": False, "overdue": True, "late": False,
    "cleared": False, "source": "ministry", "reason_codes": "其他、面积不符",
    "deduction_class": None, "claims": "excluded、backdated",
    "responsible_unit": None, "planned_on": None, "mineral": None,
    "mineral_violation": "other、unlicensed", "unlawful_farmland_mu": 0.0,
    "remaining_farmland_mu": 0.0, "unlawful_parcels": 0, "filed_parcels": 0, "filed_on": None,
    "eliminated_on": None, "ways": (),
}  # fmt: skip


def test_cells_are_written_as_the_bureau_writes_them() -> None:
    row = screen_row(ROW, PATCH_COLUMNS, {"371002": "环翠区"})
    assert row["id"] == "7"
    assert (row["issued_on"], row["due_on"]) == ("12月22日", "2027年1月24日")
    assert (row["clearance_month"], row["days_overdue"]) == ("2027年1月", "1,203")
    assert (row["area_mu"], row["farmland_mu"]) == ("1,234.50", "0.00")
    assert (row["district"], row["town_name"], row["location"]) == ("环翠区", "—", "—")
    assert row["legality"] == "待判定"
    assert (row["source"], row["reason_codes"]) == ("部下发", "其他、面积不符")
    assert row["claims"] == "不纳入违法计算、倒填"
    assert (row["mineral_violation"], row["planned_on"]) == ("其他、无证开采", "—")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "逾期未报"),
        ({"overdue": False}, "待上报"),
        ({"overdue": False, "cleared": True}, "已上报"),
        ({"overdue": False, "cleared": True, "late": True}, "逾期上报"),
        ({"cleared": True, "late": True, "returned_now": True}, "退回待改"),
        ({"cleared": True, "late": True, "final": True}, "省级已通过"),
        ({"final": True, "withdrawn": True}, "已撤销"),
    ],
)
def test_the_status_names_the_most_pressing(changes: dict[str, Any], words: str) -> None:
    assert status_text(ROW | changes) == words


def test_the_first_column_always_stays() -> None:
    assert [c.key for c in chosen(OVERDUE_COLUMNS, [])] == ["patch_no"]
    assert [c.key for c in chosen(OVERDUE_COLUMNS, ["area_mu", "nonsense"])] == [
        "patch_no", "area_mu",
    ]  # fmt: skip
    assert [c.key for c in chosen(OVERDUE_COLUMNS, None)] == [
        c.key for c in OVERDUE_COLUMNS if c.shown
    ]


@pytest.mark.parametrize("columns", [OVERDUE_COLUMNS, PATCH_COLUMNS])
def test_the_server_can_do_what_the_headers_offer(columns: Any) -> None:
    assert {c.key for c in columns if c.sortable} <= SORTABLE
    assert {c.key for c in columns if c.filterable} <= set(FILTERABLE)
    assert len({c.key for c in columns}) == len(columns)
