"""Who asks in tests: somebody who may everything, unless a test says who.

In process the gate's look at the cookie is replaced, so that a test of a page need not sign in; a
server of its own gets an account and a session in its store, whose cookie the browser brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from data.rights import Account, Right, Role
from data.settings import Settings
from data.store.engine import Store
from data.store.queries.accounts import session_of
from data.workflow import sessions
from data.workflow.accounts import add_account

TESTER = Account("测试", Role.ADMIN, frozenset(Right) - {Right.ANSWER})
COOKIE = "s" * 43
#: What a browser brings to any server of this machine.
SIGNED_IN: Any = {"name": "weipian_session", "value": COOKIE, "url": "http://127.0.0.1"}
#: Who asks now; empty where the gate itself is tested.
_asking: list[Account] = [TESTER]


@contextmanager
def everybody_is_let_in() -> Iterator[None]:
    """Within the block requests in process are TESTER's, or whose a test says."""
    from callbacks.frame import gate

    real = gate.account_of_request

    def account_of_request(services: Any, looks: Any) -> Account | None:
        return _asking[-1] if _asking else real(services, looks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "account_of_request", account_of_request)
        yield


@pytest.fixture(scope="session", autouse=True)
def signed_in() -> Iterator[None]:
    with everybody_is_let_in():
        yield


@contextmanager
def asked_by(account: Account) -> Iterator[None]:
    """Within the block requests are this account's."""
    _asking.append(account)
    try:
        yield
    finally:
        _asking.pop()


@contextmanager
def nobody_is_signed_in() -> Iterator[None]:
    """Within the block the cookie counts, as in the product."""
    kept = _asking[:]
    _asking.clear()
    try:
        yield
    finally:
        _asking[:] = kept


@pytest.fixture
def the_gate_is_shut() -> Iterator[None]:
    with nobody_is_signed_in():
        yield


def session_in(store: Store, cookie: str = COOKIE, account: Account = TESTER) -> None:
    """An account with a session of a known cookie, where the store has it not yet."""
    settings = store.settings
    with store.read() as conn:
        if session_of(conn, sessions.digest_of(cookie)) is not None:
            return
    with store.write() as conn, pytest.MonkeyPatch.context() as patch:
        made = add_account(
            conn, settings, account.name, account.role, account.district, account.rights
        )
        patch.setattr("secrets.token_urlsafe", lambda _: cookie)
        sessions.begin_session(conn, made, "127.0.0.1")


def session_for(settings: Settings) -> None:
    from data.store.opening import open_store

    store = open_store(settings)
    session_in(store)
    store.engine.dispose()
