"""图斑查询: find patches by number, place, month, type, status; all of it in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import Dash, html
from dash.development.base_component import Component
from flask import Flask

from callbacks.lists.page import register_list_page
from callbacks.lists.view import ListPage, ListView
from callbacks.lists.workbook import register_export
from components import ids
from components.lists.columns import PATCH_COLUMNS
from data.periods import format_day
from data.services import Services
from data.store.queries.patch_list import PatchQuery, count_patches
from data.units import format_count

if TYPE_CHECKING:
    from sqlalchemy import Connection

PAGE = ListPage(
    path="/patches",
    title="图斑查询",
    columns=PATCH_COLUMNS,
    sort=(("patch_no", "asc"),),
    with_status=True,
)


def headline(conn: Connection, view: ListView) -> str:
    """How many patches the year has; the filters' own count stands above the grid."""
    c = view.context
    count = count_patches(conn, c.scope, PatchQuery(c.year, c.as_of, c.district))
    where = view.names.get(c.district, "") if c.district else ""
    day = format_day(c.as_of, c.year)
    if not count:
        return f"截至{day}，{where}{c.year}年尚无下发图斑。请上传“下发图斑”"
    return f"截至{day}，{where}{c.year}年下发图斑{format_count(count)}个"


def top(conn: Connection, view: ListView) -> list[Component]:
    return [html.H1(headline(conn, view), id=ids.Patches.HEADLINE, className="headline")]


def register(app: Dash, services: Services) -> None:
    register_list_page(app, services, PAGE, ids.Patches, top)


def register_routes(server: Flask, services: Services) -> None:
    register_export(server, services, PAGE)
