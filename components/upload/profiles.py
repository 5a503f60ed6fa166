"""The saved assignments of columns: what each says, which uploads used it, renaming, deleting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.links import href
from components.parts.cards import card
from components.parts.help import Explained, help_link
from components.parts.html_table import TableColumn, html_table
from components.upload.page import field, kind_text, moment_text
from data.units import format_count

Document = Mapping[str, Any]


def profiles_card(
    profiles: Sequence[Document], query: Mapping[str, str], this_year: int
) -> Component | None:
    """profiles: {id, name, kind, saved_at, uses, last_batch, columns: [header, field, unit]}."""
    if not profiles:
        return None
    items = [_profile(profile, query, this_year) for profile in profiles]
    about = html.P("列名相同的文件会自动套用；删除方案不影响已经入库的数据。", className="note")
    return card(
        f"列的对应方案：{len(profiles)} 个",
        [about, *items],
        menu=[help_link(Explained.PROFILES, "方案说明")],
        class_name="profiles-card",
    )


def _profile(profile: Document, query: Mapping[str, str], this_year: int) -> Component:
    number, name = profile["id"], profile["name"]
    said = f"{kind_text(profile['kind'])}，{moment_text(profile['saved_at'], this_year)}保存，"
    said += f"用过 {format_count(profile['uses'])} 次" if profile["uses"] else "没有用过"
    part = ids.Upload.profile
    rows = [[header, title, unit] for header, title, unit in profile["columns"]]
    last: list[Any] = []
    if profile["last_batch"]:
        batch = str(profile["last_batch"])
        last = [dcc.Link(f"最近一次：批次{batch}", href=href(paths.UPLOAD, query, batch=batch))]
    new_name = field(
        "改名为",
        part("name", number, name),
        dbc.Input(id=part("name", number, name), value=name, maxLength=40, size="sm"),
    )
    buttons = [
        new_name,
        _button(part("rename", number, name), "改名", "outline-primary"),
        html.Details(
            [
                html.Summary("删除"),
                html.P(f"删除后，列名相同的文件不再自动套用“{name}”，不能恢复。"),
                _button(part("drop", number, name), f"确认删除“{name}”", "danger"),
            ],
            className="drop-profile",
        ),
    ]
    table = html_table(
        [TableColumn("文件里的列"), TableColumn("作为"), TableColumn("面积单位")],
        rows,
        f"方案“{name}”的对应",
    )
    return html.Details(
        [
            html.Summary([html.Strong(name), f"（{said}）"]),
            html.Div([*last, table, html.Div(buttons, className="columns-foot")]),
        ],
        className="profile",
    )


def _button(id_: dict[str, str | int], text: str, style: str) -> Component:
    return html.Button(text, id=id_, className=f"btn btn-{style} btn-sm", n_clicks=0)
