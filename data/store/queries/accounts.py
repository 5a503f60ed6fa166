"""Accounts, their sessions and tokens. Who asks must have the right; a scope does not apply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, String, cast, func, literal, select

from data.errors import Forbidden, NotFound
from data.rights import Account, Role, rights_from
from data.store.models import Account as AccountTable
from data.store.models import Session, SignIn, Token

#: Keys of sign_in: a session's last look.
SEEN = "seen:"


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account with what only administrators see. Moments in UTC."""

    account: Account
    created_at: datetime
    disabled_at: datetime | None
    password_changed_at: datetime | None
    has_password: bool
    has_code: bool
    subject: str | None

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None


@dataclass(frozen=True, slots=True)
class KnownSession:
    """Moments in UTC. digest: of the id in the browser's cookie."""

    id: int
    digest: str
    account: str
    created_at: datetime
    seen_at: datetime
    source: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownToken:
    id: int
    account: str
    made_by: str
    created_at: datetime
    ends_on: date
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Signed:
    """Whom a cookie or token belongs to, good or not."""

    id: int
    account: Account
    is_disabled: bool
    created_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    ends_on: date | None
    password_changed_at: datetime | None


_a = AccountTable


def _account(row: Row[Any]) -> Account:
    return Account(
        row.name, Role(row.role), rights_from(row.rights), row.district_code, row.account_id
    )


_COLUMNS = (
    _a.id.label("account_id"),
    _a.name,
    _a.role,
    _a.rights,
    _a.district_code,
    _a.disabled_at,
    _a.password_changed_at,
)


def account_named(conn: Connection, name: str) -> Account:
    """Raises NotFound for no such account, Forbidden for a disabled one."""
    known = known_account(conn, name)
    if known.is_disabled:
        raise Forbidden(f"账户“{known.account.name}”已停用，不能使用。如需恢复，请联系管理员启用。")
    return known.account


def known_account(conn: Connection, name: str) -> KnownAccount:
    """Disabled or not. Raises NotFound."""
    for known in _known(conn, name):
        return known
    raise NotFound(f"没有账户“{name[:32]}”。请用 python -m data user list 查看现有账户。")


def all_accounts(conn: Connection) -> list[KnownAccount]:
    """By name, disabled ones among them."""
    return _known(conn, None)


def _known(conn: Connection, name: str | None) -> list[KnownAccount]:
    query = select(*_COLUMNS, _a.created_at, _a.password_hash, _a.totp_secret, _a.subject).order_by(
        _a.name
    )
    if name is not None:
        query = query.where(_a.name == name)
    return [
        KnownAccount(
            _account(row),
            row.created_at,
            row.disabled_at,
            row.password_changed_at,
            row.password_hash is not None,
            row.totp_secret is not None,
            row.subject,
        )
        for row in conn.execute(query)
    ]


def secrets_of(conn: Connection, name: str) -> tuple[str | None, str | None]:
    """(argon2id hash of the password, secret of the one-time codes) of an account; None for what it
    has not, or where there is no such account."""
    row = conn.execute(select(_a.password_hash, _a.totp_secret).where(_a.name == name)).first()
    return (row.password_hash, row.totp_secret) if row else (None, None)


def account_of_subject(conn: Connection, subject: str) -> Account | None:
    """The account that an OpenID provider's subject names; disabled ones are none."""
    query = select(*_COLUMNS).where(_a.subject == subject, _a.disabled_at.is_(None))
    row = conn.execute(query).first()
    return _account(row) if row else None


def session_of(conn: Connection, digest: str) -> Signed | None:
    """One statement: this is asked in front of every request."""
    s = Session
    seen = func.coalesce(SignIn.since, s.created_at).label("seen_at")
    row = conn.execute(
        select(s.id, s.created_at, s.ended_at, seen, *_COLUMNS)
        .join(_a, _a.id == s.account_id)
        .join(SignIn, SignIn.key == literal(SEEN) + cast(s.id, String), isouter=True)
        .where(s.digest == digest)
    ).first()
    if row is None:
        return None
    return Signed(
        row.id,
        _account(row),
        row.disabled_at is not None,
        row.created_at,
        row.seen_at,
        row.ended_at,
        None,
        row.password_changed_at,
    )


def token_of(conn: Connection, digest: str) -> Signed | None:
    t = Token
    row = conn.execute(
        select(t.id, t.created_at, t.revoked_at, t.ends_on, *_COLUMNS)
        .join(_a, _a.id == t.account_id)
        .where(t.digest == digest)
    ).first()
    if row is None:
        return None
    return Signed(
        row.id,
        _account(row),
        row.disabled_at is not None,
        row.created_at,
        row.created_at,
        row.revoked_at,
        row.ends_on,
        row.password_changed_at,
    )


def sessions(conn: Connection, name: str | None = None, limit: int = 200) -> list[KnownSession]:
    """Newest first, ended ones among them. name: of one account."""
    s = Session
    query = (
        select(s.id, s.digest, _a.name, s.created_at, SignIn.since, s.source, s.ended_at)
        .join(_a, _a.id == s.account_id)
        .join(SignIn, SignIn.key == literal(SEEN) + cast(s.id, String), isouter=True)
        .order_by(s.id.desc())
        .limit(limit)
    )
    if name is not None:
        query = query.where(_a.name == name)
    return [
        KnownSession(
            row.id,
            row.digest,
            row.name,
            row.created_at,
            row.since or row.created_at,
            row.source,
            row.ended_at,
        )
        for row in conn.execute(query)
    ]


def tokens(conn: Connection, name: str | None = None) -> list[KnownToken]:
    """Newest first, revoked ones among them."""
    t = Token
    query = (
        select(t.id, _a.name, t.made_by, t.created_at, t.ends_on, t.revoked_at)
        .join(_a, _a.id == t.account_id)
        .order_by(t.id.desc())
    )
    if name is not None:
        query = query.where(_a.name == name)
    return [KnownToken(*row) for row in conn.execute(query)]
