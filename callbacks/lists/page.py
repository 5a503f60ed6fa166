"""A list page as a whole: sentence, filters, grid, and the map where it has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from callbacks.lists.address import filters_to_grid
from callbacks.lists.grid import export_href, register_list
from callbacks.lists.map import map_pane, register_map
from callbacks.lists.view import ListPage, ListView, choices, read_view
from components import ids
from components.lists.page import filters, grid_pane, hidden, hidden_parts, toolbar
from components.parts.cards import problem_notes
from data.services import Services
from data.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: The list in a sentence, which follows its filters.
Headline = Callable[["Connection", ListView], str]
#: What stands above the filters: a way back, what the headline is made from.
Around = Callable[["Connection", ListView], Sequence[Component]]


@dataclass(frozen=True, slots=True)
class Top:
    headline: Headline
    before: Around | None = None
    after: Around | None = None

    def parts(self, conn: Connection, view: ListView, headline_id: str) -> list[Component]:
        return [
            *(self.before(conn, view) if self.before else ()),
            html.H1(self.headline(conn, view), id=headline_id, className="headline"),
            *(self.after(conn, view) if self.after else ()),
        ]


def render_list(
    conn: Connection,
    settings: Settings,
    page: ListPage,
    i: ids.PatchList,
    search: str,
    top: Top,
) -> list[Component]:
    """The whole page for an address; the grid and the map then ask for their rows."""
    view = read_view(conn, settings, page, search)
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
        with_status=page.with_status,
    )
    listed = grid_pane(
        i,
        view.columns,
        sort=view.query.sort,
        filter_model=filters_to_grid(address.filters),
        label=f"{page.noun}列表",
    )
    panes = [listed, map_pane(conn, settings, view, i)] if view.with_map else [listed]
    return [
        *top.parts(conn, view, i.HEADLINE),
        *problem_notes(view.problems, page.path + view.frame_search),
        toolbar(
            i,
            view.columns,
            boxes,
            clear_href=page.path + view.bare_search,
            export_href=export_href(page, search, None),
            remembered_as=remembered_as(view),
        ),
        html.Div(panes, className="list-split" if view.with_map else "list-single"),
        *([] if view.with_map else [hidden(i.IN_VIEW)]),
        *hidden_parts(i, search),
    ]


def remembered_as(view: ListView) -> str:
    """Under which name the browser remembers the columns: lists behind figures show others."""
    own = view.page.path.strip("/").replace("/", "-")
    return f"{own}-figure" if view.query.amounts else own


def register_list_page(
    app: Dash, services: Services, page: ListPage, i: ids.PatchList, top: Top
) -> None:
    # the router lays the page anew for each address, so its appearance is the trigger
    @app.callback(
        Output(i.CONTENT, "children"),
        Input(i.CONTENT, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(_: str, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render_list(conn, services.settings, page, i, search or "", top)

    register_list(app, services, page, i, top.headline)
    if page.with_map or page.with_status:
        register_map(app, services, page, i)
