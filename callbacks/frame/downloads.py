"""Files as answers, workbooks above all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Flask, Response

from callbacks.frame.address import search_of_request
from callbacks.frame.context import PageContext
from data.definitions import DEFINITIONS
from data.outlook.leading import NO_DATA
from data.services import Services
from data.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: (connection, settings, query string) → name and content of a file.
Workbook = Callable[["Connection", Settings, str], tuple[str, bytes]]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attached(name: str, content: bytes, mimetype: str) -> Response:
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def xlsx_response(name: str, content: bytes) -> Response:
    return attached(name, content, XLSX)


def serve_workbook(
    server: Flask, services: Services, path: str, workbook: Workbook, content_type: str = XLSX
) -> None:
    """A page's export: its workbook (or file of another type) for the view that the query string
    says."""

    def export() -> Response:
        with services.store.read() as conn:
            name, content = workbook(conn, services.settings, search_of_request())
        return attached(name, content, content_type)

    export.__module__ = workbook.__module__  # it is the page's own route
    server.add_url_rule(path, endpoint=path, view_func=export)


def sheet_stamp(context: PageContext, figure: str | None, basis: str = "") -> dict[str, str]:
    """What a workbook says of itself: filters, day, data version, the figure's definition with its
    clause; basis: the clause of what is no figure."""
    stamp = {
        "范围": context.district_name,
        "工作年度": str(context.year),
        "基准日": context.as_of.isoformat(),
        "数据版本": str(context.stamp.data_version),
    }
    if figure is not None:
        definition = DEFINITIONS[figure]
        stamp["口径"] = f"{definition.label}：{definition.text}"
        basis = definition.clause
    if basis:
        stamp["依据"] = f"工作方案 {basis}"
    if context.known is not None:
        stamp["当时所知"] = f"{context.known.text}（北京时间）以前入库的"
    if context.year not in context.stamp.years:
        stamp["提示"] = NO_DATA
    if context.stamp.is_demo:
        stamp["说明"] = "演示数据，非真实情况"
    return stamp


def file_name(title: str, context: PageContext) -> str:
    return f"{title}_{context.district_name}_{context.as_of.isoformat()}.xlsx"
