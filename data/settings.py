"""Settings from the environment. One place, read once by whoever starts the program."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from data import periods
from data.errors import SupervisionError
from data.numbers import whole_number

PROJECT_DIR = Path(__file__).resolve().parent.parent


def _default_database_url(local_dir: Path) -> str:
    return f"sqlite:///{local_dir / 'weipian.sqlite'}"


def _whole(text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise ValueError("应为整数，请改正后再试。")
    return number


def _seconds(text: str) -> int:
    number = whole_number(text, 1, 86_400)
    if number is None:
        raise ValueError("应为从 1 起的整数（秒），请改正后再试。")
    return number


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("应写作 2023-05-24。") from None


def _access(text: str) -> str:
    if text not in ("demo", "accounts"):
        raise ValueError("应为 demo（演示登录）或 accounts（账户登录）。")
    return text


def _security(text: str) -> str:
    if text not in ("starttls", "tls", "none"):
        raise ValueError("应为 starttls、tls 或 none（不加密，只用于内网）。")
    return text


def _yes_or_no(text: str) -> bool:
    known = {"1": True, "true": True, "True": True, "0": False, "false": False, "False": False}
    if text not in known:
        raise ValueError("应为 1 或 0。")
    return known[text]


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _networks(text: str) -> tuple[str, ...]:
    found = _names(text)
    for name in found:
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError:
            raise ValueError("应为地址或网段，如 10.1.2.3、10.1.2.0/24，用逗号隔开。") from None
    return found


def _secret(text: str) -> str:
    if len(text) < 32:
        raise ValueError("太短，应为至少32位的随机字符，例如 openssl rand -hex 32 的输出。")
    return text


def _from(variable: str, read: Callable[[str], Any] = str) -> dict[str, Any]:
    """Which environment variable gives a setting; empty is as if it were not there."""
    return {"variable": variable, "read": read}


@dataclass(frozen=True, slots=True)
class Settings:
    """database_url: SQLAlchemy address of the store. local_dir: folder for uploaded files, returned
    workbooks and job files. tile_url: address template of background tiles, None for none.
    imagery_…: pictures of the ground before and after, offered where both addresses are set.
    allowed_hosts: names (`name` or `name:port`) under which browsers may ask, beside where the
    server listens.
    refused_days: how long copies of refused files are kept.
    anchor_dir: folder for signed anchors, best on another machine; None for none.
    backup_dir: folder for backups that are made without a file's name; None for none.
    anchor_key_file: the private key that signs them, see anchor_key.
    embedded_worker: web servers start a worker of their own. lease_seconds: a job whose worker is
    silent for so long is taken by another.
    Of PostgreSQL (0: without limit): lock_seconds: how long somebody else's lock is waited for;
    statement_seconds: how long a page's question may take; idle_transaction_seconds: how long a
    transaction may rest; keepalive_seconds: how often it is asked whether the other side is there.
    cache_url: a Redis where processes share the answers that they keep, and a bell for workers.
    access: accounts, or demo where one click signs in (on the demo's store only).
    behind_tls: a proxy speaks TLS and says who asked (X-Forwarded-For, -Proto).
    proxies: addresses or networks of those that are believed this; what others say is ignored.
    metrics_token: who shows it may read /metrics; None: there is no such address.
    password_…: letters and kinds of letters that a password has at least, days after which it must
    be changed (0: never). lock_…: failed attempts of a name, and for how long it is locked.
    idle_minutes, session_hours: when a session ends by itself.
    api_per_minute: requests of an account to /api/ that a process answers in a minute (0: all).
    mail_…: by whom e-mail is sent (`host` or `host:port`; None: none is), how the connection is
    secured, who signs in, and from which address.
    office: the program of LibreOffice that draws the pages of papers; None: looked for, 0: none.
    hook_hosts: hosts (`name` or `name:port`) that may be told of what happens; none: nobody is.
    fixed_today: a day to take for today (tests, screenshots); None for the clock's.
    """

    local_dir: Path = field(
        default=PROJECT_DIR / "data" / "local", metadata=_from("WEIPIAN_LOCAL_DIR", Path)
    )
    database_url: str = field(default="", metadata=_from("DATABASE_URL"))
    tile_url: str | None = field(default=None, metadata=_from("WEIPIAN_TILE_URL"))
    tile_attribution: str = field(default="", metadata=_from("WEIPIAN_TILE_ATTRIBUTION"))
    imagery_before_url: str | None = field(
        default=None, metadata=_from("WEIPIAN_IMAGERY_BEFORE_URL")
    )
    imagery_before_label: str = field(
        default="前时相", metadata=_from("WEIPIAN_IMAGERY_BEFORE_LABEL")
    )
    imagery_after_url: str | None = field(default=None, metadata=_from("WEIPIAN_IMAGERY_AFTER_URL"))
    imagery_after_label: str = field(
        default="后时相", metadata=_from("WEIPIAN_IMAGERY_AFTER_LABEL")
    )
    city_name: str = field(default="威海市", metadata=_from("WEIPIAN_CITY"))
    host: str = field(default="127.0.0.1", metadata=_from("WEIPIAN_HOST"))
    port: int = field(default=8050, metadata=_from("WEIPIAN_PORT", _whole))
    refused_days: int = field(default=30, metadata=_from("WEIPIAN_REFUSED_DAYS", _whole))
    allowed_hosts: tuple[str, ...] = field(
        default=(), metadata=_from("WEIPIAN_ALLOWED_HOSTS", _names)
    )
    anchor_dir: Path | None = field(default=None, metadata=_from("WEIPIAN_ANCHOR_DIR", Path))
    anchor_key_file: Path | None = field(default=None, metadata=_from("WEIPIAN_ANCHOR_KEY", Path))
    backup_dir: Path | None = field(default=None, metadata=_from("WEIPIAN_BACKUP_DIR", Path))
    embedded_worker: bool = field(default=True, metadata=_from("WEIPIAN_WORKER", _yes_or_no))
    lease_seconds: int = field(default=10, metadata=_from("WEIPIAN_LEASE_SECONDS", _seconds))
    lock_seconds: int = field(default=60, metadata=_from("WEIPIAN_LOCK_SECONDS", _whole))
    statement_seconds: int = field(default=120, metadata=_from("WEIPIAN_STATEMENT_SECONDS", _whole))
    idle_transaction_seconds: int = field(
        default=600, metadata=_from("WEIPIAN_IDLE_TRANSACTION_SECONDS", _whole)
    )
    keepalive_seconds: int = field(
        default=30, metadata=_from("WEIPIAN_KEEPALIVE_SECONDS", _seconds)
    )
    cache_url: str | None = field(default=None, metadata=_from("WEIPIAN_CACHE_URL"))
    access: str = field(default="accounts", metadata=_from("WEIPIAN_ACCESS", _access))
    behind_tls: bool = field(default=False, metadata=_from("WEIPIAN_TLS", _yes_or_no))
    proxies: tuple[str, ...] = field(
        default=("127.0.0.1", "::1"), metadata=_from("WEIPIAN_PROXIES", _networks)
    )
    metrics_token: str | None = field(
        default=None, metadata=_from("WEIPIAN_METRICS_TOKEN", _secret), repr=False
    )
    password_length: int = field(default=8, metadata=_from("WEIPIAN_PASSWORD_LENGTH", _whole))
    password_classes: int = field(default=3, metadata=_from("WEIPIAN_PASSWORD_CLASSES", _whole))
    password_days: int = field(default=90, metadata=_from("WEIPIAN_PASSWORD_DAYS", _whole))
    lock_after: int = field(default=5, metadata=_from("WEIPIAN_LOCK_AFTER", _whole))
    lock_minutes: int = field(default=10, metadata=_from("WEIPIAN_LOCK_MINUTES", _whole))
    idle_minutes: int = field(default=30, metadata=_from("WEIPIAN_IDLE_MINUTES", _whole))
    session_hours: int = field(default=12, metadata=_from("WEIPIAN_SESSION_HOURS", _whole))
    api_per_minute: int = field(default=600, metadata=_from("WEIPIAN_API_PER_MINUTE", _whole))
    mail_server: str | None = field(default=None, metadata=_from("WEIPIAN_MAIL_SERVER"))
    mail_security: str = field(
        default="starttls", metadata=_from("WEIPIAN_MAIL_SECURITY", _security)
    )
    mail_user: str | None = field(default=None, metadata=_from("WEIPIAN_MAIL_USER"))
    mail_password: str | None = field(
        default=None, metadata=_from("WEIPIAN_MAIL_PASSWORD"), repr=False
    )
    mail_from: str = field(default="", metadata=_from("WEIPIAN_MAIL_FROM"))
    office: str | None = field(default=None, metadata=_from("WEIPIAN_OFFICE"))
    hook_hosts: tuple[str, ...] = field(default=(), metadata=_from("WEIPIAN_HOOK_HOSTS", _names))
    fixed_today: date | None = field(default=None, metadata=_from("WEIPIAN_TODAY", _day))

    def __post_init__(self) -> None:
        if not self.database_url:
            object.__setattr__(self, "database_url", _default_database_url(self.local_dir))

    @classmethod
    def from_environment(cls) -> Settings:
        """Raises SupervisionError where a variable cannot be read."""
        given: dict[str, Any] = {}
        for setting in fields(cls):
            variable = setting.metadata["variable"]
            if text := os.environ.get(variable):
                try:
                    given[setting.name] = setting.metadata["read"](text)
                except ValueError as error:
                    shown = f"“{text}”" if setting.repr else "值"  # a secret is not repeated
                    raise SupervisionError(f"环境变量 {variable} 的{shown}{error}") from None
        return cls(**given)

    def environment(self) -> dict[str, str]:
        """What from_environment reads, for a child with these very settings."""
        return {
            setting.metadata["variable"]: _written(getattr(self, setting.name))
            for setting in fields(self)
        }

    def today(self) -> date:
        return self.fixed_today or periods.today()

    @property
    def imagery(self) -> list[dict[str, str]]:
        """url and label of the two pictures of the ground, the earlier first; empty unless both
        addresses are set."""
        if self.imagery_before_url is None or self.imagery_after_url is None:
            return []
        return [
            {"url": self.imagery_before_url, "label": self.imagery_before_label},
            {"url": self.imagery_after_url, "label": self.imagery_after_label},
        ]

    @property
    def anchor_key(self) -> Path:
        """The file of the private key that signs anchors."""
        return self.anchor_key_file or self.local_dir / "keys" / "anchor.key"

    @property
    def uploads_dir(self) -> Path:
        return self.local_dir / "uploads"

    @property
    def outputs_dir(self) -> Path:
        return self.local_dir / "outputs"


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
