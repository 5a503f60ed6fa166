"""Addresses as requests bring them."""

from __future__ import annotations

import flask
from dash import Dash
from dash._pages import _path_to_page
from flask import Flask, Response
from werkzeug.routing import IntegerConverter

#: Endpoint under which Dash answers every address that is no other route's with its page.
_ANY_PAGE = "/<path:path>"


class WholeNumber(IntegerConverter):
    """`<int:…>` in routes: plain digits, and no more of them than a database can hold."""

    regex = "[0-9]{1,18}"


def search_of_request() -> str:
    """The query string of the present request, as read_search takes it, whatever its bytes are."""
    return flask.request.query_string.decode("utf-8", "replace")


def read_numbers_strictly(server: Flask) -> None:
    """Before any route is registered."""
    server.url_map.converters["int"] = WholeNumber


def say_where_no_page_is(app: Dash) -> None:
    """An address without a page answers 404, with the frame, in which the page says so."""

    server: Flask = app.server

    @server.after_request
    def not_found(response: Response) -> Response:
        if flask.request.endpoint == _ANY_PAGE and response.status_code == 200:
            page, _ = _path_to_page(app.strip_relative_path(flask.request.path))
            if not page:
                response.status_code = 404
        return response
