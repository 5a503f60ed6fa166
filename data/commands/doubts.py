"""The command with which staff judge doubts: confirm, dismiss and revoke (docs/worklists.md)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from data.acting import acting
from data.commands.arguments import Arguments, a_day, a_number, a_year
from data.commands.output import said, store_of
from data.errors import SupervisionError
from data.rights import Right
from data.rules.doubts import Doubt, doubt_of
from data.settings import Settings
from data.tables.listing import district_of
from data.vocabulary import RecordKind

#: The key of a proposal of T7, which is no doubt about what was filled in.
DEEM = "deem"
_AS = (RecordKind.WRONG_FILLING, RecordKind.FALSE_REPORTING)


def a_doubt(text: str) -> Doubt | None:
    """None for the proposal of T7."""
    doubt = doubt_of(text)
    if doubt is None and text != DEEM:
        raise argparse.ArgumentTypeError(
            f"“{text}”不是疑点，应写作 overlay:图层:疑点、comeback:年度:编号（重复的为 duplicate、"
            "again，已举证的为 evidenced）、check:级别:日期、oddity:异常:内容，"
            "直接判定的建议写 deem"
        )
    return doubt


def add_commands(command: Callable[..., Any], action: Callable[..., Any]) -> None:
    about = "疑点：confirm 属实，dismiss 排除，revoke 撤销拆除复耕证明"
    actions = command("doubt", run_doubt, about).add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    for name in ("confirm", "dismiss", "revoke"):
        judging = action(actions, name, Right.ISSUE if name == "revoke" else Right.AUDIT)
        judging.add_argument("patch_no", metavar="图斑编号", help="数据异常写区市")
        if name == "revoke":
            judging.add_argument("parcel", type=a_number, metavar="地块序号")
        else:
            judging.add_argument("doubt", type=a_doubt, metavar="疑点")
        judging.add_argument("--year", type=a_year, required=True)
        judging.add_argument("--on", type=a_day, help="认定日期，默认今天")
        judging.add_argument("--reason", required=True)
        if name == "confirm":
            kinds = [kind.value for kind in _AS]
            judging.add_argument("--as", dest="kind", choices=kinds, help="套合疑点认定为哪一类")


def run_doubt(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.doubts import Verdict, answer_deeming, judge_doubt, revoke_certificate

    today = settings.today()
    on = arguments.on or today
    year, number, reason = arguments.year, arguments.patch_no, arguments.reason
    confirmed = arguments.action == "confirm"
    with store_of(settings).write() as conn:
        account = acting()
        if arguments.action == "revoke":
            record = revoke_certificate(
                conn, account, year, number, arguments.parcel, reason, on, today
            )
        elif arguments.doubt is None:
            if confirmed and arguments.kind:
                raise SupervisionError("直接判定的建议不分认定为哪一类，请去掉 --as。")
            record = answer_deeming(conn, account, year, number, confirmed, reason, on, today)
        else:
            kind = RecordKind(arguments.kind) if confirmed and arguments.kind else None
            doubt = arguments.doubt
            subject = (district_of(conn, number) or "") if doubt.of_district else number
            verdict = Verdict(year, subject, doubt, confirmed, reason, on, kind)
            record = judge_doubt(conn, account, verdict, today)
    return said(arguments, {"record": record}, f"已登记，编号{record}。")
