"""Parts of 系统管理."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.links import href
from components.parts.cards import card
from components.parts.html_table import TableColumn, html_table
from data.rights import GRANTABLE, Account, Right, Role

i = ids.Admin


def _field(label: str, control: Component) -> Component:
    return html.Label([html.Span(label), control], className="admin-field")


def _text(name: str, label: str, kind: Any = "text", value: str = "") -> Component:
    box = dcc.Input(
        id=i.field(name),
        type=kind,
        value=value,
        autoComplete="new-password" if kind == "password" else "off",
        className="form-control form-control-sm",
    )
    return _field(label, box)


def _select(name: str, label: str, options: Sequence[tuple[str, str]], value: str) -> Component:
    shown = [{"value": key, "label": text} for key, text in options]
    return _field(label, dbc.Select(id=i.field(name), options=shown, value=value, size="sm"))


def _button(words: str, name: str, number: int = 0, *, is_first: bool = False) -> Component:
    look = "btn-primary" if is_first else "btn-outline-primary"
    return html.Button(
        words, id=i.action(name, number), type="button", className=f"btn btn-sm {look}"
    )


def _rights(name: str, role: Role, held: Sequence[Right]) -> Component:
    options = [{"value": r.value, "label": r.label} for r in Right if r in GRANTABLE[role]]
    chosen = [right.value for right in held]
    boxes = dbc.Checklist(id=i.field(name), options=options, value=chosen, inline=True)
    return html.Div(boxes, className="admin-rights")


def accounts_card(
    rows: Sequence[tuple[Account, str]], names: Mapping[str, str], query: Mapping[str, str]
) -> Component:
    """rows: accounts and how each stands."""
    table = html_table(
        [TableColumn(h) for h in ("账户", "角色", "区市", "权限", "状态")],
        [
            [
                dcc.Link(account.name, href=href(paths.ADMIN, query, account=account.name)),
                account.role.label,
                names.get(account.district or "", "—"),
                "、".join(r.label for r in Right if r in account.rights),
                state,
            ]
            for account, state in rows
        ],
        "账户",
    )
    return card("账户：点名字修改", table)


def new_account_card(districts: Sequence[tuple[str, str]]) -> Component:
    roles = [(role.value, role.label) for role in Role]
    fields = html.Div(
        [
            _text("new-name", "账户名"),
            _select("new-role", "角色", roles, Role.CITY.value),
            _select("new-district", "区市（区市账户）", [("", "—"), *districts], ""),
            _text("new-password", "初始密码", "password"),
            _button("建立账户", "add", is_first=True),
        ],
        className="admin-fields",
    )
    return card("新建账户", fields, note="按角色给默认权限，建立后可单独增减。账户不删除，只停用。")


def contacts_card(rows: Sequence[Sequence[str]], districts: Sequence[tuple[str, str]]) -> Component:
    """rows: district, unit, post, telephone."""
    table = html_table(
        [TableColumn(h) for h in ("区市", "单位", "岗位", "电话")], rows, "各区市联系方式"
    )
    fields = html.Div(
        [
            _select("contact-district", "区市", districts, districts[0][0] if districts else ""),
            _text("contact-unit", "单位"),
            _text("contact-post", "岗位"),
            _text("contact-telephone", "电话"),
            _button("保存联系方式", "contact"),
        ],
        className="admin-fields",
    )
    note = "写单位和岗位，不写姓名。预警卡片、月清和总览由此说明找谁；改动进入历史。"
    return card("各区市联系方式", [table, fields], note=note)


def state_card(rows: Sequence[tuple[str, str, str]]) -> Component:
    """rows: what, how it stands, what to do about it."""
    said = [
        [what, [now, html.Div(advice, className="admin-advice")] if advice else now]
        for what, now, advice in rows
    ]
    columns = [TableColumn(h) for h in ("本机", "现状")]
    return card("运行状态", html_table(columns, said, "运行状态"))


def rules_card(count: int, address: str) -> Component:
    """count: parameters that are 本市设定."""
    said: list[Any] = [
        f"{count}项参数为本市设定，在",
        dcc.Link("规则口径", href=address),
        "查看和调整。",
    ]
    return card("规则参数", html.P(said, className="note"))


def account_card(
    account: Account,
    state: str,
    is_disabled: bool,
    has_code: bool,
    districts: Sequence[tuple[str, str]],
    is_own: bool,
) -> Component:
    """One account with all that can be done to it; one's own only by another administrator."""
    if is_own:
        said = "这是您自己的账户：角色、权限和停用须由另一位管理员办理；密码从右上角账户名更换。"
        return card(f"账户 {account.name}", html.P(said))
    roles = [(role.value, role.label) for role in Role]
    held = [r for r in Right if r in account.rights]
    body = [
        html.P(state, className="note"),
        html.Div(
            [
                _select("role", "角色", roles, account.role.value),
                _select("district", "区市", [("", "—"), *districts], account.district or ""),
            ],
            className="admin-fields",
        ),
        _rights("rights", account.role, held),
        html.Div(
            [
                _button("保存", "set", is_first=True),
                _button("启用", "enable") if is_disabled else _button("停用", "disable"),
                _button("关闭动态码", "no-code") if has_code else _button("开启动态码", "code"),
            ],
            className="admin-fields",
        ),
        html.Div(
            [_text("password", "新密码", "password"), _button("更换密码", "password")],
            className="admin-fields",
        ),
        html.Div(
            [_text("days", "令牌的天数", "number"), _button("建立令牌", "token")],
            className="admin-fields",
        ),
    ]
    note = "改角色要先保存，再勾选新角色的权限。改角色、区市、密码或停用后，已有的登录立即失效。"
    return card(f"账户 {account.name}", body, note=note)


