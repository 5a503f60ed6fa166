"""The calendar of the work year: the card on 总览, its sheet, and the .ics file."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component
from flask import Flask, Response, request

from callbacks.frame.address import search_of_request
from callbacks.frame.context import PageContext, read_context
from components.links import href
from components.outlook.deadline_card import (
    address,
    by_district,
    deadline_card,
    open_text,
    year_rows,
)
from data.exports import SheetColumn, count_rows
from data.ics import Entry, to_ics
from data.outlook.calendar import Deadline, deadlines
from data.services import Services
from data.settings import Settings
from data.store.queries.figures import figures
from data.units import format_with_unit

if TYPE_CHECKING:
    from sqlalchemy import Connection

Figures = dict[str, Any]
ICS_PATH = "/export/deadlines.ics"


def names_of(document: Figures) -> dict[str, str]:
    return {row["code"]: row["short_name"] for row in document["districts"]}


def of_view(conn: Connection, context: PageContext, document: Figures) -> list[Deadline]:
    """The year's dates. document: the figures of the view (one district, or all)."""
    return deadlines(conn, context.scope, context.year, context.as_of, document)


def card_for(
    context: PageContext, document: Figures, found: list[Deadline], actions: list[Component]
) -> Component:
    """document: the figures of the view. found: its dates."""
    subscribe = html.A("加入日历（.ics）", href=href(ICS_PATH, context.query), download="")
    return deadline_card(
        found,
        context.as_of,
        context.year,
        names_of(document),
        context.query,
        actions=[subscribe, *actions],
    )


def sheet(
    conn: Connection, context: PageContext, document: Figures
) -> tuple[list[SheetColumn], list[list[Any]]]:
    """The year's dates with what is open for each, per district."""
    found = deadlines(conn, context.scope, context.year, context.as_of, document)
    headers, rows = year_rows(found, context.year, names_of(document))
    columns = [SheetColumn(headers[0], "date"), *(SheetColumn(h) for h in headers[1:5])]
    columns += [SheetColumn(h, "number") for h in headers[5:]]
    return columns, rows


def calendar_file(
    conn: Connection, settings: Settings, search: str, root: str
) -> tuple[str, bytes]:
    """(file name, iCalendar) of the year's dates for an address.

    root: where this server is reached, for the links back. An entry keeps its uid from day to day,
    so that a calendar which fetches the file again replaces it; each district has its own entries.
    """
    context = read_context(conn, settings, search)
    document = figures(conn, context.scope, context.year, context.as_of, context.district)
    names, known = names_of(document), context.stamp
    whose = context.district or "city"
    title = f"{context.district_name}{context.year}年度卫片执法期限"
    entries = [
        Entry(
            f"{context.year}-{d.key}-{whose}@weipian",
            d.on,
            f"{d.title}（{open_text(d)}）",
            _description(d, context, names),
            root.rstrip("/") + (address(d, context.query) or href("/", context.query)),
        )
        for d in deadlines(conn, context.scope, context.year, context.as_of, document)
    ]
    count_rows(len(entries))
    at = known.last_upload_at or datetime.combine(context.as_of, time(), UTC)
    name = f"期限日历_{context.district_name}_{context.year}年度.ics"
    return name, to_ics(title, entries, at, known.data_version)


def _description(deadline: Deadline, context: PageContext, names: dict[str, str]) -> str:
    lines = [f"依据：工作方案 {deadline.clause}"]
    if deadline.open:
        lines.append(f"{deadline.what}共{format_with_unit(deadline.total, deadline.unit)}：")
        lines.append(by_district(deadline.open, deadline.unit, names, None))
    lines.append(context.stamp_line)
    if context.stamp.is_demo:
        lines.append("演示数据，非真实情况")
    return "\n".join(lines)


def register_routes(server: Flask, services: Services) -> None:
    @server.get(ICS_PATH)
    def export_deadlines() -> Response:
        with services.store.read() as conn:
            name, content = calendar_file(
                conn, services.settings, search_of_request(), request.host_url
            )
        response = Response(content, mimetype="text/calendar; charset=utf-8")
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
        return response
