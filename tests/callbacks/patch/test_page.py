"""The page of one patch."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import insert

from callbacks.frame.changed_fields import field_title, value_text
from callbacks.patch.page import change_rows, render
from data.services import Services
from data.store.models import History
from tests.callbacks.listed import ON, below, text_of

NAMES = {"371002": "环翠区"}


def page_of(services: Services, number: str, search: str = ON, year: str = "2023") -> list[object]:
    with services.store.read() as conn:
        return list(render(conn, services.settings, year, number, search))


def test_the_page_tells_the_patch(services: Services) -> None:
    words = text_of(page_of(services, "A2"))
    assert "图斑 A2（环翠区）：截至6月10日被退回，待改正" in words
    assert "6月5日消除违法状态，待验收" in words
    assert "有未答项" in words  # the six questions
    assert "市级审核退回" in words
    assert "改正期限" in words


def test_nothing_is_called_unlawful_before_it_is_judged(services: Services) -> None:
    words = text_of(page_of(services, "A/1"))
    assert "违法" not in words
    assert "待判定" in words
    assert "请上传“核查结果”" in words


def test_an_unknown_number_says_so_and_offers_the_way_back(services: Services) -> None:
    page = page_of(services, "X<9>")
    assert "2023年没有编号为“X<9>”的图斑" in text_of(page)
    assert [c.href for c in below(page) if hasattr(c, "href")] == [f"/patches{ON}"]


@pytest.mark.parametrize("year", ["abc", "20233", "-1", ""])
def test_an_unreadable_year_says_so(services: Services, year: str) -> None:
    assert f"年度“{year}”无法识别" in text_of(page_of(services, "A2", year=year))


def test_a_patch_not_yet_issued_on_the_day_says_so(services: Services) -> None:
    words = text_of(page_of(services, "A2", "?year=2023&asof=2023-05-01"))
    assert "5月8日下发，基准日5月1日时尚未下发" in words


def test_changes_of_data_are_told_in_the_files_words(services: Services) -> None:
    with services.store.write() as conn:
        conn.execute(
            insert(History).values(
                seq=1,
                batch_id=1,
                at="2023-05-20T16:30:00+00:00",
                entity="parcel",
                row_key="2/1",
                patch_id=2,
                op="update",
                before='{"legality": "lawful"}',
                after='{"legality": "unlawful"}',
                prev_hash="",
                hash="x",
            )
        )
    words = text_of(page_of(services, "A2"))
    assert "5月21日 00:30" in words  # in local time
    assert "核查结果 地块1" in words
    assert "合法性判定 合法 违法" in words


@pytest.mark.parametrize(
    ("entity", "field", "value", "expected"),
    [
        ("parcel", "legality", "other", "其他"),
        ("patch", "district_code", "371002", "环翠区"),
        ("patch", "area_mu", 12.5, "12.50 亩"),
        ("patch", "issued_on", "2023-05-08", "5月8日"),
        ("patch", "strategic_mineral", True, "是"),
        ("patch", "geom", "sha256:…", "有图形"),
        ("patch", "location", "", "—"),
        ("patch", "location", None, "—"),
        ("patch", "image_before", "2022年一季度", "2022年一季度"),
    ],
)
def test_a_stored_value_reads_as_in_the_file(
    entity: str, field: str, value: object, expected: str
) -> None:
    assert value_text(entity, field, value, 2023, NAMES) == expected


def test_a_field_has_the_header_of_its_column() -> None:
    assert field_title("patch", "area_mu") == "监测面积"
    assert field_title("patch", "due_on") == "应上报日期"


def test_a_deleted_row_is_one_line() -> None:
    change = {
        "at": f"{date(2023, 5, 20)}T01:00:00",
        "batch_id": 3,
        "upload_name": None,
        "entity": "audit_decision",
        "key": {"parcel_no": "0", "level": "city", "decided_on": "2023-05-20", "result": "passed"},
        "op": "delete",
        "fields": [{"field": "result", "old": "passed", "new": None}],
    }
    (row,) = change_rows([change], 2023, NAMES)
    assert row[2:] == ("审核意见 整个图斑 市级 5月20日 通过", "整行", "有", "已删除")
