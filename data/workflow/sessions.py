"""Sessions of browsers and tokens of machines: made, looked up, ended; attempts are counted.

Of an id or token the store has the SHA-256 alone. What is counted (attempts, the last look) lies in
`sign_in`, shared by all processes; everything else is an event.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyotp
from sqlalchemy import Connection, delete, func, insert, select, update

from data.acting import acting
from data.errors import NotFound, SupervisionError
from data.periods import utc_now
from data.rights import Account, Right
from data.settings import Settings
from data.store import events
from data.store.facts import SESSION, TOKEN, tell_row
from data.store.models import Session, SignIn, Token
from data.store.queries.accounts import (
    SEEN,
    KnownSession,
    Signed,
    account_named,
    known_account,
    secrets_of,
    sessions,
)

#: Kind of the event of an attempt that failed.
REFUSED = "sign_in"
#: A session's last look is written at most so often.
_SEEN_EVERY = timedelta(minutes=1)
_MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed. source: the browser's address."""

    name: str
    password: str
    code: str
    source: str


class WrongSignIn(SupervisionError):
    """Not told apart: no such account, a disabled one, a wrong password, a wrong code."""

    def __init__(self) -> None:
        super().__init__("账户名、密码或动态码不对，或账户已停用。请核对后重试。")


class WrongCode(SupervisionError):
    """code: what was typed; empty where nothing was."""

    def __init__(self, code: str) -> None:
        said = "动态码不对或已用过。请等身份验证器出现新的动态码，再填写重试。"
        super().__init__(said if code else "您的账户签发时要填动态码，请填写后再签发。")
        self.code = code


