"""Addresses as requests bring them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import flask
from dash import Dash
from dash._pages import _path_to_page
from flask import Flask, Response
from werkzeug.routing import IntegerConverter

from data.services import Services

#: Endpoint under which Dash answers every address that is no other route's with its page.
_ANY_PAGE = "/<path:path>"


class WholeNumber(IntegerConverter):
    """`<int:…>` in routes: plain digits, and no more of them than a database can hold."""

    regex = "[0-9]{1,18}"


def search_of_request() -> str:
    """The query string of the present request, as read_search takes it, whatever its bytes are."""
    return flask.request.query_string.decode("utf-8", "replace")


def source_of_request() -> str:
    """From where somebody asks, as the history and the log keep it."""
    address = flask.request.remote_addr if flask.has_request_context() else None
    return address or "web"


def read_numbers_strictly(server: Flask) -> None:
    """Before any route is registered."""
    server.url_map.converters["int"] = WholeNumber


#: Whether a page of one thing has it for whoever asks: (connection, settings, query string, what
#: the path names) → bool.
IsThere = Callable[..., bool]


def say_where_no_page_is(app: Dash, services: Services, things: Mapping[str, IsThere]) -> None:
    """An address without a page answers 404, with the frame, in which the page says so; so does a
    page of a thing that there is not, or not for its reader. things: by the page's path."""

    server: Flask = app.server

    def is_there(page: Mapping[str, Any], named: Mapping[str, str] | None) -> bool:
        asked = things.get(page.get("path_template") or page["path"])
        if asked is None:
            return True
        with services.store.read() as conn:
            return asked(conn, services.settings, search_of_request(), **(named or {}))

    @server.after_request
    def not_found(response: Response) -> Response:
        if flask.request.endpoint == _ANY_PAGE and response.status_code == 200:
            page, named = _path_to_page(app.strip_relative_path(raw_path()))
            if not page or not is_there(page, named):
                response.status_code = 404
        return response


def raw_path() -> str:
    """The path as it was sent: a number with a slash in it is still one part of it."""
    environ = flask.request.environ
    sent = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    return urlsplit(sent).path or flask.request.path