def mail_card(address: str, weekly: bool) -> Component:
    """Where an account is told of what waits for it."""
    option = [{"value": "week", "label": "每周一另发周报"}]
    fields = html.Div(
        [
            _text("mail", "邮件地址（不填即不发）", value=address),
            dbc.Checklist(id=i.field("weekly"), options=option, value=["week"] if weekly else []),
            _button("保存邮件地址", "mail"),
        ],
        className="admin-fields",
    )
    note = "有新的待办时发一封，只写件数和期限；内容不超出这个账户的查看范围。"
    return card("邮件提醒", fields, note=note)


def open_card(
    title: str, headers: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]], name: str
) -> Component:
    """Sessions or tokens that are good, each with the button that ends it."""
    if not rows:
        return card(title, html.P("没有。"))
    words = "结束" if name == "end" else "撤销"
    table = html_table(
        [TableColumn(h) for h in (*headers, words)],
        [[*cells, _button(words, name, number)] for number, cells in rows],
        title,
    )
    return card(title, table)


def hooks_card(
    hooks: Sequence[tuple[int, Sequence[str]]], told: Sequence[Sequence[str]], note: str
) -> Component:
    """Where other programs are told of what happens, each with the button that ends it, and what
    they were told."""
    table = html_table(
        [TableColumn(h) for h in ("编号", "网址", "账户", "事件", "停用")],
        [[*cells, _button("停用", "end-hook", number)] for number, cells in hooks],
        "通知地址",
    )
    log = html_table(
        [TableColumn(h) for h in ("时间", "编号", "内容", "次数", "状态", "应答")], told, "发送记录"
    )
    body = [table if hooks else html.P("没有通知地址。"), *([log] if told else [])]
    return card("通知其他程序（Web hook）", body, note=note)


def log_card(kinds: Mapping[str, str], lines: Component) -> Component:
    everything = [{"value": "", "label": "全部"}]
    options = [*everything, *({"value": k, "label": v} for k, v in kinds.items())]
    fields = html.Div(
        [
            _field("种类", dbc.Select(id=i.KIND, options=options, value="", size="sm")),
            _field("账户", _box(i.WHO)),
            _field("内容", _box(i.TEXT)),
            _field("从（2023-05-24）", _box(i.FIRST)),
            _field("到", _box(i.LAST)),
            html.Button("查找", id=i.SEARCH, type="button", className="btn btn-sm btn-primary"),
        ],
        className="admin-fields",
    )
    return card("审计日志：谁、何时、从哪里、做了什么", [fields, html.Div(lines, id=i.LOG)])


def _box(box_id: str) -> Component:
    return dcc.Input(id=box_id, type="text", value="", className="form-control form-control-sm")


def log_table(rows: Sequence[Sequence[str]], export: str, is_cut: bool) -> list[Component]:
    table = html_table(
        [TableColumn(h) for h in ("时间", "账户", "来自", "种类", "内容")], rows, "审计日志"
    )
    said = "只显示最近的，更早的请缩小范围或导出。" if is_cut else ""
    return [
        table,
        html.P([html.A("导出 xlsx", href=export, download=""), f" {said}"], className="note"),
    ]
