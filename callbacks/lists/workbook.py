"""The xlsx of a list: the same rows, order and columns as the screen, with what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from callbacks.frame.downloads import file_name, sheet_stamp, xlsx_response
from callbacks.lists.view import ListPage, ListView, month_label, read_view
from components.lists.columns import Kind, ListColumn, chosen
from data.exports import Format, SheetColumn, table_to_xlsx
from data.services import Services
from data.store.queries.list_filters import ColumnFilter, Operator
from data.store.queries.patch_list import iter_patches
from data.store.queries.places import towns
from data.vocabulary import Domain, PatchStatus, PatchType

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FORMATS: dict[Kind, Format] = {
    Kind.TEXT: "text",
    Kind.DAY: "date",
    Kind.COUNT: "count",
    Kind.AREA: "area",
}
_WORDS = {
    Operator.CONTAINS: "包含",
    Operator.NOT_CONTAINS: "不包含",
    Operator.STARTS_WITH: "开头为",
    Operator.EQUALS: "等于",
    Operator.AT_LEAST: "不小于",
    Operator.AT_MOST: "不大于",
    Operator.MORE: "大于",
    Operator.LESS: "小于",
    Operator.BETWEEN: "介于",
    Operator.BLANK: "为空",
    Operator.NOT_BLANK: "不为空",
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


def _operand(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def filter_text(title: str, item: ColumnFilter) -> str:
    """`监测面积（亩）不小于 50`."""
    operands = [_operand(v) for v in (item.value, item.value_to) if v is not None]
    return f"{title}{_WORDS[item.operator]} {' 至 '.join(operands)}".strip()


def filter_sentences(view: ListView, town_names: Mapping[str, str]) -> list[str]:
    """What narrows the list, a sentence a filter; empty where all patches are shown."""
    query, titles = view.query, {c.key: c.title for c in view.page.columns}
    found = [view.chosen.words, *view.chosen.said] if view.chosen else []
    if view.trigger is not None:
        t = view.trigger
        found.append(f"预警：{t['subject_name']} {t['rule_name']}（{t['period']}）")
    if query.status:
        found.append(f"办理状态：{query.status.label}")
    if query.month:
        found.append(f"月清月份：{month_label(query.month, query.year)}")
    if query.town:
        found.append(f"乡镇街道：{town_names.get(query.town, query.town)}")
    if query.patch_type:
        found.append(f"图斑类型：{PatchType(query.patch_type).label}")
    if query.domain:
        found.append(f"领域：{Domain(query.domain).label}")
    if query.text.strip():
        found.append(f"搜索：{query.text.strip()}")
    if query.box:
        west, south, east, north = query.box
        found.append(f"地图范围：东经 {west:.4f}–{east:.4f}°，北纬 {south:.4f}–{north:.4f}°")
    return found + [filter_text(titles.get(name, name), i) for name, i in query.filters.items()]


def export_stamp(conn: Connection, view: ListView, extra: Sequence[str] = ()) -> dict[str, str]:
    """What the second sheet says: filters, order, day, data version, definition."""
    titles = {c.key: c.title for c in view.page.columns}
    names = {town["code"]: town["name"] for town in towns(conn)}
    order = [f"{titles[k]}{_ORDER[way]}" for k, way in view.query.sort if k in titles]
    return {
        "名称": view.page.title,
        "筛选": "；".join([*filter_sentences(view, names), *extra]) or "无",
        "排序": "、".join(order),
        **sheet_stamp(view.context, _DEFINED_BY.get(view.query.status, "patches")),
    }


def _sheet(
    view: ListView,
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[ListColumn],
    stamp: Mapping[str, str],
) -> tuple[str, bytes]:
    names = view.names
    content = table_to_xlsx(
        view.page.title,
        [SheetColumn(c.title, _FORMATS[c.kind], max(c.width // 9, 8)) for c in columns],
        ([c.value(row, names) for c in columns] for row in rows),
        stamp,
    )
    return file_name(view.page.title, view.context), content


def list_workbook(
    conn: Connection, view: ListView, columns: Sequence[str] | None
) -> tuple[str, bytes]:
    """(file name, xlsx) of every row that the view lists; columns: keys of those on the screen."""
    rows = (row for chunk in iter_patches(conn, view.context.scope, view.query) for row in chunk)
    return _sheet(view, rows, chosen(view.page.columns, columns), export_stamp(conn, view))


def selected_workbook(
    conn: Connection,
    view: ListView,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str] | None,
) -> tuple[str, bytes]:
    """(file name, xlsx) of the selected rows."""
    stamp = export_stamp(conn, view, extra=[f"所选 {len(rows)} 个图斑"])
    return _sheet(view, rows, chosen(view.page.columns, columns), stamp)


def register_export(server: Flask, services: Services, page: ListPage) -> None:
    """`/export/overdue.xlsx?…` with the address of the page, and `columns` for those shown."""

    def export() -> Response:
        search = request.query_string.decode("utf-8", "replace")
        columns = request.args.get("columns")
        with services.store.read() as conn:
            view = read_view(conn, services.settings, page, search)
            keys = columns.split(",") if columns else None
            name, content = list_workbook(conn, view, keys)
        return xlsx_response(name, content)

    server.add_url_rule(f"/export{page.path}.xlsx", f"export{page.path}", export)
