"""From one page of a long list to the next."""

from __future__ import annotations

from collections.abc import Mapping

from dash import dcc, html
from dash.development.base_component import Component

from components.links import href
from components.parts.attributes import aria


def pager(
    page: int, pages: int, path: str, query: Mapping[str, str], own: Mapping[str, str]
) -> Component | None:
    """path: of the page that lists. own: its part of the address, without the number."""
    if pages <= 1:
        return None
    links: list[Component] = []
    if page > 1:
        before = None if page == 2 else str(page - 1)
        links.append(dcc.Link("上一页", href=href(path, query, **{**own, "page": before})))
    links.append(html.Span(f"第 {page} / {pages} 页"))
    if page < pages:
        following = {**own, "page": str(page + 1)}
        links.append(dcc.Link("下一页", href=href(path, query, **following)))
    return html.Nav(links, className="pager", **aria(label="翻页"))
