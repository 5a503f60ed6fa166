"""`/certificates` 复耕证明: the register of 拆除复耕到位证明, and whether a number is valid."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.CERTIFICATES,
    name="复耕证明",
    title="复耕证明 · 卫片执法监管",
    group="办",
    order=22.3,
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("page"), id=ids.Certificates.CONTENT)
