"""The callbacks that both list pages have: rows, address, columns, selection, drawer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, no_update

from callbacks.frame.needs import needs
from callbacks.lists.address import filters_from_grid, sort_from_columns
from callbacks.lists.view import (
    ListPage,
    ListView,
    new_search,
    read_view,
    rows_response,
    selected_rows,
    usual_sort,
)
from callbacks.lists.workbook import selected_workbook, summing
from components import ids, paths
from components.lists.columns import chosen, screen_row, total_texts
from components.lists.work_group import work_group_text
from components.maps.base import bounds_from_leaflet
from components.parts.filters import EVERYTHING
from components.patch.summary import drawer_summary
from data.errors import NotFound
from data.numbers import whole_number
from data.rights import Right
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.queries.patch_detail import patch_detail
from data.store.queries.patch_list import amounts_of_row, totals
from data.units import format_count
from data.vocabulary import PatchStatus

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _chosen(value: str | None) -> str | None:
    return None if value in (None, "", EVERYTHING) else value


def next_search(
    view: ListView,
    *,
    text: str | None,
    month: str | None,
    town: str | None,
    patch_type: str | None,
    status: str | None = None,
    domain: str | None = None,
    filter_model: Mapping[str, Any] | None = None,
    column_state: Sequence[Mapping[str, Any]] | None = None,
    in_view: bool = False,
    bounds: Sequence[Sequence[float]] | None = None,
) -> str:
    """The address that says what the filters, the grid and the map now show."""
    sort = sort_from_columns(column_state)
    if sort is None:
        sort = view.address.sort
    box = view.address.box if in_view else None
    if in_view and bounds:
        box = bounds_from_leaflet(bounds)
    return new_search(
        view,
        text=text or "",
        month=_chosen(month),
        town=_chosen(town),
        patch_type=_chosen(patch_type),
        status=PatchStatus(status) if status and _chosen(status) else None,
        domain=_chosen(domain),
        filters=filters_from_grid(filter_model),
        sort=() if sort == usual_sort(view.page, view.query) else sort,
        box=box,
    )


def export_href(page: ListPage, search: str, columns: Sequence[str] | None) -> str:
    """Address of the xlsx that equals the screen."""
    shown = ",".join(columns or ())
    joint = "&" if search else "?"
    return f"/export{page.path}.xlsx{search}{joint}columns={shown}"


def picked_patch(
    services: Services, page: ListPage, search: str, patch_no: str, source: str
) -> tuple[str, Any, dict[str, Any]]:
    """Title and body of the drawer, and what marks the patch in grid and map."""
    with services.store.read() as conn:
        view = read_view(conn, services.settings, page, search)
        scope: Scope = view.context.scope
        detail = patch_detail(conn, scope, view.context.year, patch_no, view.context.as_of)
        row = detail | amounts_of_row(conn, view.query, detail["id"])
    href = paths.patch(view.context.year, patch_no) + view.frame_search
    picked = {
        "id": detail["id"],
        "source": source,
        "row": screen_row(row, view.columns, view.names),
    }
    return f"图斑 {patch_no}", drawer_summary(detail, view.names, href), picked


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of the list as a whole, as it is narrowed. export: address of its workbook."""

    export: str
    total: dict[str, str]
    headline: str


def told(
    conn: Connection,
    settings: Settings,
    page: ListPage,
    search: str,
    columns: Sequence[str] | None,
    headline: Callable[[Connection, ListView], str],
) -> Told:
    """columns: keys of those on the screen; what can be added up of them is."""
    view = read_view(conn, settings, page, search)
    on_screen = chosen(view.columns, columns)
    below = totals(conn, view.context.scope, summing(view.query, on_screen))
    return Told(
        export_href(page, search, columns),
        {"id": "total", **total_texts(view.columns, below)},
        headline(conn, view),
    )


