"""Accounts, sessions and tokens: who may, what is refused, what is kept, and that it is proved."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import Connection, select, text

from data.acting import acting_as
from data.errors import Forbidden, NotFound, SupervisionError
from data.periods import utc_now
from data.rights import DEFAULT_RIGHTS, Account, Right, Role
from data.settings import Settings
from data.store import events
from data.store.engine import Store
from data.store.models import Event, Session
from data.store.queries.accounts import (
    account_named,
    all_accounts,
    known_account,
    secrets_of,
    session_of,
    sessions,
    token_of,
    tokens,
)
from data.workflow import passwords
from data.workflow import sessions as signing
from data.workflow.accounts import (
    add_account,
    disable_account,
    enable_account,
    set_account,
    set_code,
    set_password,
    set_subject,
)
from data.workflow.proof import verify

GOOD = "Jizhang-2023"
ADMIN = Account("管理甲", Role.ADMIN, DEFAULT_RIGHTS[Role.ADMIN])


def add(
    conn: Connection, settings: Settings, name: str, role: Role = Role.CITY, **more: Any
) -> Any:
    return add_account(conn, settings, name, role, **more)


def test_an_account_has_its_roles_rights_unless_some_are_given(store: Store) -> None:
    with store.write() as conn:
        made = add(conn, store.settings, "环翠", Role.DISTRICT, district="环翠区")
        auditor = add(conn, store.settings, "审核员", rights={Right.AUDIT})
    assert (made.district, made.rights) == ("371002", DEFAULT_RIGHTS[Role.DISTRICT])
    assert made.scope.districts == frozenset({"371002"})
    assert auditor.rights == {Right.READ, Right.AUDIT}
    with store.read() as conn:
        assert account_named(conn, "环翠") == made
        assert [known.account.name for known in all_accounts(conn)] == ["审核员", "环翠"]
        with pytest.raises(NotFound, match="没有账户"):
            account_named(conn, "无此人")
    assert verify(store).bad == []


@pytest.mark.parametrize(
    ("name", "role", "more", "said"),
    [
        ("", Role.CITY, {}, "账户名"),
        ("两 字", Role.CITY, {}, "账户名"),
        ("x" * 33, Role.CITY, {}, "账户名"),
        ("<b>", Role.CITY, {}, "账户名"),
        ("命令行", Role.CITY, {}, "系统自用"),
        ("甲", Role.DISTRICT, {}, "哪个区市"),
        ("甲", Role.DISTRICT, {"district": "某区"}, "没有区市"),
        ("甲", Role.CITY, {"district": "371002"}, "不属于"),
        ("甲", Role.DISTRICT, {"district": "371002", "rights": {Right.AUDIT}}, "审核"),
        ("甲", Role.LEADER, {"rights": {Right.UPLOAD}}, "上传"),
        ("甲", Role.CITY, {"password": "Ab1-"}, "长度"),
        ("甲", Role.CITY, {"password": "abcdefgh1"}, "太简单"),
        ("甲", Role.CITY, {"password": "甲Abcdefgh1"}, "账户名"),
        ("甲", Role.CITY, {"password": "Ab1-" * 51}, "长度"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(
    name: str, role: Role, more: dict[str, Any], said: str, sqlite_store: Store
) -> None:
    with pytest.raises(SupervisionError, match=said), sqlite_store.write() as conn:
        add(conn, sqlite_store.settings, name, role, **more)
    with sqlite_store.read() as conn:
        assert all_accounts(conn) == []


def test_only_who_keeps_accounts_may_and_nobody_for_himself(sqlite_store: Store) -> None:
    store, settings = sqlite_store, sqlite_store.settings
    with store.write() as conn:
        add(conn, settings, "管理甲", Role.ADMIN)
        add(conn, settings, "经办", password=GOOD)
    clerk = Account("经办", Role.CITY, frozenset(Right) - {Right.ACCOUNTS})
    with acting_as(clerk), store.write() as conn:
        for forbidden in (
            lambda: add(conn, settings, "乙"),
            lambda: set_account(conn, "管理甲", rights=set()),
            lambda: disable_account(conn, "管理甲"),
            lambda: set_password(conn, settings, "管理甲", GOOD),
            lambda: set_code(conn, "管理甲", True),
            lambda: signing.make_token(conn, "经办", 3, date(2024, 1, 1)),
            lambda: signing.end_all(conn, "管理甲"),
        ):
            with pytest.raises(Forbidden, match="账户管理"):
                forbidden()
        set_password(conn, settings, "经办", GOOD + "x")  # one's own
    with acting_as(ADMIN), store.write() as conn:
        for own in (
            lambda: set_account(conn, "管理甲", rights={Right.ISSUE}),
            lambda: set_account(conn, "管理甲", role=Role.CITY),
            lambda: disable_account(conn, "管理甲"),
        ):
            with pytest.raises(Forbidden, match="另一位管理员"):
                own()
        assert set_account(conn, "经办", rights={Right.DRAFT}).rights == {Right.READ, Right.DRAFT}
    assert verify(store).bad == []


def test_a_change_of_role_district_or_password_and_disabling_end_sessions(store: Store) -> None:
    settings = store.settings
    with store.write() as conn:
        account = add(conn, settings, "经办", password=GOOD)
    changes = (
        lambda conn: set_account(conn, "经办", role=Role.DISTRICT, district="371002"),
        lambda conn: set_account(conn, "经办", district="371003"),
        lambda conn: set_password(conn, settings, "经办", GOOD + "2"),
        lambda conn: disable_account(conn, "经办"),
        lambda conn: signing.end_all(conn, "经办"),
    )
    for change in changes:
        with store.write() as conn:
            secret = signing.begin_session(conn, account, "127.0.0.1")
        with store.read() as conn:
            signed = session_of(conn, signing.digest_of(secret))
            assert signed is not None
            assert signing.is_good(signed, settings) == (not signed.is_disabled)
        with store.write() as conn:
            change(conn)
        with store.read() as conn:
            signed = session_of(conn, signing.digest_of(secret))
            assert signed is not None
            assert not signing.is_good(signed, settings)
    with store.read() as conn, pytest.raises(Forbidden, match="已停用"):
        account_named(conn, "经办")
    with store.write() as conn:
        enable_account(conn, "经办")
        assert account_named(conn, "经办").district == "371003"
    assert verify(store).bad == []


def test_a_session_ends_idle_or_too_old(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, settings = sqlite_store, sqlite_store.settings
    with store.write() as conn:
        secret = signing.begin_session(conn, add(conn, settings, "经办"), "::1")
    start = utc_now()

    def is_good(minutes: float) -> bool:
        monkeypatch.setattr(signing, "utc_now", lambda: start + timedelta(minutes=minutes))
        with store.read() as conn:
            signed = session_of(conn, signing.digest_of(secret))
        assert signed is not None
        return signing.is_good(signed, settings)

    assert is_good(29)
    assert not is_good(31)
    for minute in range(20, 720, 20):
        assert is_good(minute)
        with store.write() as conn:
            (known,) = sessions(conn, "经办")
            signing.note_look(conn, known.id)
    assert is_good(719)
    assert not is_good(721)
    assert verify(store).bad == []


def test_failures_lock_a_name_that_there_need_not_be(sqlite_store: Store) -> None:
    settings = replace(sqlite_store.settings, lock_after=3)
    attempt = signing.Attempt("x" * 10_000, "p", "", "10.0.0.1")
    for _ in range(3):
        with sqlite_store.write() as conn:
            signing.refuse_locked(conn, attempt)
            signing.note_failure(conn, settings, attempt)
    with sqlite_store.read() as conn:
        with pytest.raises(signing.TooMany, match="10分钟"):
            signing.refuse_locked(conn, attempt)
        signing.refuse_locked(conn, replace(attempt, name="y"))
        assert events.event_count(conn, signing.REFUSED) == 3
    for name in map(str, range(27)):
        with sqlite_store.write() as conn:
            signing.note_failure(conn, settings, replace(attempt, name=name))
    with sqlite_store.read() as conn, pytest.raises(signing.TooMany):
        signing.refuse_locked(conn, replace(attempt, name="another"))


def test_a_one_time_code_is_good_once(sqlite_store: Store) -> None:
    with sqlite_store.write() as conn:
        account = add(conn, sqlite_store.settings, "经办", password=GOOD)
        assert "otpauth://totp/" in str(set_code(conn, "经办", True))
        _, secret = secrets_of(conn, "经办")
        assert secret is not None
        code = pyotp.TOTP(secret).now()
        assert not signing.takes_code(conn, account, secret, "")
        assert signing.takes_code(conn, account, secret, code)
        assert not signing.takes_code(conn, account, secret, code)
        assert set_code(conn, "经办", False) is None


def test_a_token_reads_until_its_day_or_until_it_is_revoked(store: Store) -> None:
    day = date(2024, 1, 31)
    with store.write() as conn:
        add(conn, store.settings, "接口", rights={Right.READ})
        secret = signing.make_token(conn, "接口", 30, date(2024, 1, 1))
        for days in (0, 367):
            with pytest.raises(SupervisionError, match="天数"):
                signing.make_token(conn, "接口", days, day)
    with store.write() as conn:
        signed = token_of(conn, signing.digest_of(secret))
        assert signed is not None
        assert signing.is_good_token(signed, day)
        assert not signing.is_good_token(signed, day + timedelta(days=1))
        (known,) = tokens(conn)
        signing.revoke_token(conn, known.id)
        with pytest.raises(NotFound):
            signing.revoke_token(conn, known.id)
        signed = token_of(conn, signing.digest_of(secret))
        assert signed is not None
        assert not signing.is_good_token(signed, day)
    assert verify(store).bad == []


def test_no_secret_stands_in_the_store_and_who_did_it_does(sqlite_store: Store) -> None:
    store = sqlite_store
    with acting_as(ADMIN), store.write() as conn:
        made = add(conn, store.settings, "经办", password=GOOD)
        secret = signing.begin_session(conn, made, "::1")
        token = signing.make_token(conn, "经办", 3, date(2024, 1, 1))
        told = conn.execute(select(Event.kind, Event.who, Event.told).order_by(Event.seq)).all()
    assert [(kind, who) for kind, who, _ in told] == [
        ("account", "管理甲"), ("session", "经办"), ("token", "管理甲")
    ]  # fmt: skip
    dump = store.engine.raw_connection().driver_connection
    assert dump is not None
    whole = "\n".join(dump.iterdump())
    for word in (GOOD, secret, token):
        assert word not in whole
    assert "$argon2id$" in whole


def test_a_wrong_password_and_a_missing_account_take_the_same_way() -> None:
    known = passwords.hash_of(GOOD)
    assert passwords.is_right(GOOD, known)
    assert not passwords.is_right(GOOD + "x", known)
    assert not passwords.is_right("nobody has this password", None)
    assert not passwords.is_right("x" * 10_000, known)


def test_a_password_lasts_as_long_as_the_settings_say(sqlite_store: Store) -> None:
    settings = sqlite_store.settings
    with sqlite_store.write() as conn:
        add(conn, settings, "经办", password=GOOD)
        changed = known_account(conn, "经办").password_changed_at
    assert changed is not None
    later = changed + timedelta(days=91)
    assert passwords.has_expired(changed, later, settings)
    assert not passwords.has_expired(changed, later, replace(settings, password_days=0))
    assert not passwords.has_expired(changed, changed, settings)


@pytest.mark.parametrize(
    ("attack", "kind"),
    [
        ("UPDATE account SET role = 'admin' WHERE name = '经办'", "account"),
        ("UPDATE account SET password_hash = 'x'", "account"),
        ("UPDATE session SET ended_at = NULL", "session"),
        ("INSERT INTO session SELECT 9, 'x', account_id, created_at, 'x', NULL FROM session",
         "session"),
        ("UPDATE token SET ends_on = '2099-01-01'", "token"),
        ("DELETE FROM token", "token"),
    ],
)  # fmt: skip
def test_accounts_changed_behind_the_back_are_found(
    attack: str, kind: str, sqlite_store: Store
) -> None:
    store = sqlite_store
    with store.write() as conn:
        made = add(conn, store.settings, "经办", password=GOOD)
        signing.begin_session(conn, made, "::1")
        signing.make_token(conn, "经办", 3, date(2024, 1, 1))
        signing.end_all(conn, "经办")
    assert verify(store, is_quick=True).ok
    with store.write() as conn:
        conn.execute(text(attack))
    assert {fault.kind for fault in verify(store, is_quick=True).bad} == {kind}


def test_every_step_is_one_event_under_who_took_it(sqlite_store: Store) -> None:
    store, settings = sqlite_store, sqlite_store.settings
    told = []
    with acting_as(ADMIN):
        for step, args in (
            (add_account, (settings, "乙", Role.CITY)), (set_account, ("乙", Role.LEADER)),
            (set_password, (settings, "乙", GOOD)), (set_code, ("乙", True)),
            (set_code, ("乙", False)), (set_subject, ("乙", "a@b")), (disable_account, ("乙",)),
            (enable_account, ("乙",)),
        ):  # fmt: skip
            with store.write() as conn:
                last = events.head(conn)[0]
                step(conn, *args)
                new = select(Event.kind, Event.who, Event.told).where(Event.seq > last)
                (event,) = conn.execute(new).all()
            told.append((event.kind, event.who, json.loads(event.told)["what"]))
    steps = ("add", "set", "password", "code", "no_code", "subject", "disable", "enable")
    assert told == [("account", ADMIN.name, step) for step in steps]


def test_a_change_and_its_event_are_one(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is killed between the two leaves neither."""

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with sqlite_store.write() as conn:
        made = add(conn, sqlite_store.settings, "经办")
    monkeypatch.setattr(events, "note", killed)
    with pytest.raises(KeyboardInterrupt), sqlite_store.write() as conn:
        signing.begin_session(conn, made, "::1")
    with sqlite_store.read() as conn:
        assert conn.execute(select(Session.id)).all() == []
