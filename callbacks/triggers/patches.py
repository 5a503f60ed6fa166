"""The patches behind one trigger, as a list and on a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import Dash, dcc, html
from dash.development.base_component import Component
from flask import Flask

from callbacks.lists.page import register_list_page
from callbacks.lists.view import ListPage, ListView
from callbacks.lists.workbook import register_export
from components import ids
from components.links import href
from components.lists.columns import PATCH_COLUMNS
from components.triggers.card import severity_mark
from data.periods import format_day, format_month
from data.services import Services
from data.units import format_count
from data.vocabulary import Measure

if TYPE_CHECKING:
    from sqlalchemy import Connection

PAGE = ListPage(
    path="/triggers/patches",
    title="预警所依据的图斑",
    columns=PATCH_COLUMNS,
    sort=(("farmland_mu", "desc"),),
    noun="所依据的图斑",
    with_map=True,
)


def headline(view: ListView) -> str:
    """Whose trigger, and how many patches stand behind it."""
    day = format_day(view.context.as_of, view.context.year)
    if view.address.trigger is None:
        return "没有指定预警，请从预警约谈页进入"
    found = view.trigger
    if found is None:
        return f"截至{day}，这项预警不成立"
    period = found["period"]
    month = format_month(period, view.context.year) if "-" in period else ""
    what = f"{found['subject_name']}{month}{found['rule_name']}"
    if not found["patches"]:  # of a district, by what staff recorded
        return f"{what}：依据登记，不涉及具体图斑"
    return f"{what}：所依据的{format_count(len(found['patches']))}个图斑"


def top(conn: Connection, view: ListView) -> list[Component]:
    """The way back, the sentence, and the trigger in a line."""
    back = dcc.Link("预警约谈", href=href("/triggers", view.context.query))
    parts: list[Component] = [
        html.Nav([back, " › 所依据的图斑"], className="breadcrumb-line"),
        html.H1(headline(view), id=ids.Behind.HEADLINE, className="headline"),
    ]
    if view.trigger is not None:
        found = view.trigger
        measure = f"建议{Measure(found['measure']).label}（工作方案 {found['clause']}）"
        said = "；".join(filter(None, (found["formula"], found["margin"], measure)))
        parts.append(
            html.P(
                [
                    severity_mark(found["severity"], found["line"]),
                    f" {said}。",
                ],
                className="trigger-line",
            )
        )
    return parts


def register(app: Dash, services: Services) -> None:
    register_list_page(app, services, PAGE, ids.Behind, top)


def register_routes(server: Flask, services: Services) -> None:
    register_export(server, services, PAGE)
