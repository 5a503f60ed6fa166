"""`/patches/<year>/<no>`: one patch."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import dash
from dash import dcc, html

from components import ids, paths
from components.parts.cards import skeleton


def _title(year: str = "", patch_no: str = "", **_variables: Any) -> str:
    return f"图斑 {unquote(patch_no)} · 卫片执法监管" if patch_no else "图斑 · 卫片执法监管"


dash.register_page(__name__, path_template=paths.PATCH, name="图斑", title=_title, shows=("maps",))


def layout(year: str = "", patch_no: str = "", **_query: Any) -> html.Div:
    """year and patch_no come from the path, still percent-encoded."""
    return html.Div(
        [
            dcc.Store(
                id=ids.PatchDetail.ADDRESS, data={"year": unquote(year), "patch_no": patch_no}
            ),
            html.Div(skeleton("page"), id=ids.PatchDetail.CONTENT, className="patch-page"),
        ]
    )
