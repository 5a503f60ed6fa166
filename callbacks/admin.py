"""系统管理: accounts with sessions and tokens, and the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import flask
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.frame.downloads import xlsx_response
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import admin as parts
from components import ids
from components.links import read_search
from components.shell import toast
from data.acting import acting
from data.errors import NotFound, SupervisionError
from data.exports import SheetColumn, table_to_xlsx
from data.numbers import whole_number
from data.periods import local_time
from data.rights import Right, Role, rights_from
from data.services import Services
from data.settings import Settings
from data.store.queries.accounts import (
    KnownAccount,
    all_accounts,
    known_account,
    sessions,
    tokens,
)
from data.store.queries.audit_log import KINDS, Asked, LogLine, log_lines
from data.store.queries.stamp import districts
from data.workflow.accounts import (
    add_account,
    disable_account,
    enable_account,
    set_account,
    set_code,
    set_password,
)
from data.workflow.sessions import end_session, make_token, revoke_token

if TYPE_CHECKING:
    from sqlalchemy import Connection

EXPORT_PATH = "/export/audit-log.xlsx"
_SHOWN = 100
_EXPORTED = 200_000
_DAYS = 30


def state_of(known: KnownAccount) -> str:
    if known.is_disabled:
        return "已停用"
    if not known.has_password and known.subject is None:
        return "没有密码，不能登录"
    return "可登录，要动态码" if known.has_code else "可登录"


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    acting().require(Right.ACCOUNTS)
    query = read_search(search)
    units = [(unit.code, unit.short_name) for unit in districts(conn)]
    known = all_accounts(conn)
    page: list[Component] = [
        html.H1(f"{sum(not k.is_disabled for k in known)}个账户可用", className="headline"),
        html.Div(id=ids.Admin.SAID),
    ]
    name = query.get("account")
    if name:
        page += _one(conn, name, units)
    own = {k: v for k, v in query.items() if k != "account"}
    page.append(parts.accounts_card([(k.account, state_of(k)) for k in known], dict(units), own))
    page.append(parts.new_account_card(units))
    if acting().may(Right.AUDIT_LOG):
        page.append(parts.log_card(KINDS, html.Div(_log(conn, Asked()))))
    return page


def _one(conn: Connection, name: str, units: list[tuple[str, str]]) -> list[Component]:
    try:
        known = known_account(conn, name)
    except NotFound as refusal:
        return [html.P(refusal.message, className="refusal", role="alert")]
    account = known.account
    is_own = account.name == acting().name
    shown = parts.account_card(
        account, state_of(known), known.is_disabled, known.has_code, units, is_own
    )
    in_use = [
        (s.id, (_moment(s.created_at), _moment(s.seen_at), s.source))
        for s in sessions(conn, name)
        if s.ended_at is None
    ]
    given = [
        (t.id, (f"第{t.id}号", t.ends_on.isoformat(), t.made_by))
        for t in tokens(conn, name)
        if t.revoked_at is None
    ]
    return [
        shown,
        parts.open_card("登录", ("登录时间", "最近活动", "来自"), in_use, "end"),
        parts.open_card("令牌", ("令牌", "到期", "建立人"), given, "revoke"),
    ]


def _moment(moment: Any) -> str:
    return f"{local_time(moment):%Y-%m-%d %H:%M:%S}"


def asked_from(values: Mapping[str, Any]) -> Asked:
    """What the fields or an address look for. Raises SupervisionError for a day that is none."""

    def day(name: str) -> date | None:
        text = str(values.get(name) or "")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise SupervisionError(f"日期“{text[:20]}”无法识别，应写作 2023-05-24。") from None

    kind = str(values.get("kind") or "")
    words = [str(values.get(name) or "").strip()[:64] for name in ("who", "text")]
    return Asked(kind if kind in KINDS else "", words[0], words[1], day("from"), day("to"))


def _log(conn: Connection, asked: Asked) -> list[Component]:
    lines = log_lines(conn, asked, _SHOWN + 1)
    given = {
        "kind": asked.kind, "who": asked.who, "text": asked.text,
        "from": asked.first and asked.first.isoformat(),
        "to": asked.last and asked.last.isoformat(),
    }  # fmt: skip
    said = urlencode({key: value for key, value in given.items() if value})
    export = EXPORT_PATH + (f"?{said}" if said else "")
    return parts.log_table([_cells(n) for n in lines[:_SHOWN]], export, len(lines) > _SHOWN)


def _cells(line: LogLine) -> list[str]:
    kind = KINDS.get(line.kind, line.kind)
    return [_moment(line.at), line.who, line.source, kind, line.what]


def act(
    conn: Connection, settings: Settings, pressed: Mapping[str, Any], fields: Mapping[str, Any],
    name: str,
) -> str:  # fmt: skip
    """Do what a button says; returns a sentence. name: of the account that is shown. Call inside
    Store.write(). Raises SupervisionError."""
    acting().require(Right.ACCOUNTS)
    where = flask.request.remote_addr or "web"
    action, number = str(pressed["name"]), int(pressed["number"])
    if action == "add":
        made = add_account(
            conn,
            settings,
            str(fields.get("new-name") or ""),
            Role(fields["new-role"]),
            fields.get("new-district") or None,
            None,
            fields.get("new-password") or None,
            where,
        )
        return f"已建立账户“{made.name}”。"
    if action == "set":
        role = Role(fields["role"])
        was = known_account(conn, name).account.role
        rights = rights_from(fields.get("rights") or ()) if role is was else None
        district = fields.get("district") or None if role is Role.DISTRICT else None
        set_account(conn, name, role, district, rights, where)
        return f"账户“{name}”已修改。"
    if action in ("disable", "enable"):
        (disable_account if action == "disable" else enable_account)(conn, name, where)
        return f"账户“{name}”已{'停用' if action == 'disable' else '启用'}。"
    if action == "password":
        set_password(conn, settings, name, str(fields.get("password") or ""), where)
        return f"账户“{name}”的密码已更换。"
    if action in ("code", "no-code"):
        address = set_code(conn, name, action == "code", where)
        return (
            f"请把这个地址加入身份验证器，只显示这一次：{address}" if address else "动态码已关闭。"
        )
    if action == "token":
        days = whole_number(fields.get("days")) or _DAYS
        token = make_token(conn, name, days, settings.today(), where)
        return f"令牌只显示这一次，请立即抄存：{token}"
    if action == "revoke":
        revoke_token(conn, number, where)
        return f"令牌第{number}号已撤销。"
    if action == "end":
        for session in sessions(conn, name):
            if session.id == number:
                end_session(conn, session, where)
        return "这次登录已结束。"
    raise SupervisionError("页面已更新，请刷新后重试。")


def register(app: Dash, services: Services) -> None:
    i = ids.Admin

    @app.callback(
        Output(i.CONTENT, "children"),
        Input(i.CONTENT, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    @needs(Right.ACCOUNTS)
    def content(_: str, search: str | None) -> list[Component]:
        with services.store.read_now() as conn:
            return render(conn, services.settings, search or "")

    @app.callback(
        Output(i.CONTENT, "children", allow_duplicate=True),
        Input({"type": "admin-action", "name": ALL, "number": ALL}, "n_clicks"),
        State({"type": "admin-field", "name": ALL}, "value"),
        State({"type": "admin-field", "name": ALL}, "id"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @needs(Right.ACCOUNTS)
    @changes_state
    def press(
        clicks: list[int | None],
        values: list[Any],
        names: list[dict[str, str]],
        search: str | None,
    ) -> Any:
        pressed = ctx.triggered_id
        if not pressed or not any(clicks):
            raise PreventUpdate
        fields = {n["name"]: v for n, v in zip(names, values, strict=True)}
        name = read_search(search).get("account", "")
        try:
            with services.store.write() as conn:
                said = act(conn, services.settings, pressed, fields, name)
        except SupervisionError as refusal:  # what was typed stays
            set_props(ids.Shell.TOASTS, {"children": toast(refusal.message)})
            return no_update
        with services.store.read_now() as conn:
            page = render(conn, services.settings, search or "")
        page[1] = html.P(said, id=i.SAID, className="admin-said", role="status")
        return page

    @app.callback(
        Output(i.LOG, "children"),
        Input(i.SEARCH, "n_clicks"),
        State(i.KIND, "value"),
        State(i.WHO, "value"),
        State(i.TEXT, "value"),
        State(i.FIRST, "value"),
        State(i.LAST, "value"),
        prevent_initial_call=True,
    )
    @needs(Right.AUDIT_LOG)
    def search_log(_: int, kind: str, who: str, text: str, first: str, last: str) -> Any:
        given = {"kind": kind, "who": who, "text": text, "from": first, "to": last}
        with services.store.read_now() as conn:
            return _log(conn, asked_from(given))


def register_routes(server: flask.Flask, services: Services) -> None:
    @server.get(EXPORT_PATH)
    @needs(Right.AUDIT_LOG)
    def export_audit_log() -> flask.Response:
        asked = asked_from(flask.request.args)
        with services.store.read_now() as conn:
            lines = log_lines(conn, asked, _EXPORTED)
        headers = (("时间", 20), ("账户", 16), ("来自", 16), ("种类", 14), ("内容", 80))
        stamp = {
            "种类": KINDS.get(asked.kind, "全部"),
            "账户": asked.who or "全部",
            "内容": asked.text or "全部",
            "从": asked.first.isoformat() if asked.first else "最早",
            "到": asked.last.isoformat() if asked.last else "现在",
        }
        columns = [SheetColumn(header, width=width) for header, width in headers]
        content = table_to_xlsx("审计日志", columns, [_cells(line) for line in lines], stamp)
        day = services.settings.today().isoformat()
        return xlsx_response(f"审计日志_{day}.xlsx", content)
