"""图斑查询: find patches by number, place, month, type, status; all of it in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component
from flask import Flask

from callbacks.list_address import filters_to_grid
from callbacks.list_export import register_export
from callbacks.list_view import ListPage, ListView, choices, read_view
from callbacks.lists import export_href, register_list
from components import ids
from components.cards import problem_notes
from components.patch_columns import PATCH_COLUMNS
from components.patch_list import filters, grid_pane, hidden, hidden_parts, toolbar
from data.periods import format_day
from data.services import Services
from data.settings import Settings
from data.store.queries.patch_list import PatchQuery, count_patches
from data.units import format_count

if TYPE_CHECKING:
    from sqlalchemy import Connection

PAGE = ListPage(
    path="/patches",
    title="图斑查询",
    columns=PATCH_COLUMNS,
    sort=(("patch_no", "asc"),),
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


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address; the grid then asks for its rows."""
    i = ids.Patches
    view = read_view(conn, settings, PAGE, search)
    months, towns = choices(conn, view)
    address = view.address
    boxes = filters(
        i,
        text=address.text,
        month=address.month,
        town=address.town,
        patch_type=address.patch_type,
        months=months,
        towns=towns,
        status=address.status.value if address.status else None,
        domain=address.domain,
        with_status=True,
    )
    return [
        html.H1(headline(conn, view), id=i.HEADLINE, className="headline"),
        *problem_notes(view.problems, PAGE.path + view.frame_search),
        toolbar(
            i,
            PAGE.columns,
            boxes,
            clear_href=PAGE.path + view.frame_search,
            export_href=export_href(PAGE, search, None),
            remembered_as="patches",
        ),
        html.Div(
            grid_pane(
                i,
                PAGE.columns,
                sort=view.query.sort,
                filter_model=filters_to_grid(address.filters),
                label="图斑列表",
            ),
            className="list-single",
        ),
        hidden(i.IN_VIEW),
        *hidden_parts(i, search),
    ]


def register(app: Dash, services: Services) -> None:
    i = ids.Patches

    # the router lays the page anew for each address, so its appearance is the trigger
    @app.callback(
        Output(i.CONTENT, "children"),
        Input(i.CONTENT, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(_: str, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services.settings, search or "")

    register_list(app, services, PAGE, i)


def register_routes(server: Flask, services: Services) -> None:
    register_export(server, services, PAGE)
