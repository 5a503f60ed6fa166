"""Accounts: made, changed, disabled, enabled by those who may; every step is an event.

Nobody changes his own role, district or rights, and nobody is deleted: names stand in the history.
What an account could do before ends with its sessions, in the transaction of the change.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Any

import pyotp
from sqlalchemy import Connection, insert, update

from data.acting import acting
from data.errors import Forbidden, SupervisionError
from data.periods import utc_now
from data.rights import COMMAND_LINE, DEFAULT_RIGHTS, GRANTABLE, Account, Right, Role
from data.settings import Settings
from data.store.facts import ACCOUNT, tell_row
from data.store.models import Account as AccountTable
from data.store.queries.accounts import KnownAccount, account_named, all_accounts, known_account
from data.store.queries.stamp import districts
from data.workflow import passwords
from data.workflow.sessions import end_sessions

_LONGEST_NAME = 32
#: What the history calls those who have no account.
_RESERVED = frozenset({COMMAND_LINE.name, "系统", "演示", "投递文件夹", "网页用户"})


def add_account(
    conn: Connection,
    settings: Settings,
    name: str,
    role: Role,
    district: str | None = None,
    rights: Collection[Right] | None = None,
    password: str | None = None,
    where: str = "cli",
) -> Account:
    """Call inside Store.write(). district: code, name or short name. rights: None for the role's
    own. Raises SupervisionError for what cannot be, Forbidden without the right."""
    acting().require(Right.ACCOUNTS)
    name = _checked_name(name)
    if any(known.account.name == name for known in all_accounts(conn)):
        raise SupervisionError(f"已有账户“{name}”，请换一个名字。停用的账户可以重新启用。")
    code = _checked_district(conn, role, district)
    granted = _checked_rights(role, rights)
    if password is not None:
        password = passwords.checked(password, name, settings)
    moment = utc_now()
    conn.execute(
        insert(AccountTable).values(
            name=name,
            role=role.value,
            district_code=code,
            rights=sorted(granted),
            password_hash=None if password is None else passwords.hash_of(password),
            password_changed_at=None if password is None else moment,
            created_at=moment,
        )
    )
    made = account_named(conn, name)
    _tell(conn, made, where, "add", role=role.value, district=code, rights=sorted(granted))
    return made


def set_account(
    conn: Connection,
    name: str,
    role: Role | None = None,
    district: str | None = None,
    rights: Collection[Right] | None = None,
    where: str = "cli",
) -> Account:
    """Call inside Store.write(). What is None stays; another role takes its own rights unless some
    are given. Ends the account's sessions where role or district change."""
    was = _of_another(conn, name, "修改自己的角色、区市或权限")
    new_role = role or was.account.role
    if rights is None:
        rights = was.account.rights if new_role is was.account.role else None
    granted = _checked_rights(new_role, rights)
    own = was.account.district if new_role is Role.DISTRICT else None
    code = _checked_district(conn, new_role, district or own)
    values = {"role": new_role.value, "district_code": code, "rights": sorted(granted)}
    _change(conn, was, values)
    told = {"role": new_role.value, "district": code, "rights": sorted(granted)}
    _tell(conn, was.account, where, "set", **told)
    if (new_role, code) != (was.account.role, was.account.district):
        end_sessions(conn, name, where)
    return known_account(conn, name).account


def disable_account(conn: Connection, name: str, where: str = "cli") -> None:
    """Call inside Store.write(). It cannot sign in, and is signed out everywhere."""
    was = _of_another(conn, name, "停用自己的账户")
    if was.is_disabled:
        raise SupervisionError(f"账户“{name}”已经停用，不必再停用。")
    _change(conn, was, {"disabled_at": utc_now()})
    _tell(conn, was.account, where, "disable")
    end_sessions(conn, name, where)


def enable_account(conn: Connection, name: str, where: str = "cli") -> None:
    was = _of_another(conn, name, "启用自己的账户")
    if not was.is_disabled:
        raise SupervisionError(f"账户“{name}”没有停用，不必启用。")
    _change(conn, was, {"disabled_at": None})
    _tell(conn, was.account, where, "enable")


