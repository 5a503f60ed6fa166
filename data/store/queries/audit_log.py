"""The audit log: every event in words, newest first. For whoever has the right (audit_log)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, select

from data.periods import BEIJING
from data.rights import Right, Role
from data.store.models import Event, Upload
from data.vocabulary import UploadKind

#: Kind of an event → what the log calls it. What only proves single values is left out.
KINDS: dict[str, str] = {
    "upload": "上传和登记",
    "refusal": "未收下的文件",
    "session": "登录和退出",
    "sign_in": "登录或动态码失败",
    "account": "账户",
    "token": "令牌",
    "hook": "通知地址",
    "export": "导出",
    "profile": "列的对应方案",
    "mail": "邮件",
}
_LEFT_OUT = ("value",)
_STATES = {"undo": "撤回", "entry": "登记"}
_ACCOUNT = {
    "add": "建立",
    "set": "修改",
    "disable": "停用",
    "enable": "启用",
    "password": "更换密码",
    "code": "开启动态码",
    "no_code": "关闭动态码",
    "subject": "登记统一认证身份",
    "mail": "设置邮件地址的",
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """at: UTC. what: a sentence."""

    seq: int
    at: datetime
    who: str
    source: str
    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; empty for everything. first, last: days of China, both included."""

    kind: str = ""
    who: str = ""
    text: str = ""
    first: date | None = None
    last: date | None = None


def log_lines(conn: Connection, asked: Asked, limit: int) -> list[LogLine]:
    """The newest lines that fit."""
    found: list[LogLine] = []
    for line in _lines(conn, asked):
        if asked.text and asked.text not in line.what:
            continue
        found.append(line)
        if len(found) >= limit:
            break
    return found


def _lines(conn: Connection, asked: Asked) -> Iterator[LogLine]:
    e = Event
    query = select(e.seq, e.at, e.who, e.source, e.kind, e.told).where(e.kind.not_in(_LEFT_OUT))
    if asked.kind:
        query = query.where(e.kind == asked.kind)
    if asked.who:
        query = query.where(e.who.contains(asked.who, autoescape=True))
    if asked.first is not None:
        query = query.where(e.at >= _moment(asked.first))
    if asked.last is not None:
        query = query.where(e.at < _moment(asked.last + timedelta(days=1)))
    rows = conn.execute(query.order_by(e.seq.desc()), execution_options={"yield_per": 500})
    names = _uploads(conn)
    for row in rows:
        words = _WORDS.get(row.kind, _anything)
        what = words(orjson.loads(row.told), names)
        yield LogLine(row.seq, datetime.fromisoformat(row.at), row.who, row.source, row.kind, what)


def _moment(day: date) -> str:
    """When a day of China begins, as events have it."""
    begins = datetime.combine(day, time(), BEIJING)
    return begins.astimezone(UTC).isoformat(timespec="microseconds")


def _uploads(conn: Connection) -> dict[int, tuple[str, str, str]]:
    """Batch → state, kind, file name."""
    u = Upload
    rows = conn.execute(select(u.id, u.state, u.kind, u.file_name))
    return {row.id: (row.state, row.kind, row.file_name) for row in rows}


_Names = Mapping[int, tuple[str, str, str]]


def _upload(told: Mapping[str, Any], names: _Names) -> str:
    state, kind, name = names.get(told["batch"], ("", "", ""))
    kinds = UploadKind.labels()
    what = _STATES.get(state, "上传")
    return f"{what}，批次{told['batch']}：{kinds.get(kind, '')} {name}".replace("： ", "：")


def _refusal(told: Mapping[str, Any], _: _Names) -> str:
    return f"“{told['file_name']}”未收下：{told['reason']}"


def _session(told: Mapping[str, Any], _: _Names) -> str:
    return "登录" if told["what"] == "begin" else f"结束“{told['account']}”的登录"


def _sign_in(told: Mapping[str, Any], _: _Names) -> str:
    if told["what"] == "code":
        return f"“{told['account']}”签发时动态码不对"
    return f"以“{told['account']}”登录没有成功"


def _account(told: Mapping[str, Any], _: _Names) -> str:
    words = [f"{_ACCOUNT.get(told['what'], told['what'])}账户“{told['account']}”"]
    if "rights" in told:
        rights = "、".join(Right(right).label for right in told["rights"])
        unit = f"，区市{told['district']}" if told["district"] else ""
        words.append(f"{Role(told['role']).label}{unit}，权限：{rights}")
    return "：".join(words)


def _token(told: Mapping[str, Any], _: _Names) -> str:
    if told["what"] == "make":
        return f"为“{told['account']}”建立令牌第{told['id']}号，到{told['ends_on']}为止"
    return f"撤销令牌第{told['id']}号"


def _hook(told: Mapping[str, Any], _: _Names) -> str:
    if told["what"] == "make":
        return f"为“{told['account']}”建立通知地址第{told['id']}号：{told['url']}"
    return f"停用通知地址第{told['id']}号"


def _export(told: Mapping[str, Any], _: _Names) -> str:
    filters = f"，条件 {told['filter']}" if told["filter"] else ""
    rows = f"，{told['rows']}行" if told.get("rows") is not None else ""
    return f"导出 {told['path']}{filters}{rows}"


def _profile(told: Mapping[str, Any], _: _Names) -> str:
    return f"第{told['id']}号方案" + ("保存" if told["row"] else "删除")


def _anything(told: Mapping[str, Any], _: _Names) -> str:
    return orjson.dumps(dict(told)).decode()[:500]


def _mail(told: Mapping[str, Any], _: _Names) -> str:
    what = {"new": "待办提醒", "week": "周报"}.get(told["what"], "开始提醒")
    return f"{what}没有发出：{told['reason']}" if told["state"] == "failed" else f"发出{what}"


_WORDS: dict[str, Callable[[Mapping[str, Any], _Names], str]] = {
    "upload": _upload,
    "refusal": _refusal,
    "session": _session,
    "sign_in": _sign_in,
    "account": _account,
    "token": _token,
    "hook": _hook,
    "export": _export,
    "profile": _profile,
    "mail": _mail,
}
