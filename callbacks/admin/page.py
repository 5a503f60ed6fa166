"""系统管理: accounts with sessions and tokens, and the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.admin.log import log_parts, moment_text
from callbacks.frame.address import source_of_request
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import admin as parts
from components import ids, paths
from components.links import href, read_search
from components.shell import toast
from data.acting import acting
from data.errors import NotFound, SupervisionError
from data.numbers import whole_number
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
from data.store.queries.audit_log import KINDS, Asked
from data.store.queries.stamp import Contact, districts
from data.triggers.rulebook import rulebook
from data.workflow.accounts import (
    add_account,
    disable_account,
    enable_account,
    set_account,
    set_code,
    set_password,
)
from data.workflow.contacts import set_contact
from data.workflow.hooks import end_hook, hooks, told
from data.workflow.mailing import mailbox_of, set_mailbox
from data.workflow.sessions import end_session, make_token, revoke_token

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DAYS = 30
#: Lines of what hooks were told.
_TOLD = 20


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
        html.Div(id=ids.Admin.STATE),
    ]
    name = query.get("account")
    if name:
        page += _one(conn, name, units)
    own = {k: v for k, v in query.items() if k != "account"}
    page.append(parts.accounts_card([(k.account, state_of(k)) for k in known], dict(units), own))
    page.append(parts.new_account_card(units))
    page.append(parts.contacts_card(_contacts(conn), units))
    local = local_parameters(conn, settings.today())
    page.append(parts.rules_card(local, href(paths.RULES, own)))
    page.append(_hooks(conn, settings))
    if acting().may(Right.AUDIT_LOG):
        page.append(parts.log_card(KINDS, html.Div(log_parts(conn, Asked()))))
    return page


def _hooks(conn: Connection, settings: Settings) -> Component:
    live = [
        (h.id, (f"第{h.id}号", h.url, h.account, "、".join(kind.label for kind in h.kinds)))
        for h in hooks(conn)
        if h.ended_at is None
    ]
    log = [
        (moment_text(t.at), f"第{t.hook}号", t.key, str(t.tries), t.state, t.said)
        for t in told(conn, limit=_TOLD)
    ]
    allowed = "、".join(settings.hook_hosts) or "无（WEIPIAN_HOOK_HOSTS）"
    note = f"用命令 hook add 建立。允许接收的主机：{allowed}。"
    return parts.hooks_card(live, log, note)


def _contacts(conn: Connection) -> list[list[str]]:
    return [
        [unit.short_name, *(astuple(unit.contact) if unit.contact else ("—", "—", "—"))]
        for unit in districts(conn)
    ]


def local_parameters(conn: Connection, day: date) -> int:
    """How many parameters are 本市设定."""
    rules = (rule.on(day) for rule in rulebook(conn).values())
    return sum(p.basis == "local" for rule in rules for p in rule.details.values())


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
        (s.id, (moment_text(s.created_at), moment_text(s.seen_at), s.source))
        for s in sessions(conn, name)
        if s.ended_at is None
    ]
    given = [
        (t.id, (f"第{t.id}号", t.ends_on.isoformat(), t.made_by))
        for t in tokens(conn, name)
        if t.revoked_at is None
    ]
    box = mailbox_of(conn, account)
    return [
        shown,
        parts.mail_card(box.address if box else "", box is not None and box.weekly),
        parts.open_card("登录", ("登录时间", "最近活动", "来自"), in_use, "end"),
        parts.open_card("令牌", ("令牌", "到期", "建立人"), given, "revoke"),
    ]


def act(
    conn: Connection, settings: Settings, pressed: Mapping[str, Any], fields: Mapping[str, Any],
    name: str,
) -> str:  # fmt: skip
    """Do what a button says; returns a sentence. name: of the account that is shown. Call inside
    Store.write(). Raises SupervisionError."""
    acting().require(Right.ACCOUNTS)
    where = source_of_request()
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
    if action == "mail":
        address, weekly = str(fields.get("mail") or ""), bool(fields.get("weekly"))
        return set_mailbox(conn, name, address, weekly, where)
    if action == "contact":
        fields_of = [
            str(fields.get(f"contact-{part}") or "") for part in ("unit", "post", "telephone")
        ]
        district = str(fields.get("contact-district") or "")
        return f"{set_contact(conn, district, Contact(*fields_of), where)}的联系方式已更新。"
    if action == "revoke":
        revoke_token(conn, number, where)
        return f"令牌第{number}号已撤销。"
    if action == "end-hook":
        end_hook(conn, number, where)
        return f"通知地址第{number}号已停用。"
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
