"""What the tabs of 月核 share: which there are, their head, and one page of a long list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from dash.development.base_component import Component

from callbacks.frame.context import PageContext
from components import paths
from components.links import href
from components.parts.card_menu import copy_link, export_link
from components.parts.cards import headline, problem_notes
from components.parts.chips import chips
from components.parts.pager import pager
from data.numbers import whole_number

EXPORT_PATH = f"/export{paths.AUDIT}.xlsx"
TABS = {"audit": "审核", "doubts": "疑点", "oddities": "数据异常", "cases": "查处移送"}
#: Rows of a page of a list.
PER_PAGE = 50

Row = TypeVar("Row")


def tabs(context: PageContext, chosen: str) -> Component:
    def target(key: str) -> str:
        return href(paths.AUDIT, context.query, tab=None if key == "audit" else key)

    return chips(TABS, chosen, target, "月核页签")


def head(context: PageContext, sentences: Sequence[str], chosen: str) -> list[Component]:
    return [
        headline(sentences),
        *problem_notes(context.problems, href(paths.AUDIT, context.query)),
        tabs(context, chosen),
    ]


def actions(context: PageContext, tab: str) -> list[Component]:
    return [
        export_link(href(EXPORT_PATH, context.query, tab=tab)),
        copy_link(context.permalink(paths.AUDIT)),
    ]


def one_page(
    context: PageContext, rows: Sequence[Row], own: Mapping[str, str]
) -> tuple[Sequence[Row], Component | None]:
    """The rows of the page that the address means, and the way to the others. own: the tab's part
    of the address."""
    pages = max(1, -(-len(rows) // PER_PAGE))
    page = min(whole_number(context.query.get("page"), 1, 100_000) or 1, pages)
    shown = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    return shown, pager(page, pages, paths.AUDIT, context.query, own)
