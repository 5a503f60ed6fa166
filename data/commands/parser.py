"""The words of the command line: each command with its options and the right that it asks for."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data.commands.accounts import a_role, rights_list, run_user
from data.commands.arguments import (
    Arguments,
    a_crs,
    a_day,
    a_layer,
    a_moment,
    a_month,
    a_number,
    a_parameter,
    a_record_kind,
    a_set_value,
    a_year,
    an_area,
    unit_codes,
)
from data.commands.auditing import run_cases, run_oddities
from data.commands.confirming import run_confirm
from data.commands.deciding import run_contacts, run_record, run_rules
from data.commands.doubts import add_commands as add_doubt_commands
from data.commands.hooks import add_commands as add_hook_commands
from data.commands.keeping import (
    run_anchor,
    run_backup,
    run_init,
    run_rebuild,
    run_restore,
    run_verify,
)
from data.commands.looking import run_figures, run_patches, run_tasks, run_triggers
from data.commands.measures import add_commands as add_measure_commands
from data.commands.output import DONE
from data.commands.papers import add_commands as add_paper_commands
from data.commands.uploads import run_demo, run_undo, run_upload, run_uploads, run_watch
from data.commands.wording import ChineseParser
from data.commands.worklists import (
    run_audit,
    run_certificates,
    run_checks,
    run_comebacks,
    run_draw,
    run_freezes,
    run_ledger,
    run_overlay,
    run_rechecks,
)
from data.rights import Right
from data.settings import Settings
from data.vocabulary import PatchStatus, UploadKind

Handler = Callable[[Settings, Arguments], int]


def command_parser() -> argparse.ArgumentParser:
    parser = ChineseParser(prog="python -m data", description="卫片执法监管数据")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, handler: Handler, about: str, right: Right | None = Right.READ) -> Any:
        """right: what an account needs that it is called for; None: the machine's own, for nobody
        else."""
        sub = commands.add_parser(name, help=about, description=about)
        sub.add_argument("--json", action="store_true", help="只输出一个 JSON 文档")
        if right is not None:
            _as_user(sub, None)
        sub.set_defaults(handler=handler, right=right)
        return sub

    def reading(sub: Any) -> Any:
        sub.add_argument(
            "--known-on", type=a_moment, metavar="时刻", help="当时所知：只看那一刻以前入库的"
        )
        return sub

    def action(actions: Any, name: str, right: Right | None = None) -> Any:
        """right: where it needs another than its command."""
        sub = actions.add_parser(name)
        sub.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        _as_user(sub, argparse.SUPPRESS)
        if right is not None:
            sub.set_defaults(right=right)
        return sub

    init = command("init", run_init, "创建或升级数据库", None)
    init.add_argument(
        "--places", type=Path, metavar="区划表.csv", help="建别的市的库：该市的区市和乡镇街道"
    )

    demo = command("demo", run_demo, "生成演示上传文件并导入", None)
    demo.add_argument("--year", type=a_year)
    demo.add_argument("--until", type=a_day)
    demo.add_argument("--patches", type=a_number)
    demo.add_argument("--seed", type=a_number, default=1)
    demo.add_argument("--out", type=Path)
    demo.add_argument("--if-empty", action="store_true", help="仅在数据库为空时导入")

    upload = command("upload", run_upload, "上传一个文件", Right.UPLOAD)
    upload.add_argument("file", type=Path)
    kinds = [kind.value for kind in UploadKind]
    upload.add_argument("--kind", choices=kinds, help="退回表可以不写：其中记着种类和年度")
    upload.add_argument("--year", type=a_year)
    upload.add_argument("--crs", type=a_crs)
    upload.add_argument("--set", type=a_set_value, action="append", default=[], metavar="列=值")
    upload.add_argument("--layer", type=a_layer)
    upload.add_argument(
        "--confirm-unit",
        type=unit_codes,
        action="extend",
        default=[],
        metavar="代码",
        help="区市界要新设、改画或撤下的区市，逐个写明代码（可用逗号分隔）",
    )
    upload.add_argument("--all-or-nothing", action="store_true")
    upload.add_argument("--preview", action="store_true")

    uploads = reading(command("uploads", run_uploads, "上传历史"))
    uploads.add_argument("--refused", action="store_true", help="未收下的文件")
    undo = command("undo", run_undo, "撤回一个批次", Right.UPLOAD)
    undo.add_argument("batch", type=a_number)

    for name, handler, about in (
        ("figures", run_figures, "各项指标"),
        ("patches", run_patches, "图斑清单"),
        ("tasks", run_tasks, "外业核查任务"),
        ("triggers", run_triggers, "已触发的预警"),
        ("audit", run_audit, "月核：各阶段图斑、退回、问题清单"),
        ("overlay", run_overlay, "套合疑点：填报面积与参考图层不符"),
        ("cases", run_cases, "查处移送：立案、用时、移送答复、六个是否待补判"),
        ("oddities", run_oddities, "数据异常：占比突出、内容雷同、日期集中、面积贴线"),
        ("checks", run_checks, "外业核查：应查、已查、持续跟踪、抽取记录"),
        ("freezes", run_freezes, "补充耕地指标：储备、预计冻结、冻结、解冻、可用"),
    ):
        sub = reading(command(name, handler, about))
        sub.add_argument("--year", type=a_year, required=True)
        sub.add_argument("--as-of", type=a_day)
        sub.add_argument("--district")
        if name == "figures":
            sub.add_argument("--compare", action="store_true", help="当时所知与现在的差别")
        if name == "patches":
            sub.add_argument("--status", choices=[status.value for status in PatchStatus])

    for name, handler, about in (
        ("ledger", run_ledger, "2018年以来的整改台账"),
        ("rechecks", run_rechecks, "周期复核：何时应复核"),
        ("comebacks", run_comebacks, "重叠复现、重复下发、其他专项已举证"),
        ("certificates", run_certificates, "拆除复耕到位证明登记簿"),
    ):
        sub = reading(command(name, handler, about))
        if name == "comebacks":
            sub.add_argument("--year", type=a_year)
        sub.add_argument("--as-of", type=a_day)
        sub.add_argument("--district")

    rules = reading(command("rules", run_rules, "现行规则；set 修改本市设定的参数"))
    rules.add_argument("--on", type=a_day, help="哪一天的规则，默认今天")
    setting = action(rules.add_subparsers(dest="action", metavar="set"), "set", Right.RULES)
    setting.add_argument("parameter", type=a_parameter, metavar="规则.参数")
    setting.add_argument("value")
    setting.add_argument("--from", dest="valid_from", type=a_day, required=True)
    setting.add_argument("--reason", required=True)

    contacts = reading(command("contacts", run_contacts, "各区市联系方式；set 修改"))
    setting = contacts.add_subparsers(dest="action", metavar="set")
    calling = action(setting, "set", Right.ACCOUNTS)
    calling.add_argument("district", help="区市代码或名称")
    calling.add_argument("--unit", required=True, help="单位")
    calling.add_argument("--post", required=True, help="岗位，不必写姓名")
    calling.add_argument("--telephone", required=True)

    record = command("record", run_record, "人员登记：list、add、withdraw")
    actions = record.add_subparsers(dest="action", required=True, metavar="ACTION")
    reading(action(actions, "list")).add_argument("--year", type=a_year, required=True)
    adding = action(actions, "add")
    adding.add_argument("kind", type=a_record_kind)
    adding.add_argument("subject", help="图斑编号或区市")
    adding.add_argument("--year", type=a_year, required=True)
    adding.add_argument("--on", type=a_day, required=True)
    adding.add_argument("--reason", required=True)
    adding.add_argument("--due", type=a_day, help="限期整改的期限")
    adding.add_argument(
        "--patch",
        action="append",
        default=[],
        metavar="图斑编号",
        help="限期整改或冻结所列的图斑，可写多次",
    )
    adding.add_argument("--document", help="冻结的文号")
    adding.add_argument("--area", type=an_area, help="冻结的指标（亩）")
    withdrawing = action(actions, "withdraw")
    withdrawing.add_argument("number", type=a_number)
    withdrawing.add_argument("--on", type=a_day, required=True)
    withdrawing.add_argument("--reason", required=True)

    add_measure_commands(command, action, reading)
    add_paper_commands(command, reading)
    add_doubt_commands(command, action)
    add_hook_commands(command, action)
    drawing = command("draw", run_draw, "抽取外业抽查（F2）的图斑并记录在案", Right.CHECK)
    drawing.add_argument("month", type=a_month, metavar="月清月份", help="如 2023-05")
    drawing.add_argument("--year", type=a_year, required=True)
    drawing.add_argument("--on", type=a_day, help="抽取日期，默认今天")
    about = "账户：新建、修改、停用、密码、会话、令牌"
    _user_commands(command("user", run_user, about, Right.ACCOUNTS), action)
    confirm = command("confirm", run_confirm, "待确认：list、accept、refuse")
    decisions = confirm.add_subparsers(dest="action", required=True, metavar="ACTION")
    waiting = reading(action(decisions, "list"))
    waiting.add_argument("--year", type=a_year, required=True)
    waiting.add_argument("--as-of", type=a_day)
    waiting.add_argument("--decided", action="store_true", help="已办的")
    for name in ("accept", "refuse"):
        deciding = action(decisions, name, Right.CONFIRM)
        deciding.add_argument("numbers", type=a_number, nargs="+", metavar="编号")
        deciding.add_argument("--reason", required=name == "refuse")
    verify = command("verify", run_verify, "校验防篡改历史", Right.AUDIT_LOG)
    verify.add_argument("--anchor", type=Path, help="与先前导出的锚点比对")
    verify.add_argument("--quick", action="store_true", help="不重新计算汇总表")
    anchor = command("anchor", run_anchor, "导出历史锚点", Right.BACKUP)
    anchor.add_argument("file", type=Path, nargs="?")
    backup = command("backup", run_backup, "在线备份", Right.BACKUP)
    backup.add_argument(
        "file", type=Path, nargs="?", help="不写则存入 WEIPIAN_BACKUP_DIR，并删去过旧的"
    )
    command("restore", run_restore, "从备份恢复", None).add_argument("file", type=Path)
    command("rebuild", run_rebuild, "重新生成汇总表", None)
    command("worker", _worker, "运行后台任务", None)
    watch = command("watch", run_watch, "监视投递文件夹", None)
    watch.add_argument("directory", type=Path)
    watch.add_argument("--once", action="store_true", help="处理现有文件后退出")
    return parser


def _as_user(sub: Any, default: Any) -> None:
    sub.add_argument(
        "--as-user",
        "--by",
        default=default,
        metavar="账户",
        help="由该账户办理：用它的范围和权限，历史记它的名字",
    )


def _user_commands(user: Any, action: Callable[[Any, str], Any]) -> None:
    actions = user.add_subparsers(dest="action", required=True, metavar="ACTION")

    def named(name: str) -> Any:
        sub = action(actions, name)
        sub.add_argument("name", metavar="账户")
        return sub

    for name in ("add", "set"):
        sub = named(name)
        sub.add_argument("--role", type=a_role, required=name == "add", metavar="角色")
        sub.add_argument("--district", metavar="区市")
        sub.add_argument("--rights", type=rights_list, metavar="权限", help="用逗号分隔")
        if name == "add":
            sub.add_argument("--password-stdin", action="store_true", help="密码从标准输入读取")
    named("disable")
    named("enable")
    named("password").add_argument("--password-stdin", action="store_true")
    action(actions, "list")
    named("sessions").add_argument("--end", action="store_true", help="结束其所有会话")
    named("token").add_argument("--days", type=a_number, required=True)
    named("code").add_argument("--off", action="store_true", help="不再要动态码")
    named("subject").add_argument("subject", metavar="统一认证身份")


def _worker(settings: Settings, arguments: Arguments) -> int:
    from data.jobs.worker import main as work

    work()
    return DONE
