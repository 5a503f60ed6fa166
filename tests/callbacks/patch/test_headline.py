"""The title of a patch's page says the gravest first."""

from __future__ import annotations

from datetime import date

import pytest

from callbacks.patch.page import render
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.vocabulary import AuditLevel
from tests.callbacks.listed import text_of
from tests.data.store.queries.stored import put_case, put_decision, put_parcel, put_patch

CITY, PROVINCE = AuditLevel.CITY, AuditLevel.PROVINCE


@pytest.fixture
def services(settings: Settings, sqlite_store: Store) -> Services:
    """U unlawful and returned, F the same with a case, L reported and approved late, M a mine."""
    with sqlite_store.write() as conn:
        for number in ("U", "F"):
            patch = put_patch(conn, number, reported_on=date(2023, 5, 19))
            put_parcel(conn, patch, farmland_mu=14.74, area_mu=20.0, reported_on=date(2023, 5, 19))
            put_decision(conn, patch, CITY, date(2023, 5, 24), "returned", reason_codes="面积不符")
            if number == "F":
                put_case(conn, patch, filed_on=date(2023, 6, 2))
        late = put_patch(conn, "L", reported_on=date(2023, 5, 26))
        put_parcel(conn, late, legality="lawful", reported_on=date(2023, 5, 26))
        put_decision(
            conn, late, CITY, date(2023, 5, 29), "returned", resubmitted_on=date(2023, 6, 14)
        )
        put_decision(conn, late, CITY, date(2023, 6, 16), "passed")
        put_decision(conn, late, PROVINCE, date(2023, 7, 3), "passed")
        mine = put_patch(
            conn, "M", domain="mineral", patch_type="mineral", mineral="石英岩",
            reported_on=date(2023, 5, 20), farmland_mu=0.0,
        )  # fmt: skip
        put_parcel(conn, mine, mineral_violation="unlicensed", farmland_mu=0.0)
    return Services(settings, sqlite_store)


def _words(services: Services, number: str, as_of: str) -> str:
    with services.store.read() as conn:
        search = f"?year=2023&asof={as_of}"
        return text_of(render(conn, services.settings, "2023", number, search))


def test_unlawful_and_unfiled_ground_stands_before_the_state_of_the_audit(
    services: Services,
) -> None:
    words = _words(services, "U", "2023-06-01")
    assert "截至6月1日，14.74亩违法占用耕地未消除，未立案；被退回，待改正" in words
    assert "县级应立案 6月2日前" in words
    assert "（已超" not in words


def test_an_overdue_direct_filing_is_said(services: Services) -> None:
    words = _words(services, "U", "2023-06-09")
    assert "未立案，已超直接立案期限5个工作日；被退回" in words
    assert "县级应立案 6月2日前（已超5个工作日，市局可直接立案）" in words


def test_what_is_filed_is_not_said_to_be_unfiled(services: Services) -> None:
    words = _words(services, "F", "2023-06-09")
    assert "14.74亩违法占用耕地未消除；被退回，待改正" in words
    assert "县级应立案" not in words
    before = _words(services, "F", "2023-05-31")
    assert "未立案" in before


def test_late_reports_answers_and_approvals_are_marked_late(services: Services) -> None:
    words = _words(services, "L", "2023-07-10")
    assert "上报 5月26日（逾期2天）" in words
    assert "6月14日（逾期）" in words  # the answer to the return of 29 May
    assert "月核应完成 6月30日（7月3日逾期通过）" in words
    assert "（逾期2天未完成）" in _words(services, "L", "2023-07-02")


def test_a_correction_that_is_due_says_so(services: Services) -> None:
    assert "未上报（应于5月31日前）" in _words(services, "U", "2023-05-31")
    assert "未上报（应于5月31日前，已逾期）" in _words(services, "U", "2023-06-01")


def test_an_unlawful_mine_says_how(services: Services) -> None:
    assert "矿产违法（无证开采）未消除" in _words(services, "M", "2023-06-01")
