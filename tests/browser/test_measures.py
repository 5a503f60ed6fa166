"""Measures in Chromium by their accounts: a warning to its release, an evaluation to the lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from data.rights import Account
from data.settings import Settings
from data.store.opening import open_store
from tests.browser.serving import Server, serve
from tests.data.workflow.test_measures import (
    CLERK,
    DRAFTER,
    HEAD,
    HUANCUI,
    ISSUER,
    REVIEWER,
    TODAY,
    fill,
)
from tests.signing import session_in

_COOKIES = {
    account: letter * 43
    for account, letter in zip((DRAFTER, REVIEWER, ISSUER, HEAD, CLERK), "abcde", strict=True)
}


@pytest.fixture
def bureau_server(tmp_path: Path) -> Iterator[Server]:
    """Two districts, one of them over its line, and an account for each part of a measure."""
    settings = Settings(local_dir=tmp_path / "local", fixed_today=TODAY)
    store = open_store(settings)
    fill(store)
    for account, cookie in _COOKIES.items():
        session_in(store, cookie, account)
    store.engine.dispose()
    with serve(settings, tmp_path / "server.log") as running:
        yield running


@dataclass
class Desk:
    page: Page
    url: str

    def signed_in(self, who: Account) -> None:
        cookie = {"name": "weipian_session", "value": _COOKIES[who], "url": "http://127.0.0.1"}
        self.page.context.add_cookies([cookie])  # type: ignore[list-item]

    def draft(self, kind: str, on: str, reason: str = "", **more: str) -> int:
        """On the form that a card or an earlier measure fills in. → its number."""
        self.signed_in(DRAFTER)
        own = "".join(f"&{name}={value}" for name, value in more.items())
        self.page.goto(f"{self.url}/measures?year=2023&asof={on}&new={kind}&subject={HUANCUI}{own}")
        self.page.locator("#measures-new-reason").fill(reason)
        self.page.locator("#measures-draft").click()
        self.page.wait_for_url(re.compile(r"/measures/\d+"))
        expect(self.page.locator(".headline")).to_contain_text("待审核")
        number = re.search(r"/measures/(\d+)", self.page.url)
        assert number is not None
        return int(number[1])

    def take(
        self, who: Account, number: int, step: str, on: str, becomes: str, **said: str
    ) -> None:
        """said: reason; due, a day."""
        self.signed_in(who)
        self.page.goto(f"{self.url}/measures/{number}?year=2023&asof={on}")
        if "reason" in said:
            self.page.locator("#measure-reason").fill(said["reason"])
        if "due" in said:
            box = self.page.get_by_placeholder("期限", exact=True)
            box.fill(said["due"])
            box.press("Enter")
        self.page.locator(f"""[id='{{"step":"{step}","type":"measure-step"}}']""").click()
        expect(self.page.locator(".headline")).to_contain_text(becomes)

    def issue(self, number: int, on: str, by: Account = HEAD, **said: str) -> None:
        self.take(REVIEWER, number, "review", on, "待签发")
        self.take(by, number, "issue", on, "：已发", **said)

    def ledger(self, on: str) -> None:
        """By who does not draft: nothing is on its way when the next account signs in."""
        self.signed_in(ISSUER)
        self.page.goto(f"{self.url}/measures?year=2023&asof={on}")


@pytest.fixture
def desk(page: Page, bureau_server: Server) -> Desk:
    return Desk(page, bureau_server.url)


def test_a_warning_without_reply_is_extended_its_reply_refused_and_it_is_released(
    desk: Desk,
) -> None:
    number = desk.draft("early_warning", "2023-11-13", rule="T3")
    desk.issue(number, "2023-11-14", ISSUER)
    desk.take(CLERK, number, "deliver", "2023-11-15", "已送达", reason="环翠分局签收")
    desk.ledger("2023-11-28")
    expect(desk.page.locator("#measures-content")).to_contain_text("区市回复")
    request = "环翠区11月27日书面申请：资料收集需时"
    desk.take(ISSUER, number, "extend", "2023-11-28", "已延期", reason=request, due="2023-12-08")
    desk.take(CLERK, number, "reply", "2023-12-07", "已回复", reason="已拆除，附照片。")
    desk.take(REVIEWER, number, "refuse", "2023-12-11", "不认可", reason="照片不能证明已拆除。")
    desk.take(CLERK, number, "reply", "2023-12-15", "已回复", reason="已复耕，附验收意见。")
    desk.take(ISSUER, number, "release", "2023-12-20", "已解除", reason="要求已落实，见验收意见。")
    expect(desk.page.locator(".measure-steps > li")).to_have_count(10)


def test_from_the_evaluation_through_interview_and_order_to_accountability_and_lead(
    desk: Desk,
) -> None:
    request = desk.draft("interview_request", "2024-02-05", rule="T11")
    desk.issue(request, "2024-02-05")
    consent = "市政府2024年2月6日同意约谈"
    notice = desk.draft("interview_notice", "2024-02-06", consent, follows=str(request))
    desk.issue(notice, "2024-02-06")
    minutes = desk.draft("interview_minutes", "2024-02-07", consent, follows=str(notice))
    desk.issue(minutes, "2024-02-07")
    order = desk.draft(
        "rectification_order", "2024-02-08", consent, follows=str(minutes), patches="HC-1"
    )
    desk.issue(order, "2024-02-08", due="2024-02-19")
    desk.take(CLERK, order, "deliver", "2024-02-09", "已送达", reason="签收")
    desk.ledger("2024-02-21")
    expect(desk.page.locator("#measures-content")).to_contain_text("区市回复")
    for kind in ("accountability_request", "lead_transfer"):
        number = desk.draft(kind, "2024-02-21", rule="T11", follows=str(order))
        desk.issue(number, "2024-02-22")
    desk.ledger("2024-02-22")
    expect(desk.page.locator(".headline")).to_contain_text("措施6件")