class TooMany(SupervisionError):
    """wait_s: seconds until another attempt is looked at."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"失败次数太多，已暂时锁定。请约{max(1, -(-wait_s // 60))}分钟后再试。")
        self.wait_s = wait_s


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# ---- attempts ------------------------------------------------------------------------------------


def _keys(attempt: Attempt) -> tuple[str, str]:
    return f"name:{digest_of(attempt.name)}", f"from:{attempt.source[:64]}"


def refuse_locked(conn: Connection, attempt: Attempt) -> None:
    """Raises TooMany for a name or an address that failed too often, whether or not there is such
    an account."""
    until = conn.scalar(select(func.max(SignIn.until)).where(SignIn.key.in_(_keys(attempt))))
    wait = (until - utc_now()).total_seconds() if until else 0
    if wait > 0:
        raise TooMany(int(wait) + 1)


def note_failure(
    conn: Connection, settings: Settings, attempt: Attempt, what: str = "refused"
) -> None:
    """Count it against name and address, and lock what had enough. Call inside Store.write().
    what: `code` where somebody who is signed in typed a wrong one."""
    moment, window = utc_now(), timedelta(minutes=settings.lock_minutes)
    conn.execute(
        delete(SignIn).where(
            ~SignIn.key.startswith(SEEN), SignIn.since < moment - timedelta(days=1)
        )
    )
    most = (settings.lock_after, settings.lock_after * 10)
    for key, allowed in zip(_keys(attempt), most, strict=True):
        columns = select(SignIn.count.label("failures"), SignIn.since)
        row = conn.execute(columns.where(SignIn.key == key)).first()
        known = row if row is not None and moment - row.since < window else None
        count = known.failures + 1 if known else 1
        until = moment + window if count >= allowed else None
        values = {"count": count, "since": known.since if known else moment, "until": until}
        _put(conn, key, values)
    told = {"account": attempt.name[:32], "what": what}
    events.note(conn, REFUSED, attempt.name[:32] or "—", attempt.source, told)


def forget_failures(conn: Connection, attempt: Attempt) -> None:
    """Of the name; those of the address count on. Call inside Store.write()."""
    conn.execute(delete(SignIn).where(SignIn.key == _keys(attempt)[0]))


def _put(conn: Connection, key: str, values: dict[str, int | datetime | None]) -> None:
    if conn.execute(update(SignIn).where(SignIn.key == key).values(**values)).rowcount == 0:
        conn.execute(insert(SignIn).values(key=key, **values))


def takes_code(conn: Connection, account: Account, secret: str, code: str) -> bool:
    """Whether a one-time code is right and new; it is good once. Call inside Store.write()."""
    totp, moment = pyotp.TOTP(secret), utc_now()
    step = int(datetime.now().timestamp()) // totp.interval
    key = f"code:{account.id}"
    last = conn.scalar(select(SignIn.count).where(SignIn.key == key)) or 0
    for tried in (step - 1, step, step + 1):
        if tried > last and secrets.compare_digest(
            totp.at(tried * totp.interval).encode(), code.strip().encode()
        ):
            _put(conn, key, {"count": tried, "since": moment, "until": None})
            return True
    return False


def prove_code(conn: Connection, account: Account, code: str, source: str) -> None:
    """Ask an account that has one-time codes for one again. Call inside Store.write(), so that a
    code is used up by what it was typed for alone. Raises WrongCode, TooMany."""
    _, secret = secrets_of(conn, account.name)
    if secret is None:
        return
    refuse_locked(conn, Attempt(account.name, "", code, source))
    if not takes_code(conn, account, secret, code):
        raise WrongCode(code)


# ---- sessions ------------------------------------------------------------------------------------


def begin_session(conn: Connection, account: Account, source: str) -> str:
    """A new session; returns the id for the cookie. Call inside Store.write()."""
    secret = secrets.token_urlsafe(32)  # 256 bits
    values = {"digest": digest_of(secret), "account_id": account.id}
    made = conn.execute(
        insert(Session).values(**values, created_at=utc_now(), source=source[:64])
    ).inserted_primary_key
    assert made is not None
    about = {"what": "begin", "account": account.name}
    tell_row(conn, SESSION, made[0], account.name, source, about)
    return secret


def is_good(signed: Signed, settings: Settings) -> bool:
    """Whether a session still is one: not ended, not idle or open for too long, its account not
    disabled."""
    moment = utc_now()
    return (
        not signed.is_disabled
        and signed.ended_at is None
        and moment - signed.seen_at <= timedelta(minutes=settings.idle_minutes)
        and moment - signed.created_at <= timedelta(hours=settings.session_hours)
    )


def is_good_token(signed: Signed, today: date) -> bool:
    return (
        not signed.is_disabled
        and signed.ended_at is None
        and signed.ends_on is not None
        and today <= signed.ends_on
    )


def must_note_look(signed: Signed) -> bool:
    return utc_now() - signed.seen_at > _SEEN_EVERY


def note_look(conn: Connection, session: int) -> None:
    """Call inside Store.write()."""
    _put(conn, f"{SEEN}{session}", {"count": 0, "since": utc_now(), "until": None})


def end_session(conn: Connection, session: KnownSession, where: str = "cli") -> None:
    """One's own, or another's by whoever keeps accounts. Call inside Store.write()."""
    if session.account != acting().name:
        acting().require(Right.ACCOUNTS)
    _end(conn, session, where)


def end_sessions(conn: Connection, name: str, where: str = "cli") -> int:
    """Every open one of an account; how many. Call inside Store.write(), after the right to do so
    was asked for."""
    open_ones = [s for s in sessions(conn, name, 100_000) if s.ended_at is None]
    for session in open_ones:
        _end(conn, session, where)
    return len(open_ones)


def end_all(conn: Connection, name: str, where: str = "cli") -> int:
    """As end_sessions, by whoever keeps accounts. Raises NotFound for no such account."""
    acting().require(Right.ACCOUNTS)
    return end_sessions(conn, known_account(conn, name).account.name, where)


def _end(conn: Connection, session: KnownSession, where: str) -> None:
    own = (Session.id == session.id, Session.ended_at.is_(None))
    if conn.execute(update(Session).where(*own).values(ended_at=utc_now())).rowcount:
        about = {"what": "end", "account": session.account}
        tell_row(conn, SESSION, session.id, acting().name, where, about)
    conn.execute(delete(SignIn).where(SignIn.key == f"{SEEN}{session.id}"))


# ---- tokens --------------------------------------------------------------------------------------


def make_token(conn: Connection, name: str, days: int, today: date, where: str = "cli") -> str:
    """A token that reads as the account for so many days; told once. Call inside Store.write()."""
    acting().require(Right.ACCOUNTS)
    if not 1 <= days <= _MOST_DAYS:
        raise SupervisionError(f"令牌的天数应在 1 到 {_MOST_DAYS} 之间，请改正后再试。")
    account = account_named(conn, name)
    secret = f"wp_{secrets.token_urlsafe(32)}"
    values = {"digest": digest_of(secret), "account_id": account.id, "made_by": acting().name}
    ends_on = today + timedelta(days=days)
    made = conn.execute(
        insert(Token).values(**values, created_at=utc_now(), ends_on=ends_on)
    ).inserted_primary_key
    assert made is not None
    about = {"what": "make", "account": name, "ends_on": ends_on}
    tell_row(conn, TOKEN, made[0], acting().name, where, about)
    return secret


def revoke_token(conn: Connection, number: int, where: str = "cli") -> None:
    """Call inside Store.write(). Raises NotFound for one that is not there or was revoked."""
    acting().require(Right.ACCOUNTS)
    own = (Token.id == number, Token.revoked_at.is_(None))
    if conn.execute(update(Token).where(*own).values(revoked_at=utc_now())).rowcount == 0:
        raise NotFound(f"没有第{number}号有效令牌，可能已经撤销。请刷新后查看。")
    tell_row(conn, TOKEN, number, acting().name, where, {"what": "revoke"})
