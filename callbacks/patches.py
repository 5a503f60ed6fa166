"""图斑查询: find patches by number, place, month, type, status; all of it in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import Dash
from dash.development.base_component import Component
from flask import Flask

from callbacks.lists.page import Top, register_list_page
from callbacks.lists.said import (
    basis_line,
    basis_values,
    figure_headline,
    narrowed,
    place_of,
    with_filters,
)
from callbacks.lists.view import ListPage, ListView
from callbacks.lists.workbook import register_export
from components import ids, paths
from components.lists.columns import PATCH_COLUMNS
from data.periods import format_day
from data.services import Services
from data.store.queries.patch_list import count_patches
from data.units import format_count

if TYPE_CHECKING:
    from sqlalchemy import Connection

PAGE = ListPage(
    path=paths.PATCHES,
    title="图斑查询",
    columns=PATCH_COLUMNS,
    sort=(("patch_no", "asc"),),
    with_status=True,
)


def headline(conn: Connection, view: ListView) -> str:
    """How many patches there are, or what the figure comes to; of what the filters leave."""
    if view.figure is not None:
        return figure_headline(conn, view)
    c = view.context
    where, day = place_of(view), format_day(c.as_of, c.year)
    count = count_patches(conn, c.scope, view.query)
    if narrowed(view):
        sentence = f"截至{day}，{where}{c.year}年符合条件的图斑{format_count(count)}个"
        return with_filters(conn, view, sentence)
    if not count:
        return f"截至{day}，{where}{c.year}年尚无下发图斑。请上传“下发图斑”"
    return f"截至{day}，{where}{c.year}年下发图斑{format_count(count)}个"


def made_from(conn: Connection, view: ListView) -> list[Component]:
    """Of a rate: numerator and denominator, each leading to its list."""
    parts = basis_values(conn, view)
    return [basis_line(parts, view.context, view.query)] if parts else []


TOP = Top(headline, after=made_from)


def register(app: Dash, services: Services) -> None:
    register_list_page(app, services, PAGE, ids.Patches, TOP)


def register_routes(server: Flask, services: Services) -> None:
    register_export(server, services, PAGE)
