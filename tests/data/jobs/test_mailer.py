"""E-mail: what is new for an account, once, in its scope; a server that fails is tried again."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from data.acting import acting_as
from data.errors import Forbidden, SupervisionError
from data.jobs.mailer import Mailer, problem, send_letters
from data.rights import Right, Role
from data.settings import Settings
from data.store.engine import Store
from data.store.events import events
from data.store.queries.accounts import account_named
from data.workflow.accounts import add_account, disable_account
from data.workflow.mailing import MAIL, MOST_TRIES, last_outcome, mailbox_of, set_mailbox
from data.workflow.proof import verify
from tests.data.workflow.test_measures import HUANCUI, ISSUED, WENDENG, Desk, fill

TUESDAY = ISSUED
MONDAY = date(2023, 11, 20)


class Post(socketserver.ThreadingTCPServer):
    """An SMTP server of this machine that keeps what it gets. refuses: answers of RCPT."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.got: list[Any] = []
        self.refuses = ""

    def to(self, address: str) -> list[Any]:
        return [message for message in self.got if message["To"] == address]


class Talk(socketserver.StreamRequestHandler):
    server: Post

    def handle(self) -> None:
        self.say("220 post")
        while line := self.rfile.readline().decode().strip():
            word = line.upper()
            if word.startswith("DATA"):
                self.say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.got.append(
                    email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                )
                self.say("250 kept")
            elif word.startswith("RCPT") and self.server.refuses in (line, "all"):
                self.say("550 no such box")
            elif word.startswith("QUIT"):
                self.say("221 bye")
                return
            else:
                self.say("250 well")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def post() -> Iterator[Post]:
    with Post() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def desk(sqlite_store: Store, post: Post) -> Desk:
    """Two clerks of two districts and a reviewer, each with an address."""
    store = sqlite_store
    store.settings = replace(
        store.settings,
        mail_server=f"127.0.0.1:{post.server_address[1]}",
        mail_security="none",
        mail_from="weipian@example.com",
    )
    fill(store)
    with store.write() as conn:
        for name, role, district in (
            ("环翠经办", Role.DISTRICT, HUANCUI),
            ("文登经办", Role.DISTRICT, WENDENG),
            ("复核员", Role.CITY, None),
        ):
            rights = {Right.REVIEW} if role is Role.CITY else None
            add_account(conn, store.settings, name, role, district, rights)
        for name, box in (("环翠经办", "hc"), ("文登经办", "wd"), ("复核员", "fh")):
            set_mailbox(conn, name, f"{box}@example.com", weekly=box == "hc")
    assert send_letters(store, TUESDAY)  # from now on
    return Desk(store)


def test_who_has_something_new_is_told_once_and_nobody_else(desk: Desk, post: Post) -> None:
    assert post.got == []
    desk.draft(on=ISSUED)
    assert send_letters(desk.store, TUESDAY)
    (letter,) = post.got
    assert letter["To"] == "fh@example.com"
    assert letter["Subject"] == "卫片执法：新到待办1件"
    assert "审核措施：1件" in letter.get_content()
    assert send_letters(desk.store, TUESDAY)
    assert len(post.got) == 1
    with desk.store.read() as conn:
        outcome = last_outcome(conn)
    assert outcome is not None
    assert outcome[1] == ""
    assert [f for f in verify(desk.store).bad if f.kind != "file"] == []


def test_a_letter_tells_its_own_district_only(desk: Desk, post: Post) -> None:
    desk.delivered()
    assert send_letters(desk.store, date(2023, 11, 16))
    (letter,) = post.to("hc@example.com")
    assert "回复措施：1件" in letter.get_content()
    assert post.to("wd@example.com") == []


def test_the_weekly_digest_comes_once_a_week_to_who_wants_it(desk: Desk, post: Post) -> None:
    for day in (MONDAY, MONDAY, date(2023, 11, 21)):
        send_letters(desk.store, day)
        send_letters(desk.store, day)  # what came first is told first
    digests = [letter for letter in post.got if letter["Subject"] == "卫片执法周报"]
    assert [letter["To"] for letter in digests] == ["hc@example.com"]
    text = digests[0].get_content()
    assert "截至2023年11月2" in text
    assert "文登" not in text


def test_what_fails_is_told_again_until_it_has_failed_too_often(desk: Desk, post: Post) -> None:
    desk.draft(on=ISSUED)
    post.refuses = "all"
    for _ in range(2):
        assert not send_letters(desk.store, TUESDAY)
    with desk.store.read() as conn:
        assert "不接受收件地址" in str(last_outcome(conn))
    post.refuses = ""
    assert send_letters(desk.store, TUESDAY)
    assert len(post.to("fh@example.com")) == 1
    desk.draft(on=ISSUED, new=replace_subject("文登区"))
    post.refuses = "all"
    tries = [send_letters(desk.store, TUESDAY) for _ in range(MOST_TRIES + 1)]
    assert tries == [False] * MOST_TRIES + [True]


def replace_subject(name: str) -> Any:
    from tests.data.workflow.test_measures import WARNING

    return replace(WARNING, subject=name)


def test_a_server_that_is_away_keeps_nobody_waiting(desk: Desk, post: Post) -> None:
    desk.draft(on=ISSUED)
    post.shutdown()
    post.server_close()
    Mailer(desk.store).look()  # does not raise
    with desk.store.read() as conn:
        outcome = last_outcome(conn)
    assert outcome is not None
    assert "连不上邮件服务器" in outcome[1]


def test_addresses_are_set_by_who_keeps_accounts(desk: Desk) -> None:
    with desk.store.write() as conn:
        who = account_named(conn, "环翠经办")
        box = mailbox_of(conn, who)
        assert box is not None
        assert (box.address, box.weekly) == ("hc@example.com", True)
        for wrong in ("hc", "a@b c", "a@example.com,b@example.com", "a@example.com\nBcc: b@x.cn"):
            with pytest.raises(SupervisionError, match="无法识别"):
                set_mailbox(conn, who.name, wrong, weekly=False)
        with acting_as(who), pytest.raises(Forbidden):
            set_mailbox(conn, who.name, "x@example.com", weekly=False)
        assert "删除" in set_mailbox(conn, who.name, "", weekly=True)
        assert mailbox_of(conn, who) is None


def test_a_disabled_account_gets_no_mail(desk: Desk, post: Post) -> None:
    desk.draft(on=ISSUED)
    with desk.store.write() as conn:
        disable_account(conn, "复核员")
    send_letters(desk.store, TUESDAY)
    assert post.got == []
    with desk.store.read() as conn:
        assert {event.told["what"] for event in events(conn, MAIL)} == {"begin"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"mail_server": None}, ""),
        ({}, ""),
        ({"mail_server": "mail:x"}, "WEIPIAN_MAIL_SERVER"),
        ({"mail_from": ""}, "WEIPIAN_MAIL_FROM"),
        ({"mail_user": "a"}, "WEIPIAN_MAIL_PASSWORD"),
    ],
)
def test_wrong_settings_are_a_sentence(more: dict[str, Any], said: str) -> None:
    good = Settings(mail_server="mail.example.com", mail_from="a@example.com")
    found = problem(replace(good, **more))
    assert said in found
    assert bool(found) is bool(said)
