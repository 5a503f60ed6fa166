"""逾期图斑: who is late by how many days, as a list and on a map that show the same patches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dash import Dash
from flask import Flask

from callbacks.lists.page import Top, register_list_page
from callbacks.lists.said import narrowed, place_of, with_filters
from callbacks.lists.view import ListPage, ListView
from callbacks.lists.workbook import register_export
from components import ids, paths
from components.lists.columns import OVERDUE_COLUMNS
from components.parts.contacts import contact_part
from data.outlook.leading import NO_DATA
from data.periods import format_day
from data.services import Services
from data.store.queries.figures import figures
from data.store.queries.patch_list import count_patches, patch_page
from data.units import format_count
from data.vocabulary import PatchStatus

if TYPE_CHECKING:
    from dash.development.base_component import Component
    from sqlalchemy import Connection

PAGE = ListPage(
    path=paths.OVERDUE,
    title="逾期图斑",
    columns=OVERDUE_COLUMNS,
    sort=(("days_overdue", "desc"),),
    status=PatchStatus.OVERDUE,
    noun="逾期图斑",
    with_map=True,
)


def headline(conn: Connection, view: ListView) -> str:
    """The finding in one sentence: how many, how long, where most; of what the filters leave."""
    c = view.context
    day, where = format_day(c.as_of, c.year), place_of(view)
    first = patch_page(conn, c.scope, replace(view.query, sort=(("due_on", "asc"),), limit=1))
    count = count_patches(conn, c.scope, view.query)
    if narrowed(view):
        sentence = f"截至{day}，{where}符合条件的{format_count(count)}个图斑逾期未上报"
        if first.rows:
            sentence += f"，最长已逾期{format_count(first.rows[0]['days_overdue'])}天"
        return with_filters(conn, view, sentence)
    found = figures(conn, c.scope, c.year, c.as_of, c.district)
    row = found["districts"][0] if c.district else found["city"]
    if not count:
        reached = row["due_reached"]
        if not row["patches"]:
            return f"截至{day}，{where or '全市'}还没有下发图斑，{NO_DATA}"
        if not reached:
            return f"截至{day}，{where}还没有到期的图斑"
        return f"截至{day}，{where}{format_count(reached)}个到期图斑全部已上报"
    sentence = f"截至{day}，{where}{format_count(count)}个图斑逾期未上报"
    if first.rows:
        sentence += f"，最长已逾期{format_count(first.rows[0]['days_overdue'])}天"
    if not c.district:
        late = [d for d in found["districts"] if d["overdue"]]
        most = max(late, key=lambda d: d["overdue"])
        if len(late) > 1:
            sentence += f"；{most['short_name']}最多（{format_count(most['overdue'])}个）"
        else:
            sentence += f"，都在{most['short_name']}"
    return sentence


def whom_to_call(conn: Connection, view: ListView) -> list[Component]:
    """Of the chosen district its office, of all of them a table one click away."""
    context = view.context
    return contact_part(context.names_seen, context.contacts, context.district)


TOP = Top(headline, after=whom_to_call)


def register(app: Dash, services: Services) -> None:
    register_list_page(app, services, PAGE, ids.Overdue, TOP)


def register_routes(server: Flask, services: Services) -> None:
    register_export(server, services, PAGE)
