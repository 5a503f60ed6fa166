"""Where other programs are told of what happens: made and ended by whoever keeps accounts.

A hook belongs to an account and is told what that account may see. Only hosts of a setting may be
told, so that nobody makes this server ask others of its network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, select, update

from data.acting import acting
from data.errors import NotFound, SupervisionError
from data.periods import utc_now
from data.rights import Right
from data.settings import Settings
from data.store.facts import HOOK, tell_row
from data.store.models import Account as AccountTable
from data.store.models import Delivery, Hook
from data.store.queries.accounts import account_named
from data.vocabulary import Term

_LEAST_SECRET, _MOST_SECRET, _MOST_URL = 32, 128, 500
_MOST_DAYS = 60


class HookEvent(Term):
    UPLOAD = "upload", "上传完成"
    TRIGGER = "trigger", "越线或出现预警"
    MEASURE = "measure", "措施将到期"
    DEADLINE = "deadline", "期限将到"


@dataclass(frozen=True, slots=True)
class NewHook:
    """days: how long before a day of a measure or a deadline it is told."""

    url: str
    account: str
    secret: str
    kinds: Sequence[HookEvent] = tuple(HookEvent)
    days: int = 5


@dataclass(frozen=True, slots=True)
class KnownHook:
    id: int
    url: str
    account: str
    kinds: tuple[HookEvent, ...]
    days: int
    made_by: str
    ended_at: datetime | None
    secret: str


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the log. state: a word."""

    id: int
    hook: int
    kind: str
    key: str
    at: datetime
    tries: int
    state: str
    said: str


def check_url(settings: Settings, url: str) -> None:
    """Raises SupervisionError for an address that may not be told anything."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or parts.scheme not in ("http", "https") or parts.username or parts.fragment:
        raise SupervisionError(
            "通知地址应是 http:// 或 https:// 开头的完整网址，其中不写账户和密码。请改正后再试。"
        )
    names = {host, f"{host}:{port}"} if port is None else {f"{host}:{port}"}
    if not names & {name.lower() for name in settings.hook_hosts}:
        raise SupervisionError(
            f"主机“{parts.netloc[:80]}”不在允许接收通知的主机之列。"
            "请先由信息技术人员把它写进设置 WEIPIAN_HOOK_HOSTS（带端口的连端口一起写），再重启。"
        )


def add_hook(conn: Connection, settings: Settings, new: NewHook, where: str = "cli") -> int:
    """Its number. Call inside Store.write(). Raises SupervisionError."""
    acting().require(Right.ACCOUNTS)
    if len(new.url) > _MOST_URL:
        raise SupervisionError(f"通知地址太长，最多{_MOST_URL}个字符。")
    check_url(settings, new.url)
    if not _LEAST_SECRET <= len(new.secret) <= _MOST_SECRET:
        raise SupervisionError(
            f"密钥应有{_LEAST_SECRET}到{_MOST_SECRET}个字符，例如 openssl rand -hex 32 的输出。"
        )
    if not new.kinds:
        raise SupervisionError("请至少选一种要通知的事件。")
    if not 0 <= new.days <= _MOST_DAYS:
        raise SupervisionError(f"提前的天数应在 0 到 {_MOST_DAYS} 之间。")
    account = account_named(conn, new.account)
    made = conn.execute(
        insert(Hook).values(
            url=new.url,
            secret=new.secret,
            kinds=",".join(dict.fromkeys(kind.value for kind in new.kinds)),
            days=new.days,
            account_id=account.id,
            made_by=acting().name,
            created_at=utc_now(),
        )
    ).inserted_primary_key
    assert made is not None
    about = {"what": "make", "account": account.name, "url": new.url}
    tell_row(conn, HOOK, made[0], acting().name, where, about)
    number: int = made[0]
    return number


def end_hook(conn: Connection, number: int, where: str = "cli") -> None:
    """What was not told yet is not told any more. Call inside Store.write(). Raises NotFound."""
    acting().require(Right.ACCOUNTS)
    own = (Hook.id == number, Hook.ended_at.is_(None))
    if conn.execute(update(Hook).where(*own).values(ended_at=utc_now())).rowcount == 0:
        raise NotFound(f"没有第{number}号通知地址，可能已经停用。请刷新后查看。")
    tell_row(conn, HOOK, number, acting().name, where, {"what": "end"})


def hooks(conn: Connection) -> list[KnownHook]:
    """Newest first, ended ones among them."""
    query = (
        select(Hook, AccountTable.name)
        .join(AccountTable, AccountTable.id == Hook.account_id)
        .order_by(Hook.id.desc())
    )
    columns = Hook.__table__.c
    rows = conn.execute(query.with_only_columns(*columns, AccountTable.name.label("account")))
    return [
        KnownHook(
            row.id,
            row.url,
            row.account,
            tuple(HookEvent(kind) for kind in row.kinds.split(",")),
            row.days,
            row.made_by,
            row.ended_at,
            row.secret,
        )
        for row in rows
    ]


def told(conn: Connection, number: int | None = None, limit: int = 100) -> list[Told]:
    """What hooks were told, newest first. number: of one hook."""
    d = Delivery
    query = select(*d.__table__.c).where(d.body != "").order_by(d.id.desc()).limit(limit)
    if number is not None:
        query = query.where(d.hook_id == number)
    return [
        Told(r.id, r.hook_id, r.kind, r.key, r.made_at, r.tries, _state(r), r.said)
        for r in conn.execute(query)
    ]


def _state(row: object) -> str:
    if getattr(row, "done_at", None) is not None:
        return "已送达"
    return "等待" if getattr(row, "next_at", None) is not None else "已放弃"
