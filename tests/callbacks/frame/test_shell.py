"""The frame follows the address, and the address follows the frame."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from callbacks.frame.context import PageContext
from callbacks.frame.shell import EVERYWHERE, frame_parts, new_address, stamp_text
from data.scope import Scope
from data.store.queries.stamp import DistrictRow, Stamp
from tests.components.drawn import text_of

TODAY = date(2024, 6, 1)
DISTRICTS = (DistrictRow("371002", "环翠区", "环翠区", 1, False),)


HOME = {"module": "pages.home", "path": "/", "name": "总览", "group": "看", "order": 1}


def stamp(**changes: object) -> Stamp:
    values: dict[str, object] = {
        "data_version": 7,
        "last_upload_at": datetime(2024, 5, 31, 16, 30, tzinfo=UTC),
        "last_upload_name": "a.xlsx",
        "last_upload_kind": "findings",
        "is_demo": False,
        "years": (2024, 2023),
        "districts": DISTRICTS,
    }
    return Stamp(**(values | changes))  # type: ignore[arg-type]


def context(query: dict[str, str], known: Stamp | None = None) -> PageContext:
    return PageContext(2024, TODAY, query.get("district"), Scope.all(), known or stamp(), query, [])


def test_the_last_upload_is_told_in_chinese_time() -> None:
    assert stamp_text(stamp()) == "数据版本 7 · 最近上传 2024年6月1日 00:30 核查结果"
    assert stamp_text(stamp(last_upload_at=None)) == "尚无数据"


def test_what_the_controls_already_say_changes_no_address() -> None:
    same = new_address("/", "", context({}), "2024", TODAY.isoformat(), EVERYWHERE, TODAY)
    assert same is None


@pytest.mark.parametrize(
    ("year", "as_of", "district", "address"),
    [
        ("2024", "2024-05-24", EVERYWHERE, "/overdue?year=2024&asof=2024-05-24&text=x"),
        ("2024", "2024-06-01", "371002", "/overdue?year=2024&district=371002&text=x"),
        ("2023", "2024-06-01", EVERYWHERE, "/overdue?year=2023&text=x"),
    ],
)
def test_a_choice_rewrites_the_address_and_keeps_the_pages_own_filters(
    year: str, as_of: str, district: str, address: str
) -> None:
    assert new_address("/overdue", "?text=x", context({}), year, as_of, district, TODAY) == address


def test_another_district_drops_the_town_of_the_old_one_and_keeps_the_month() -> None:
    search = "?district=371002&town=371002001&month=2024-05&status=late"
    own = context({"district": "371002"})
    address = new_address("/patches", search, own, "2024", TODAY.isoformat(), EVERYWHERE, TODAY)
    assert address == "/patches?year=2024&month=2024-05&status=late"


def test_another_year_drops_the_month_of_the_old_one() -> None:
    search = "?town=371002001&month=2024-05&status=late"
    address = new_address("/patches", search, context({}), "2023", "", EVERYWHERE, TODAY)
    assert address == "/patches?year=2023&status=late"


def test_the_frame_shows_year_day_district_and_version_and_marks_the_demo() -> None:
    parts = frame_parts(context({}, stamp(is_demo=True)), "/", [HOME])
    _, years, year, as_of, districts, district, version, marks, footer, home, explained = parts[:11]
    assert [choice["value"] for choice in years] == ["2024", "2023"]
    assert (year, as_of, district) == ("2024", "2024-06-01", EVERYWHERE)
    assert (home, explained) == ("/", "/help/leader")
    assert [choice["label"] for choice in districts] == ["全市", "环翠区"]
    assert version.children.startswith("数据版本 7")
    assert getattr(version, "data-version") == "7"
    assert "演示数据" in text_of(marks)
    assert footer == f"全市 · 2024年度 · 基准日6月1日 · {version.children} · 演示数据"


def test_real_data_carry_no_demo_mark() -> None:
    parts = frame_parts(context({}), "/", [HOME])
    assert parts[7] == []
    assert "演示" not in parts[8]
