"""`hook add|list|end|log`: where other programs are told of what happens (docs/api.md)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from data.commands.arguments import Arguments, a_number
from data.commands.output import DONE, ZONE, moment_text, print_json, print_table, said, store_of
from data.errors import SupervisionError
from data.rights import Right
from data.settings import Settings


def event_list(text: str) -> list[Any]:
    """`upload,越线或出现预警`."""
    from data.workflow.hooks import HookEvent

    found = []
    for word in filter(None, (part.strip() for part in text.replace("，", ",").split(","))):
        known = [kind for kind in HookEvent if word in (kind.value, kind.label)]
        if not known:
            names = "、".join(f"{kind.value}（{kind.label}）" for kind in HookEvent)
            raise argparse.ArgumentTypeError(f"没有事件“{word}”，可选：{names}")
        found += known
    return found


def add_commands(command: Callable[..., Any], action: Callable[..., Any]) -> None:
    about = "通知地址（Web hook）：add 建立，list 列出，end 停用，log 发送记录"
    actions = command("hook", run_hook, about, Right.ACCOUNTS).add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    adding = action(actions, "add")
    adding.add_argument("url", metavar="网址")
    adding.add_argument("--account", required=True, metavar="账户", help="只通知该账户看得到的")
    adding.add_argument("--events", type=event_list, metavar="事件", help="用逗号分隔，默认全部")
    adding.add_argument("--days", type=a_number, default=5, help="期限提前几天通知")
    adding.add_argument("--secret-stdin", action="store_true", help="密钥从标准输入读取")
    action(actions, "list")
    action(actions, "end").add_argument("number", type=a_number, metavar="编号")
    action(actions, "log").add_argument("number", type=a_number, nargs="?", metavar="编号")


def run_hook(settings: Settings, arguments: Arguments) -> int:
    handlers = {"add": _add, "list": _list, "end": _end, "log": _log}
    return handlers[arguments.action](settings, arguments)


def _add(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.hooks import HookEvent, NewHook, add_hook

    if not arguments.secret_stdin:
        raise SupervisionError("签名用的密钥从标准输入读取，请加上 --secret-stdin。")
    secret = sys.stdin.readline().rstrip("\r\n")
    kinds = tuple(HookEvent) if arguments.events is None else arguments.events
    new = NewHook(arguments.url, arguments.account, secret, kinds, arguments.days)
    with store_of(settings).write() as conn:
        number = add_hook(conn, settings, new)
    return said(arguments, {"hook": number}, f"已建立通知地址，编号{number}。")


def _list(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.hooks import hooks

    with store_of(settings).read_now() as conn:
        found = hooks(conn)
    rows = [
        {
            "id": hook.id,
            "url": hook.url,
            "account": hook.account,
            "events": list(hook.kinds),
            "days": hook.days,
            "made_by": hook.made_by,
            "ended": hook.ended_at is not None,
        }
        for hook in found
    ]
    if arguments.json:
        print_json(rows)
        return DONE
    print_table([["编号", "网址", "账户", "事件", "提前天数", "建立人", "状态"]])
    print_table(
        [h.id, h.url, h.account, "、".join(k.label for k in h.kinds), h.days, h.made_by,
         "已停用" if h.ended_at else "使用中"]
        for h in found
    )  # fmt: skip
    return DONE


def _end(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.hooks import end_hook

    with store_of(settings).write() as conn:
        end_hook(conn, arguments.number)
    sentence = f"通知地址第{arguments.number}号已停用。"
    return said(arguments, {"ended": arguments.number}, sentence)


def _log(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.hooks import told

    with store_of(settings).read_now() as conn:
        found = told(conn, arguments.number)
    if arguments.json:
        print_json(
            [
                {
                    "id": one.id,
                    "hook": one.hook,
                    "event": one.kind,
                    "key": one.key,
                    "at": one.at,
                    "tries": one.tries,
                    "state": one.state,
                    "said": one.said,
                }
                for one in found
            ]
        )
        return DONE
    print_table([["编号", "通知地址", "事件", "内容", f"时间（{ZONE}）", "次数", "状态", "应答"]])
    print_table(
        [o.id, o.hook, o.kind, o.key, moment_text(o.at), o.tries, o.state, o.said] for o in found
    )
    return DONE
