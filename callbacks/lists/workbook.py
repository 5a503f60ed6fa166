"""The xlsx of a list: the same rows, order and columns as the screen, with what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from callbacks.frame.address import search_of_request
from callbacks.frame.downloads import file_name, sheet_stamp, xlsx_response
from callbacks.lists.said import filter_sentences
from callbacks.lists.view import ListPage, ListView, read_view
from components.lists.columns import Kind, ListColumn, chosen, total_cells
from data.exports import Format, SheetColumn, sheet_title, table_to_xlsx
from data.services import Services
from data.store.queries.contributions import AMOUNTS
from data.store.queries.patch_list import PatchQuery, iter_patches, totals
from data.store.queries.places import towns
from data.vocabulary import PatchStatus

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FORMATS: dict[Kind, Format] = {
    Kind.TEXT: "text",
    Kind.DAY: "date",
    Kind.COUNT: "count",
    Kind.AREA: "area",
}
_ORDER = {"asc": "升序", "desc": "降序"}
#: Status → the figure that defines the list; 图斑 for the others.
_DEFINED_BY = {
    None: "patches",
    PatchStatus.OVERDUE: "overdue",
    PatchStatus.CLEARED: "cleared",
    PatchStatus.LATE: "late",
    PatchStatus.RETURNED: "returned",
    PatchStatus.FINAL: "final",
}


def defined_by(view: ListView) -> str:
    """The figure that the second sheet explains."""
    if view.figure is not None:
        return view.figure
    if view.query.figures:
        return view.query.figures[0]
    return _DEFINED_BY.get(view.query.status, "patches")


def export_stamp(conn: Connection, view: ListView, extra: Sequence[str] = ()) -> dict[str, str]:
    """What the second sheet says: filters, order, day, data version, definition."""
    titles = {c.key: c.title for c in view.columns}
    names = {town["code"]: town["name"] for town in towns(conn)}
    order = [f"{titles[k]}{_ORDER[way]}" for k, way in view.query.sort if k in titles]
    return {
        "名称": view.title,
        "筛选": "；".join([*filter_sentences(view, names), *extra]) or "无",
        "排序": "、".join(order),
        **sheet_stamp(view.context, defined_by(view)),
    }


def _sheet(
    conn: Connection,
    view: ListView,
    query: PatchQuery,
    rows: Iterable[Mapping[str, Any]],
    keys: Sequence[str] | None,
    stamp: Mapping[str, str],
) -> tuple[str, bytes]:
    names, columns = view.names, chosen(view.columns, keys)
    below = totals(conn, view.context.scope, summing(query, columns))
    content = table_to_xlsx(
        sheet_title(view.title),
        [SheetColumn(c.title, _FORMATS[c.kind], max(c.width // 9, 8)) for c in columns],
        ([c.value(row, names) for c in columns] for row in rows),
        stamp,
        total=total_cells(columns, below),
    )
    return file_name(view.title, view.context), content


def summing(query: PatchQuery, columns: Sequence[ListColumn]) -> PatchQuery:
    """The query, with all that the columns add up."""
    beside = (c.key for c in columns if c.key in AMOUNTS)
    return replace(query, beside=tuple(dict.fromkeys((*query.beside, *beside))))


def list_workbook(
    conn: Connection, view: ListView, columns: Sequence[str] | None
) -> tuple[str, bytes]:
    """(file name, xlsx) of every row that the view lists, with what they add up to; columns: keys
    of those on the screen."""
    rows = (row for chunk in iter_patches(conn, view.context.scope, view.query) for row in chunk)
    return _sheet(conn, view, view.query, rows, columns, export_stamp(conn, view))


def selected_workbook(
    conn: Connection,
    view: ListView,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str] | None,
) -> tuple[str, bytes]:
    """(file name, xlsx) of the selected rows."""
    stamp = export_stamp(conn, view, extra=[f"所选 {len(rows)} 个图斑"])
    query = replace(view.query, ids=tuple(int(row["id"]) for row in rows))
    return _sheet(conn, view, query, rows, columns, stamp)


def register_export(server: Flask, services: Services, page: ListPage) -> None:
    """`/export/overdue.xlsx?…` with the address of the page, and `columns` for those shown."""

    def export() -> Response:
        search = search_of_request()
        columns = request.args.get("columns")
        with services.store.read() as conn:
            view = read_view(conn, services.settings, page, search)
            keys = columns.split(",") if columns else None
            name, content = list_workbook(conn, view, keys)
        return xlsx_response(name, content)

    server.add_url_rule(f"/export{page.path}.xlsx", f"export{page.path}", export)
