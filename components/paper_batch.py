"""The papers of a month in one archive: what there is to pack, the job at work, what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components import ids
from components.parts.cards import card

#: Of what is lacking, so many are named on the page; the archive names all.
_NAMED = 10


def packing(bar: Component, is_cancelled: bool) -> list[Component]:
    button = html.Button(
        "正在取消…" if is_cancelled else "取消",
        id=ids.PaperBatch.action("cancel"),
        type="button",
        className="btn btn-sm btn-outline-secondary",
        disabled=is_cancelled,
    )
    return [bar, html.P("可以离开本页，稍后回来下载。", className="note"), button]


def packed(words: str, address: str, failed: Sequence[tuple[int, str]]) -> list[Component]:
    """words: what the archive at the address holds."""
    link = html.A(
        f"下载{words}", href=address, download="", className="btn btn-sm btn-outline-secondary"
    )
    parts: list[Component] = [html.P(link)]
    if failed:
        items = [html.Li(f"第{number}号：{said}") for number, said in failed[:_NAMED]]
        more = f"，先列{_NAMED}件，其余见包内“未能生成.txt”" if len(failed) > _NAMED else ""
        parts += [html.P(f"{len(failed)}件未能生成{more}："), html.Ul(items)]
    return parts


def start(label: str) -> Component:
    return html.Button(
        label,
        id=ids.PaperBatch.action("pack"),
        type="button",
        className="btn btn-sm btn-outline-primary",
    )


def batch_card(title: str, body: Sequence[Component]) -> Component:
    return card(
        title,
        list(body),
        note="一件不能生成的单独列出，其余照常；打好的包只有自己能下载，保留7天。",
    )
