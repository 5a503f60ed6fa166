"""`/quota` 指标冻结: supplementary-farmland quota: reserve, frozen, thawed, available."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from components import ids, paths
from components.parts.cards import skeleton

dash.register_page(
    __name__,
    path=paths.QUOTA,
    name="指标冻结",
    title="指标冻结 · 卫片执法监管",
    group="办",
    order=22.5,
)


def layout(**_query: Any) -> html.Div:
    return html.Div(skeleton("page"), id=ids.Quota.CONTENT)
