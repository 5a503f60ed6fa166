"""`user …`: accounts, their passwords, sessions and tokens."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from data.commands.arguments import Arguments
from data.commands.output import DONE, print_json, print_table, said, store_of
from data.errors import SupervisionError
from data.rights import Right, Role
from data.settings import Settings


def a_role(text: str) -> Role:
    for role in Role:
        if text in (role.value, role.label):
            return role
    names = "、".join(f"{role.value}（{role.label}）" for role in Role)
    raise argparse.ArgumentTypeError(f"没有角色“{text}”，可选：{names}")


def rights_list(text: str) -> frozenset[Right]:
    """`draft,审核`; nothing for the right to look alone."""
    found = set()
    for word in filter(None, (part.strip() for part in text.replace("，", ",").split(","))):
        known = [right for right in Right if word in (right.value, right.label)]
        if not known:
            names = "、".join(f"{right.value}（{right.label}）" for right in Right)
            raise argparse.ArgumentTypeError(f"没有权限“{word}”，可选：{names}")
        found.add(known[0])
    return frozenset(found)


def run_user(settings: Settings, arguments: Arguments) -> int:
    handlers = {
        "add": _add, "set": _set, "disable": _disable, "enable": _enable,
        "password": _password, "list": _list, "sessions": _sessions, "token": _token,
        "code": _code, "subject": _subject,
    }  # fmt: skip
    return handlers[arguments.action](settings, arguments)


def _typed() -> str:
    """The password: the first line of stdin."""
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise SupervisionError("没有读到密码：请把密码作为一行从标准输入传入。")
    return password


def _add(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.accounts import add_account

    password = _typed() if arguments.password_stdin else None
    store = store_of(settings)
    with store.write() as conn:
        made = add_account(
            conn,
            settings,
            arguments.name,
            arguments.role,
            arguments.district,
            arguments.rights,
            password,
        )
    note = "" if password else "还没有密码，请用 user password 设置后才能登录。"
    document = {"user": made.name, "role": made.role.value, "rights": sorted(made.rights)}
    return said(arguments, document, f"已建立{made.role.label}账户“{made.name}”。{note}")


def _set(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.accounts import set_account

    if (arguments.role, arguments.district, arguments.rights) == (None, None, None):
        raise SupervisionError("请写明要改什么：--role、--district 或 --rights。")
    with store_of(settings).write() as conn:
        changed = set_account(
            conn, arguments.name, arguments.role, arguments.district, arguments.rights
        )
    document = {
        "user": changed.name, "role": changed.role.value, "district": changed.district,
        "rights": sorted(changed.rights),
    }  # fmt: skip
    return said(arguments, document, f"账户“{changed.name}”已修改。")


def _disable(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.accounts import disable_account

    with store_of(settings).write() as conn:
        disable_account(conn, arguments.name)
    return said(arguments, {"disabled": arguments.name}, f"账户“{arguments.name}”已停用。")


def _enable(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.accounts import enable_account

    with store_of(settings).write() as conn:
        enable_account(conn, arguments.name)
    return said(arguments, {"enabled": arguments.name}, f"账户“{arguments.name}”已启用。")


def _password(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.accounts import set_password

    if not arguments.password_stdin:
        raise SupervisionError("密码从标准输入读取，请加上 --password-stdin。")
    password = _typed()
    with store_of(settings).write() as conn:
        set_password(conn, settings, arguments.name, password)
    return said(arguments, {"user": arguments.name}, f"账户“{arguments.name}”的密码已更换。")


def _code(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.accounts import set_code

    with store_of(settings).write() as conn:
        address = set_code(conn, arguments.name, not arguments.off)
    sentence = (
        f"账户“{arguments.name}”登录时要填动态码。请把下面的地址加入身份验证器，只显示这一次：\n{address}"
        if address
        else f"账户“{arguments.name}”登录时不再要动态码。"
    )
    return said(arguments, {"user": arguments.name, "address": address}, sentence)


def _subject(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.accounts import set_subject

    with store_of(settings).write() as conn:
        set_subject(conn, arguments.name, arguments.subject)
    document = {"user": arguments.name, "subject": arguments.subject}
    return said(arguments, document, f"账户“{arguments.name}”的统一认证身份已登记。")


def _list(settings: Settings, arguments: Arguments) -> int:
    from data.store.queries.accounts import all_accounts

    with store_of(settings).read() as conn:
        rows: list[dict[str, Any]] = [
            {
                "name": known.account.name,
                "role": known.account.role.value,
                "district": known.account.district,
                "rights": sorted(known.account.rights),
                "disabled": known.is_disabled,
                "disabled_at": known.disabled_at,
                "created_at": known.created_at,
                "password_changed_at": known.password_changed_at,
                "code": known.has_code,
                "subject": known.subject,
            }
            for known in all_accounts(conn)
        ]
    if arguments.json:
        print_json(rows)
        return DONE
    print_table([["账户", "角色", "区市", "权限", "状态"]])
    print_table(
        [
            row["name"],
            Role(row["role"]).label,
            row["district"],
            "、".join(Right(right).label for right in row["rights"]),
            "停用" if row["disabled"] else "启用",
        ]
        for row in rows
    )
    return DONE


def _sessions(settings: Settings, arguments: Arguments) -> int:
    from data.store.queries.accounts import known_account, sessions
    from data.workflow.sessions import end_all

    store, name = store_of(settings), arguments.name
    if arguments.end:
        with store.write() as conn:
            count = end_all(conn, name)
        return said(arguments, {"ended": count}, f"已结束账户“{name}”的{count}个会话。")
    with store.read() as conn:
        known_account(conn, name)
        rows = [
            {
                "session": one.id,
                "created_at": one.created_at,
                "seen_at": one.seen_at,
                "from": one.source,
                "ended_at": one.ended_at,
            }
            for one in sessions(conn, name)
        ]
    if arguments.json:
        print_json(rows)
    else:
        print_table([["会话", "登录", "最近活动", "来自", "结束"], *(r.values() for r in rows)])
    return DONE


def _token(settings: Settings, arguments: Arguments) -> int:
    from datetime import timedelta

    from data.workflow.sessions import make_token

    today = settings.today()
    with store_of(settings).write() as conn:
        token = make_token(conn, arguments.name, arguments.days, today)
    ends_on = today + timedelta(days=arguments.days)
    document = {"user": arguments.name, "token": token, "ends_on": ends_on}
    return said(arguments, document, token)
