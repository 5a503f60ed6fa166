"""Signing in and out: by password and one-time code, by one click in the demo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from data.acting import acting_as
from data.errors import Forbidden, NotFound
from data.permission import own_notes
from data.rights import COMMAND_LINE, DEFAULT_RIGHTS, Account, Right, Role
from data.settings import Settings
from data.store.engine import Store
from data.store.queries.accounts import account_named, known_account, secrets_of
from data.store.queries.stamp import districts
from data.workflow.accounts import add_account, enable_account
from data.workflow.passwords import is_right
from data.workflow.sessions import (
    Attempt,
    WrongCode,
    WrongSignIn,
    begin_session,
    forget_failures,
    note_failure,
    refuse_locked,
    takes_code,
)


def sign_in(store: Store, settings: Settings, attempt: Attempt) -> str:
    """The id of a new session. Raises WrongSignIn, TooMany."""
    with store.read_now() as conn:
        refuse_locked(conn, attempt)
        password_hash, _ = secrets_of(conn, attempt.name)
    is_known = is_right(attempt.password, password_hash)
    with own_notes(), store.write() as conn:
        refuse_locked(conn, attempt)
        account = _account(conn, attempt) if is_known else None
        if account is not None:
            forget_failures(conn, attempt)
            return begin_session(conn, account, attempt.source)
        note_failure(conn, settings, attempt)
    raise WrongSignIn


def _account(conn: Connection, attempt: Attempt) -> Account | None:
    """Whose password was right; None for a disabled one or a wrong code."""
    try:
        account = account_named(conn, attempt.name)
    except (NotFound, Forbidden):
        return None
    _, secret = secrets_of(conn, attempt.name)
    if secret is not None and not takes_code(conn, account, secret, attempt.code):
        return None
    return account


@contextmanager
def counting_wrong_codes(
    store: Store, settings: Settings, account: Account, source: str
) -> Iterator[None]:
    """Around a step that asks for a code: a wrong one counts as a wrong sign-in does, so that the
    account is locked after some."""
    try:
        yield
    except WrongCode as refusal:
        if refusal.code:
            attempt = Attempt(account.name, "", refusal.code, source)
            with own_notes(), store.write() as conn:
                note_failure(conn, settings, attempt, "code")
        raise


# ---- the demo ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One click of the demo's way in. key: in the form. label: what the button says."""

    key: str
    label: str
    role: Role
    rights: frozenset[Right]
    district: str | None = None

    @property
    def name(self) -> str:
        return f"演示-{self.key}"


def _city(key: str, label: str, *rights: Right) -> DemoAccount:
    usual = DEFAULT_RIGHTS[Role.CITY]
    return DemoAccount(key, f"市局（{label}）", Role.CITY, usual | set(rights))


_BUREAU = (
    DemoAccount("市领导", "市领导", Role.LEADER, DEFAULT_RIGHTS[Role.LEADER]),
    DemoAccount("市局", "市局（经办）", Role.CITY, DEFAULT_RIGHTS[Role.CITY]),
    _city("审核", "审核", Right.AUDIT),
    _city("外业核查", "外业核查", Right.CHECK),
    _city("确认", "确认", Right.CONFIRM),
    _city("起草", "起草", Right.DRAFT),
    _city("复核", "复核", Right.REVIEW),
    _city("签发", "签发、签字", Right.ISSUE, Right.SIGN),
    _city("规则", "规则参数", Right.RULES),
    DemoAccount("管理员", "管理员", Role.ADMIN, DEFAULT_RIGHTS[Role.ADMIN]),
)


def demo_accounts(conn: Connection) -> Sequence[DemoAccount]:
    """A click for each role and right, and one for each district."""
    rights = DEFAULT_RIGHTS[Role.DISTRICT]
    return [
        *_BUREAU,
        *(
            DemoAccount(
                unit.short_name, f"区市（{unit.short_name}）", Role.DISTRICT, rights, unit.code
            )
            for unit in districts(conn)
        ),
    ]


def sign_in_as_demo(store: Store, settings: Settings, key: str, source: str) -> str:
    """The id of a new session of an account of the demo, which is made where it is not there.
    Raises NotFound for no such one."""
    with own_notes(), acting_as(COMMAND_LINE), store.write() as conn:
        wanted = next((demo for demo in demo_accounts(conn) if demo.key == key), None)
        if wanted is None:
            raise NotFound("没有这个演示账户，请从登录页选择。")
        try:
            known = known_account(conn, wanted.name)
        except NotFound:
            account = add_account(
                conn,
                settings,
                wanted.name,
                wanted.role,
                wanted.district,
                wanted.rights,
                None,
                source,
            )
        else:
            if known.is_disabled:
                enable_account(conn, wanted.name, source)
            account = account_named(conn, wanted.name)
        return begin_session(conn, account, source)
