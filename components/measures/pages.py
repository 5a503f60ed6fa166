"""A paper page by page, as it will be printed."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components import ids
from components.parts.cards import card

_TITLE = "按页预览"


def pages_card(addresses: Sequence[str], most: int) -> Component:
    """addresses: of the pictures. most: pages that are drawn at all."""
    images = [
        html.Img(src=address, alt=f"第{number}页", className="paper-page")
        for number, address in enumerate(addresses, start=1)
    ]
    beyond = f"；只画前{most}页，其余请下载 Word 查看" if len(addresses) >= most else ""
    return card(
        f"{_TITLE}：{len(addresses)}页",
        html.Details(
            [html.Summary("展开各页"), html.Div(images, className="paper-pages")],
            className="more",
        ),
        note=f"由 LibreOffice 排版，WPS、Word 的分页可能略有不同{beyond}。",
    )


def ask_card(said: str = "") -> Component:
    """said: why the last attempt came to nothing."""
    button = html.Button(
        "生成按页预览",
        id=ids.MeasurePages.action("draw"),
        type="button",
        className="btn btn-sm btn-outline-secondary",
    )
    lines = [html.P(said, className="refusal", role="alert")] if said else []
    return card(
        _TITLE, [*lines, button], note="由后台程序转换，通常需要十几秒；文稿改动后重新生成。"
    )


def drawing_card(bar: Component) -> Component:
    return card(_TITLE, bar)


def lacking_card(sentence: str) -> Component:
    return card(_TITLE, html.P(sentence, className="note"))
