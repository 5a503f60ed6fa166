"""Passwords: argon2id, what one must be, how long it lasts (as 等保2.0 has it; settings)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from data.errors import SupervisionError
from data.settings import Settings

#: OWASP's second choice: 19 MiB and two passes, some 25 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
#: More than anybody types; argon2 would read a body of any length.
_MOST = 200


def checked(password: str, name: str, settings: Settings) -> str:
    """The password, or SupervisionError that says what a password of the account must be."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    used = sum(any(kind(letter) for letter in password) for kind in kinds)
    wanted = (
        f"密码至少{settings.password_length}位、至多{_MOST}位"
        f"，小写字母、大写字母、数字、符号四类中至少有{settings.password_classes}类"
        "，不含账户名。"
    )
    if not settings.password_length <= len(password) <= _MOST:
        raise SupervisionError(f"密码长度不合要求。{wanted}请换一个。")
    if used < settings.password_classes:
        raise SupervisionError(f"密码太简单。{wanted}请换一个。")
    if name.lower() in password.lower():
        raise SupervisionError(f"密码里有账户名。{wanted}请换一个。")
    return password


def hash_of(password: str) -> str:
    return _HASHER.hash(password)


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")


def is_right(password: str, password_hash: str | None) -> bool:
    """In the same time for an account without a password, or none at all: then always False."""
    try:
        _HASHER.verify(password_hash or _nobodys(), password[:_MOST])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None and len(password) <= _MOST


def has_expired(changed_at: datetime | None, now: datetime, settings: Settings) -> bool:
    """changed_at and now: UTC. Where the settings say 0 days, passwords last."""
    days = settings.password_days
    return days > 0 and changed_at is not None and now - changed_at > timedelta(days=days)
