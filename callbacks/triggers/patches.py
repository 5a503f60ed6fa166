"""The patches behind one trigger, as a list and on a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import Dash, dcc, html
from dash.development.base_component import Component
from flask import Flask

from callbacks.lists.page import Top, register_list_page
from callbacks.lists.said import basis_line, basis_values, value_text, with_filters
from callbacks.lists.view import ListPage, ListView
from callbacks.lists.workbook import register_export
from components import ids, paths
from components.links import href
from components.lists.columns import PATCH_COLUMNS
from components.triggers.card import severity_mark
from data.definitions import DEFINITIONS
from data.periods import format_day, format_month
from data.services import Services
from data.store.queries.patch_list import totals
from data.units import format_count
from data.vocabulary import Measure

if TYPE_CHECKING:
    from sqlalchemy import Connection

PAGE = ListPage(
    path=paths.TRIGGER_PATCHES,
    title="预警所依据的图斑",
    columns=PATCH_COLUMNS,
    sort=(("farmland_mu", "desc"),),
    noun="所依据的图斑",
    with_map=True,
)


def headline(conn: Connection, view: ListView) -> str:
    """Whose trigger, and what stands behind it: patches, and what they add up to."""
    c, q = view.context, view.query
    day = format_day(c.as_of, c.year)
    if view.address.trigger is None:
        return "没有指定预警，请从预警约谈页进入"
    found = view.trigger
    if found is None:
        return f"截至{day}，这项预警不成立"
    period = found["period"]
    month = format_month(period, c.year) if "-" in period else ""
    what = f"{found['subject_name']}{month}{found['rule_name']}"
    if not found["patches"]:  # of a district, by what staff recorded
        return f"{what}：依据登记，不涉及具体图斑"
    below = totals(conn, c.scope, q)
    sums = "、".join(
        f"{DEFINITIONS[name].label}{value_text(view, name, below[name])}" for name in q.amounts
    )
    sentence = f"{what}：所依据的{format_count(int(below['patches']))}个图斑"
    return with_filters(conn, view, f"{sentence}，{sums}" if sums else sentence)


def way_back(conn: Connection, view: ListView) -> list[Component]:
    back = dcc.Link("预警约谈", href=href(paths.TRIGGERS, view.context.query))
    return [html.Nav([back, " › 所依据的图斑"], className="breadcrumb-line")]


def in_a_line(conn: Connection, view: ListView) -> list[Component]:
    """The trigger in a line, and the figures of its formula, each leading to its list."""
    found = view.trigger
    if found is None:
        return []
    measure = f"建议{Measure(found['measure']).label}（工作方案 {found['clause']}）"
    said = "；".join(filter(None, (found["formula"], found["margin"], measure)))
    mark = severity_mark(found["severity"], found["line"])
    parts: list[Component] = [html.P([mark, f" {said}。"], className="trigger-line")]
    if basis := basis_values(conn, view):
        parts.append(basis_line(basis, view.context, view.query))
    return parts


TOP = Top(headline, before=way_back, after=in_a_line)


def register(app: Dash, services: Services) -> None:
    register_list_page(app, services, PAGE, ids.Behind, TOP)


def register_routes(server: Flask, services: Services) -> None:
    register_export(server, services, PAGE)