def register_list(
    app: Dash,
    services: Services,
    page: ListPage,
    i: ids.PatchList,
    headline: Callable[[Connection, ListView], str],
) -> None:
    """What the grid, its filters, its selection and its drawer do."""

    @app.callback(
        Output(i.GRID, "getRowsResponse"),
        Output(i.COUNT, "children"),
        Input(i.GRID, "getRowsRequest"),
        State(i.QUERY, "data"),
        prevent_initial_call=True,
    )
    def rows(request: dict[str, Any] | None, search: str | None) -> Any:
        if request is None:
            return no_update, no_update
        with services.store.read() as conn:
            answer = rows_response(conn, services.settings, page, search or "", request)
        return {"rowData": answer.rows, "rowCount": answer.total}, answer.count_text

    @app.callback(
        Output(i.QUERY, "data"),
        Input(i.TEXT, "value"),
        Input(i.MONTH, "value"),
        Input(i.TOWN, "value"),
        Input(i.TYPE, "value"),
        Input(i.STATUS, "value"),
        Input(i.DOMAIN, "value"),
        Input(i.IN_VIEW, "value"),
        Input(i.MAP_BOUNDS, "data"),
        Input(i.GRID, "filterModel"),
        Input(i.GRID, "columnState"),
        State(i.QUERY, "data"),
        prevent_initial_call=True,
    )
    def address(
        text: str | None,
        month: str | None,
        town: str | None,
        patch_type: str | None,
        status: str | None,
        domain: str | None,
        in_view: bool | None,
        bounds: list[list[float]] | None,
        filter_model: dict[str, Any] | None,
        column_state: list[dict[str, Any]] | None,
        search: str | None,
    ) -> Any:
        with services.store.read() as conn:
            view = read_view(conn, services.settings, page, search or "")
        new = next_search(
            view,
            text=text,
            month=month,
            town=town,
            patch_type=patch_type,
            status=status,
            domain=domain,
            filter_model=filter_model,
            column_state=column_state,
            in_view=bool(in_view),
            bounds=bounds,
        )
        return no_update if new == search else new

    app.clientside_callback(
        ClientsideFunction("weipianLists", "applyQuery"),
        Output(i.APPLIED, "data"),
        Input(i.QUERY, "data"),
        State(i.GRID, "id"),
    )
    app.clientside_callback(
        ClientsideFunction("weipianLists", "showColumns"),
        Output(i.COLUMNS_SHOWN, "data"),
        Input(i.COLUMNS, "value"),
        State(i.GRID, "id"),
    )
    app.clientside_callback(
        ClientsideFunction("weipianLists", "markRow"),
        Output(i.MARKED, "data"),
        Input(i.PICKED, "data"),
        State(i.GRID, "id"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(i.EXPORT, "href"),
        Output(i.TOTAL, "data"),
        Output(i.HEADLINE, "children"),
        Input(i.QUERY, "data"),
        Input(i.COLUMNS, "value"),
    )
    def whole(search: str | None, columns: list[str] | None) -> tuple[str, dict[str, str], str]:
        with services.store.read() as conn:
            said = told(conn, services.settings, page, search or "", columns, headline)
        return said.export, said.total, said.headline

    app.clientside_callback(
        ClientsideFunction("weipianLists", "showTotal"),
        Output(i.TOTAL_SHOWN, "data"),
        Input(i.TOTAL, "data"),
        State(i.GRID, "id"),
    )

    @app.callback(
        Output(i.DRAWER, "is_open"),
        Output(i.DRAWER, "title"),
        Output(i.DRAWER, "children"),
        Output(i.PICKED, "data"),
        Input(i.GRID, "eventData"),
        Input(i.MAP_PICK, "data"),
        State(i.QUERY, "data"),
        prevent_initial_call=True,
    )
    def drawer(
        event: dict[str, Any] | None, on_map: dict[str, Any] | None, search: str | None
    ) -> Any:
        from_map = ctx.triggered_id == i.MAP_PICK
        chosen = on_map if from_map else (event or {}).get("data")
        if not chosen or not chosen.get("patch_no"):
            return no_update, no_update, no_update, no_update
        try:
            title, body, picked = picked_patch(
                services, page, search or "", chosen["patch_no"], "map" if from_map else "grid"
            )
        except NotFound as refusal:
            return True, "图斑", refusal.message, no_update
        return True, title, body, picked

    _register_selection(app, services, page, i)


def _register_selection(app: Dash, services: Services, page: ListPage, i: ids.PatchList) -> None:
    @app.callback(
        Output(i.BATCH, "hidden"),
        Output(i.BATCH_COUNT, "children"),
        Input(i.GRID, "selectedRows"),
    )
    def batch(selected: list[dict[str, Any]] | None) -> tuple[bool, str]:
        count = len(selected or [])
        return count == 0, f"已选 {format_count(count)} 个图斑"

    @app.callback(
        Output(i.GRID, "deselectAll"), Input(i.DESELECT, "n_clicks"), prevent_initial_call=True
    )
    def deselect(_: int) -> bool:
        return True

    @app.callback(
        Output(i.COPY_MODAL, "is_open"),
        Output(i.COPY_TEXT, "value"),
        Output(i.COPY_BUTTON, "children"),
        Input(i.COPY, "n_clicks"),
        State(i.GRID, "selectedRows"),
        State(i.QUERY, "data"),
        prevent_initial_call=True,
    )
    def copy(_: int, selected: list[dict[str, Any]] | None, search: str | None) -> Any:
        with services.store.read() as conn:
            view, rows = selected_rows(
                conn, services.settings, page, search or "", _selected_ids(selected)
            )
        return (
            True,
            work_group_text(rows, view.context.as_of, view.names, view.context.contacts),
            "复制",
        )

    app.clientside_callback(
        ClientsideFunction("weipianLists", "copyText"),
        Output(i.COPY_BUTTON, "children", allow_duplicate=True),
        Input(i.COPY_BUTTON, "n_clicks"),
        State(i.COPY_TEXT, "value"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(i.DOWNLOAD, "data"),
        Input(i.EXPORT_SELECTED, "n_clicks"),
        State(i.GRID, "selectedRows"),
        State(i.COLUMNS, "value"),
        State(i.QUERY, "data"),
        prevent_initial_call=True,
    )
    @needs(Right.EXPORT)
    def download(
        _: int,
        selected: list[dict[str, Any]] | None,
        columns: list[str] | None,
        search: str | None,
    ) -> Any:
        with services.store.read() as conn:
            view, rows = selected_rows(
                conn, services.settings, page, search or "", _selected_ids(selected)
            )
            name, content = selected_workbook(conn, view, rows, columns)
        return dcc.send_bytes(content, name)


def _selected_ids(selected: list[dict[str, Any]] | None) -> list[int]:
    """Ids of the grid's selected rows, which come from the browser."""
    given = (whole_number(row.get("id")) for row in selected or ())
    return [number for number in given if number is not None]