def set_password(
    conn: Connection, settings: Settings, name: str, password: str, where: str = "cli"
) -> None:
    """Call inside Store.write(). One's own, or another's by whoever keeps accounts; ends its
    sessions."""
    if acting().name != name:
        acting().require(Right.ACCOUNTS)
    was = known_account(conn, name)
    password = passwords.checked(password, name, settings)
    values = {"password_hash": passwords.hash_of(password), "password_changed_at": utc_now()}
    _change(conn, was, values)
    _tell(conn, was.account, where, "password")
    end_sessions(conn, name, where)


def set_code(conn: Connection, name: str, is_wanted: bool, where: str = "cli") -> str | None:
    """One-time codes (TOTP): the address for an authenticator, told once; None where they are
    switched off. Call inside Store.write()."""
    acting().require(Right.ACCOUNTS)
    was = known_account(conn, name)
    secret = pyotp.random_base32() if is_wanted else None
    _change(conn, was, {"totp_secret": secret})
    _tell(conn, was.account, where, "code" if is_wanted else "no_code")
    end_sessions(conn, name, where)
    if secret is None:
        return None
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="卫片执法监管")


def set_subject(conn: Connection, name: str, subject: str | None, where: str = "cli") -> None:
    """Who the account is at the OpenID provider. Call inside Store.write()."""
    was = _of_another(conn, name, "修改自己的统一认证身份")
    _change(conn, was, {"subject": subject})
    _tell(conn, was.account, where, "subject", subject=subject)


def _of_another(conn: Connection, name: str, what: str) -> KnownAccount:
    acting().require(Right.ACCOUNTS)
    if acting().name == name:
        raise Forbidden(f"不能{what}，请另一位管理员来做。")
    return known_account(conn, name)


def _change(conn: Connection, was: KnownAccount, values: dict[str, Any]) -> None:
    table = AccountTable
    conn.execute(update(table).where(table.id == was.account.id).values(**values))


def _tell(conn: Connection, account: Account, where: str, what: str, **told: Any) -> None:
    assert account.id is not None
    about = {"what": what, "account": account.name, **told}
    tell_row(conn, ACCOUNT, account.id, acting().name, where, about)


def _checked_name(name: str) -> str:
    name = unicodedata.normalize("NFC", name).strip()
    fits = name and len(name) <= _LONGEST_NAME and all(c.isalnum() or c in "_-.@" for c in name)
    if not fits:
        raise SupervisionError(
            f"账户名应为 1 到 {_LONGEST_NAME} 个字：汉字、字母、数字或 _ - . @，不含空格。"
        )
    if name in _RESERVED:
        raise SupervisionError(f"“{name}”是系统自用的名字，请换一个账户名。")
    return name


def _checked_district(conn: Connection, role: Role, district: str | None) -> str | None:
    if role is not Role.DISTRICT:
        if district:
            raise SupervisionError(f"{role.label}账户不属于哪个区市，请去掉区市。")
        return None
    units = districts(conn)
    names = "、".join(f"{unit.code} {unit.short_name}" for unit in units)
    if not district:
        raise SupervisionError(f"区市账户要写明是哪个区市。现有：{names}。")
    for unit in units:
        if district in (unit.code, unit.name, unit.short_name):
            return unit.code
    raise SupervisionError(f"没有区市“{district[:20]}”。现有：{names}。")


def _checked_rights(role: Role, rights: Collection[Right] | None) -> frozenset[Right]:
    if rights is None:
        return DEFAULT_RIGHTS[role]
    granted = frozenset(rights) | {Right.READ}
    beyond = [right.label for right in Right if right in granted - GRANTABLE[role]]
    if beyond:
        raise SupervisionError(f"{role.label}账户不能有“{'、'.join(beyond)}”权限，请去掉。")
    return granted
