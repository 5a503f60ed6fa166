"""Other programs are told what happened, in the scope of an account, signed, until they take it."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select, update

from data.errors import SupervisionError
from data.jobs import hooks as telling
from data.jobs.hooks import AGAIN, Outcome, Teller, post_within
from data.periods import utc_now
from data.rights import Role
from data.store.engine import Store
from data.store.models import Delivery
from data.vocabulary import UploadKind
from data.workflow.accounts import add_account, set_account
from data.workflow.hooks import HookEvent, NewHook, add_hook, check_url, end_hook, told
from tests.sending import PATCH, send

SECRET = "s" * 32
URL = "http://127.0.0.1:9/in"


@dataclass
class Receiver:
    """A program that is told; status: how it answers."""

    status: int = 200
    got: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def __call__(self, url: str, body: bytes, heads: dict[str, str]) -> Outcome:
        self.got.append((url, body, heads))
        return Outcome(self.status == 200, f"应答 {self.status}")

    @property
    def said(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body, _ in self.got]


@pytest.fixture
def ready(store: Store) -> Store:
    """With the accounts 市局 and 文登, and a patch of each of two districts."""
    store.settings = replace(
        store.settings, hook_hosts=("127.0.0.1:9",), fixed_today=date(2023, 5, 20)
    )
    with store.write() as conn:
        add_account(conn, store.settings, "市局", Role.CITY)
        add_account(conn, store.settings, "文登", Role.DISTRICT, "371003")
    send(store, UploadKind.PATCHES, PATCH)
    return store


def hooked(store: Store, account: str, *kinds: HookEvent) -> int:
    with store.write() as conn:
        return add_hook(conn, store.settings, NewHook(URL, account, SECRET, kinds))


def upload(store: Store, number: str, district: str) -> None:
    send(store, UploadKind.PATCHES, {**PATCH, "图斑编号": number, "区市": district})


def test_an_upload_is_told_once_signed_and_only_to_who_may_see_it(ready: Store) -> None:
    hooked(ready, "市局", HookEvent.UPLOAD)
    hooked(ready, "文登", HookEvent.UPLOAD)
    receiver = Receiver()
    teller = Teller(ready, receiver)
    teller.look()
    teller.send()
    assert receiver.got == []  # what was known before is not told
    upload(ready, "H1", "371002")
    for _ in range(2):
        teller.look()
        teller.send()
    (said,) = receiver.said  # to the city alone
    assert (said["event"], said["data"]["inserted"]) == ("upload", 1)
    (_, body, heads) = receiver.got[0]
    seal = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert heads["X-Weipian-Signature"] == f"sha256={seal}"
    upload(ready, "W1", "371003")
    Teller(ready, receiver).look()  # another worker
    teller.send()
    assert len(receiver.got) == 3
    with ready.read() as conn:
        assert {one.state for one in told(conn)} == {"已送达"}


def test_a_failure_is_tried_again_later_and_given_up_in_the_end(ready: Store) -> None:
    hooked(ready, "市局", HookEvent.UPLOAD)
    receiver = Receiver(503)
    teller = Teller(ready, receiver)
    teller.look()
    upload(ready, "H1", "371002")
    teller.look()
    for tried in range(1, len(AGAIN) + 2):
        teller.send()
        teller.send()  # not yet
        assert len(receiver.got) == tried
        with ready.write() as conn:
            next_at = conn.scalar(select(Delivery.next_at).where(Delivery.body != ""))
            if tried <= len(AGAIN):
                assert next_at is not None
                assert next_at - utc_now() > AGAIN[tried - 1] - timedelta(minutes=1)
                conn.execute(update(Delivery).where(Delivery.body != "").values(next_at=utc_now()))
    assert next_at is None
    assert len({body for _, body, _ in receiver.got}) == 1
    with ready.read() as conn:
        (line,) = told(conn)
    assert (line.state, line.said, line.tries) == ("已放弃", "应答 503", len(AGAIN) + 1)


def test_nothing_is_told_to_a_hook_that_ended_or_whose_account_sees_something_else(
    ready: Store,
) -> None:
    ended = hooked(ready, "市局", HookEvent.UPLOAD)
    hooked(ready, "文登", HookEvent.UPLOAD)
    receiver = Receiver()
    teller = Teller(ready, receiver)
    teller.look()
    upload(ready, "W1", "371003")
    teller.look()
    with ready.write() as conn:
        end_hook(conn, ended)
        set_account(conn, "文登", Role.DISTRICT, "371002", None)
    teller.send()
    assert receiver.got == []
    with ready.read() as conn:
        assert {one.state for one in told(conn)} == {"已放弃"}


def test_lines_and_days_are_told_before_they_come(ready: Store) -> None:
    hooked(ready, "市局", HookEvent.DEADLINE, HookEvent.TRIGGER, HookEvent.MEASURE)
    receiver = Receiver()
    teller = Teller(ready, receiver)
    ready.settings = replace(ready.settings, fixed_today=date(2023, 5, 2))
    teller.look()
    ready.settings = replace(ready.settings, fixed_today=date(2023, 5, 23))
    teller.look()
    teller.send()
    told_of = {said["event"] for said in receiver.said}
    assert "deadline" in told_of
    (first,) = [said for said in receiver.said if said["event"] == "deadline"][:1]
    assert date(2023, 5, 23) <= date.fromisoformat(first["data"]["on"]) <= date(2023, 5, 28)
    assert sum(first["data"]["open"].values()) > 0


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/in",
        "http://127.0.0.1:10/in",
        "http://127.0.0.1:9@example.org/",
        "http://a:b@127.0.0.1:9/",
        "ftp://127.0.0.1:9/",
        "file:///etc/passwd",
        "http://[::1]:9/",
        "//127.0.0.1:9/",
        "http://127.0.0.1:port/",
    ],
)
def test_only_the_hosts_of_the_setting_may_be_told(sqlite_store: Store, url: str) -> None:
    allowed = replace(sqlite_store.settings, hook_hosts=("127.0.0.1:9",))
    check_url(allowed, URL)
    with pytest.raises(SupervisionError):
        check_url(allowed, url)


@contextmanager
def server(answer: str) -> Iterator[str]:
    """A receiver of its own: answers, sends elsewhere, or hangs."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if answer == "hang":
                over.wait(10)
                return
            if answer == "drip":
                while not over.wait(0.05):
                    try:
                        self.wfile.write(b"H")
                    except OSError:
                        return
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(302 if answer == "elsewhere" else 204)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{made.server_port}/"
    finally:
        over.set()
        made.shutdown()
        made.server_close()


def test_a_receiver_that_hangs_or_drips_is_left_and_a_redirection_is_not_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling, "PART_SECONDS", 0.3)
    with server("ok") as url:
        assert post_within(url, b"{}", {}) == Outcome(True, "应答 204")
    with server("elsewhere") as url:
        assert post_within(url, b"{}", {}) == Outcome(False, "应答 302")
    for answer in ("hang", "drip"):
        with server(answer) as url:
            began = time.monotonic()
            assert not post_within(url, b"{}", {}, 0.6).is_done
            assert time.monotonic() - began < 2
    assert not post_within("http://127.0.0.1:1/", b"{}", {}).is_done
