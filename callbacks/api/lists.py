"""`/api/v1/…`: every list and figure, in the scope of the account that asks (docs/api.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import flask

from callbacks.api.asking import (
    MOST_ROWS,
    known_of,
    read_arguments,
    read_asked,
    read_page,
)
from callbacks.api.rate import too_often
from callbacks.api.routes_of import Address, addresses
from callbacks.frame.error_pages import refusal_answer
from callbacks.frame.kept import answer_key
from callbacks.frame.needs import needs
from components import paths
from data.acting import acting
from data.errors import NotFound, SupervisionError
from data.exports import count_rows
from data.known import knowing
from data.rights import Right
from data.services import Services
from data.tables.columns import Row, as_json
from data.tables.csv_file import as_csv
from data.tables.listing import Asked, Table

if TYPE_CHECKING:
    from sqlalchemy import Connection

JSON = "application/json"
CSV = "text/csv; charset=utf-8"
_CHANGED = "数据在翻页期间有了更新，请从第一页（offset=0，不带 version）重新取。"
_NOT_THERE = "没有这个接口地址。有哪些清单见 /api/ 和 /api/openapi.json。"


def content_key(conn: Connection, services: Services, asked: str = "") -> str:
    """What an answer follows from: the store's content, the day, the program, the reader. asked:
    what else."""
    account = acting()
    rights = ",".join([account.role.value, *sorted(account.rights)])
    today = services.settings.today().isoformat()
    about = f"{account.name}\n{asked}".encode()
    return answer_key(conn, account.scope, today, about, rights)[:32]


def unchanged(tag: str) -> flask.Response | None:
    """304 where the program has this very answer."""
    # a compressed answer's tag has the method behind a colon
    held = {known.split(":")[0] for known in flask.request.if_none_match.as_set()}
    return tagged(flask.Response(status=304), tag) if tag in held else None


def tagged(response: flask.Response, tag: str) -> flask.Response:
    """May stay with whoever asked, who asks about it each time."""
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, Authorization, Accept-Encoding"
    return response


def answer(address: Address, services: Services) -> flask.Response:
    """Raises SupervisionError where the question cannot be read or its answer is too large."""
    arguments = read_arguments(address)
    offset, limit = read_page(address, arguments)
    with knowing(known_of(arguments, address.listing.sums_only)), services.store.read() as conn:
        asked = read_asked(conn, services, address.listing, arguments)
        version = content_key(conn, services)
        if arguments.get("version", version) != version:
            return refusal_answer(409, _CHANGED)
        question = f"{address.path}?{urlencode(sorted(arguments.items()))}"
        tag = content_key(conn, services, question)
        known = unchanged(tag)
        if known is not None:
            return known
        if address.table is None:
            return tagged(_whole(conn, address, asked), tag)
        rows, total = _rows(conn, address, address.table, asked, offset, limit + 1)
    if len(rows) > limit and address.is_csv and "limit" not in arguments:
        raise SupervisionError(
            f"这个清单超过{limit}行，一个文件放不下。请按区市（district）分开取，"
            "或用 limit 和 offset 分页。"
        )
    response = _written(address.table, rows[:limit], address.is_csv)
    if total is not None:
        response.headers["X-Total-Count"] = str(total)
    if len(rows) > limit:
        onward = {**arguments, "limit": limit, "offset": offset + limit, "version": version}
        response.headers["Link"] = f'<{_here(onward)}>; rel="next"'
    return tagged(response, tag)


def _here(arguments: Mapping[str, Any]) -> str:
    return f"{flask.request.base_url}?{urlencode(arguments)}"


def _whole(conn: Connection, address: Address, asked: Asked) -> flask.Response:
    """The document of a list of several tables."""
    listing = address.listing
    document = listing.document(conn, asked)
    count = sum(len(table.rows(document)) for table in listing.tables.values())
    if count > MOST_ROWS:
        names = "、".join(f"{address.path}/{name}" for name in listing.tables)
        raise SupervisionError(
            f"整份内容有{count}行，一次最多{MOST_ROWS}行。请分表取：{names}，或加筛选条件。"
        )
    count_rows(count)
    return flask.Response(as_json(document), content_type=JSON)


def _rows(
    conn: Connection, address: Address, table: Table, asked: Asked, offset: int, limit: int
) -> tuple[list[Row], int | None]:
    """So many rows, and how many there are in all where that is known."""
    page = address.listing.page
    if page is not None:
        return page(conn, asked, offset, limit), None
    rows = table.rows(address.listing.document(conn, asked))
    return rows[offset : offset + limit], len(rows)


def _written(table: Table, rows: list[Row], is_csv: bool) -> flask.Response:
    count_rows(len(rows))
    if is_csv:
        return flask.Response(as_csv(table.columns, rows), content_type=CSV)
    return flask.Response(as_json(rows), content_type=JSON)


def register_routes(server: flask.Flask, services: Services) -> None:
    def view_of(address: Address) -> Callable[[], flask.Response]:
        @needs(Right.EXPORT)
        def view() -> flask.Response:
            return too_often(server, services) or answer(address, services)

        return view

    for address in addresses():
        server.add_url_rule(address.path, endpoint=address.path, view_func=view_of(address))

    @server.get(f"{paths.API}<path:rest>")
    def no_such_list(rest: str) -> flask.Response:
        raise NotFound(_NOT_THERE)
