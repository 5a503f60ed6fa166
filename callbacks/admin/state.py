"""How this machine stands, on 系统管理: store, queue, disk, backup, anchor and the sandbox."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from dash import Dash, Input, Output
from dash.development.base_component import Component

from callbacks.admin.log import moment_text
from callbacks.frame.needs import needs
from components import admin as parts
from components import ids
from data.jobs.mailer import problem
from data.jobs.standing import LEAST_FREE_BYTES, Standing, standing
from data.jobs.table import JobTable, Queue
from data.rights import Right
from data.services import Services
from data.settings import Settings
from data.store.anchor_folder import OLD
from data.upload import confinement
from data.workflow.mailing import last_outcome

#: (what, how it stands, what to do; empty where all is well).
Line = tuple[str, str, str]
#: When the latest letter was sent or not, and why not; None where there was none.
Outcome = tuple[datetime, str] | None
_AWAY = "无法读取"


@cache
def gaps() -> tuple[str, ...]:
    """What this machine does not grant a reading child; asked once, for it takes a second."""
    return tuple(confinement.gaps())


def lines(
    now: Standing, settings: Settings, lacking: tuple[str, ...], sent: Outcome = None
) -> list[Line]:
    return [
        _store(now),
        _queue(now.jobs),
        _disk(now),
        _copy(
            "备份", now.backup_age_seconds, settings.backup_dir is not None, "WEIPIAN_BACKUP_DIR"
        ),
        _copy(
            "锚点", now.anchor_age_seconds, settings.anchor_dir is not None, "WEIPIAN_ANCHOR_DIR"
        ),
        ("上传文件的沙箱", "；".join(lacking) or "限制齐全",
         "按安装手册开启内核的相应功能，或换一台机器。" if lacking else ""),
        _mail(settings, sent),
    ]  # fmt: skip


def _store(now: Standing) -> Line:
    if not now.store:
        return "数据库", _AWAY, "检查数据库是否在运行、磁盘是否可写。"
    if not now.migrations:
        return "数据库", "版本与程序不符", "重启全部进程，让它们都用新的程序。"
    return "数据库", f"数据版本{now.data_version}，历史{now.records:,}条记录", ""


def _queue(jobs: Queue | None) -> Line:
    if jobs is None:
        return "任务队列", _AWAY, "检查任务库所在的磁盘。"
    names = {"queued": "排队", "running": "进行", "waiting": "等待确认", "failed": "失败"}
    told = "、".join(f"{word}{jobs.counts.get(state, 0)}" for state, word in names.items())
    minutes = int(jobs.waits_seconds // 60)
    if minutes < 5:
        return "任务队列", told, ""
    return "任务队列", f"{told}；最前的已等{minutes}分钟", "检查后台任务（worker）是否在运行。"


def _mail(settings: Settings, sent: Outcome) -> Line:
    if settings.mail_server is None:
        return "邮件", "没有设置邮件服务器，不发邮件", ""
    if wrong := problem(settings):
        return "邮件", "设置有误，不发邮件", wrong
    if sent is None:
        return "邮件", "还没有发过", ""
    at, reason = sent
    if reason:
        return "邮件", f"{moment_text(at)}的一封没有发出，稍后重试", reason
    return "邮件", f"最近一封在{moment_text(at)}发出", ""


def _disk(now: Standing) -> Line:
    if now.free_bytes is None:
        return "磁盘", _AWAY, "检查数据文件夹是否还在。"
    free, least = (size / (1 << 30) for size in (now.free_bytes, LEAST_FREE_BYTES))
    advice = "" if now.disk else f"少于{least:.1f} GB 时不收文件，请清理或扩容。"
    return "磁盘", f"剩余{free:.1f} GB", advice


def _copy(what: str, age_seconds: float | None, has_folder: bool, variable: str) -> Line:
    if not has_folder:
        return what, "没有设置文件夹", f"设置 {variable}，最好在另一台机器上。"
    if age_seconds is None:
        return what, "文件夹里还没有", "检查文件夹能否写入、定时任务是否在运行。"
    hours = int(age_seconds // 3600)
    told = f"最近一次在{hours}小时前" if hours else "最近一次不到1小时"
    is_old = age_seconds >= OLD.total_seconds()
    return what, told, "已超过2天，请检查定时任务。" if is_old else ""


def register(app: Dash, services: Services) -> None:
    table = JobTable(services.settings)

    @app.callback(Output(ids.Admin.STATE, "children"), Input(ids.Admin.STATE, "id"))
    @needs(Right.ACCOUNTS)
    def state(_: str) -> Component:
        now = standing(services.store, table)
        sent: Outcome = None
        if now.store and now.migrations:
            with services.store.read_now() as conn:
                sent = last_outcome(conn)
        return parts.state_card(lines(now, services.settings, gaps(), sent))
