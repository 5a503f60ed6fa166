"""通报: choosing a notice, its preview, what stands against it, and short texts to copy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.parts.cards import card
from components.parts.html_table import TableColumn
from components.parts.plain_table import plain_table


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ShownTable:
    caption: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]
    note: str


@dataclass(frozen=True, slots=True)
class ShownText:
    """style: title, heading, text, plain or right. parts: (words, plain | figure | typed), typed
    being a number that no figure stands behind."""

    style: str
    parts: tuple[tuple[str, str], ...]


Shown = ShownText | ShownTable
_TYPED = "手工输入的数字，没有依据"


def choices(label: str, found: Sequence[Choice]) -> Component:
    links = [
        dcc.Link(
            choice.label,
            href=choice.href,
            className=f"btn btn-sm btn{'' if choice.is_chosen else '-outline'}-secondary",
        )
        for choice in found
    ]
    words = html.Span(label, className="notice-choice-label")
    return html.Div([words, *links], className="notice-choices")


def preview(found: Sequence[Shown]) -> Component:
    """The paper as it will read, on a sheet."""
    parts: list[Component] = []
    for piece in found:
        if isinstance(piece, ShownTable):
            columns = [TableColumn(header, numeric) for header, numeric in piece.columns]
            parts.append(plain_table(columns, [list(row) for row in piece.rows], piece.caption))
            if piece.note:
                parts.append(html.P(f"注：{piece.note}", className="paper-note"))
            continue
        tag = {"title": html.H2, "heading": html.H3}.get(piece.style, html.P)
        words = [_words(text, kind) for text, kind in piece.parts]
        parts.append(tag(words, className=f"paper-{piece.style}"))
    return html.Article(parts, className="paper-sheet")


def _words(text: str, kind: str) -> Component | str:
    if kind == "typed":
        return html.Mark(text, title=_TYPED, className="paper-typed")
    return html.Span(text, className="paper-figure") if kind == "figure" else text


def paper_card(found: Sequence[Shown], files: Sequence[tuple[str, str]]) -> Component:
    """files: (words, address) of what can be downloaded."""
    links = [
        html.A(words, href=address, download="", className="btn btn-sm btn-outline-secondary")
        for words, address in files
    ]
    return card("文稿", [html.Div(links, className="paper-links"), preview(found)])


def remarks_card(blocking: Sequence[str], hints: Sequence[str]) -> Component:
    title = f"签发前检查：{len(blocking)}条不通过" if blocking else "签发前检查：没有不通过的"
    items = [html.Li(f"不通过：{text}", className="paper-blocks") for text in blocking]
    items += [html.Li(f"提示：{text}") for text in hints]
    return card(title, html.Ul(items) if items else html.P("可以提交审核。"))


@dataclass(frozen=True, slots=True)
class Editable:
    """A text of a draft with its place in the paper."""

    place: str
    label: str
    text: str


def _said(own: Mapping[str, str]) -> str:
    """An id of several parts as Dash writes it into the page."""
    return json.dumps(dict(own), sort_keys=True, separators=(",", ":"))


def edit_card(texts: Sequence[Editable], seen: int) -> Component:
    """The texts of a draft, figures as marks. seen: how many steps there were."""
    i = ids.MeasureDetail
    boxes = [
        html.Div(
            [
                html.Label(text.label, htmlFor=_said(i.text(text.place))),
                dcc.Textarea(
                    id=i.text(text.place),
                    value=text.text,
                    rows=min(len(text.text) // 45 + 1 + text.text.count("\n"), 12),
                    className="form-control form-control-sm",
                ),
            ],
            className="edit-text",
        )
        for text in texts
    ]
    save = html.Button("保存文稿", id=i.SAVE, type="button", className="btn btn-sm btn-primary")
    return card(
        "修改文稿",
        html.Details(
            [
                html.Summary(f"逐段修改（{len(texts)}处）"),
                dcc.Store(id=i.TEXT_SEEN, data=seen),
                *boxes,
                html.Div(save, className="measure-buttons"),
            ]
        ),
        note="【编号：数】是引用的数字，可以移动、复制或删去，改里面的数不起作用；"
        "自己打的数字会标出来。表格由系统生成，不能改。",
    )


def drafted(number: int, address: str, waits: str) -> list[Component | str]:
    return ["已起草为", dcc.Link(f"第{number}号措施", href=address), f"，{waits}。"]


def draft_button() -> Component:
    button = html.Button(
        "起草这件通报", id=ids.Notices.DRAFT, type="button", className="btn btn-primary"
    )
    return html.Div([button, html.P(id=ids.Notices.DONE, role="status")])


def texts_card(texts: Mapping[str, str]) -> Component:
    """District → text, each with a button that copies it."""
    items: list[Component] = []
    for number, (name, text) in enumerate(texts.items()):
        target = f"{ids.Notices.TEXT}-{number}"
        items += [
            html.Div(
                [
                    html.P(text, id=target, className="group-text"),
                    dcc.Clipboard(target_id=target, title=f"复制{name}的通报"),
                ],
                className="group-text-row",
            )
        ]
    return card(
        f"工作群通报：{len(texts)}个区市", items or html.P("目前没有需要在群内提醒的。"),
        note="每条不超过300字，不含当事人名称。",
    )  # fmt: skip


def week_card(lines: Mapping[str, Sequence[str]], address: str) -> Component:
    """address: of the same as a Word file."""
    link = html.A(
        "下载周报", href=address, download="", className="btn btn-sm btn-outline-secondary"
    )
    parts: list[Component] = [html.P(link)]
    for heading, found in lines.items():
        parts.append(html.H3(f"{heading}：{len(found)}项"))
        parts.append(html.Ul([html.Li(line) for line in found]))
    return card("本周", parts)
