"""`/help/<chapter>`: one chapter of the handbook."""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__, path_template=paths.HELP_CHAPTER, name="帮助", title="帮助 · 卫片执法监管"
)


def layout(chapter: str = "", **_query: Any) -> html.Div:
    return html.Div(
        [
            dcc.Store(id=ids.HandbookChapter.SLUG, data=chapter),
            html.Div(skeleton("page"), id=ids.HandbookChapter.CONTENT, className="handbook"),
        ]
    )
