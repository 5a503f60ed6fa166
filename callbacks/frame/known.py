"""当时所知 in the address (`known=`): pages, their callbacks and files answer what was known then.

An address says it itself; a callback by the address of the page that it belongs to, which is among
what it was sent, else in the Referer of the browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import flask
from dash import Dash

from components import paths
from components.links import read_search
from data.known import Known, know, knowing, read_moment

KEY = "known"
_CALLBACKS = "_dash-update-component"


def install(app: Dash) -> None:
    """To be called before whatever reads the store for a request but after who asks is known."""
    server: flask.Flask = app.server
    path = app.config.requests_pathname_prefix + _CALLBACKS
    answer = server.wsgi_app

    def answer_as_it_is_now(environ: Any, start_response: Any) -> Iterable[bytes]:
        with knowing(None):
            return answer(environ, start_response)

    server.wsgi_app = answer_as_it_is_now  # type: ignore[method-assign]

    @server.before_request
    def set_moment() -> None:
        request = flask.request
        if request.path.startswith(paths.API):
            return  # says it itself, and strictly
        is_callback = request.path == path
        if request.method != "GET" and not is_callback:
            return
        text = request.args.get(KEY) or ""
        if is_callback:
            text = _of_callback(request.get_json(silent=True))
        if not text:
            text = read_search(urlsplit(request.referrer or "").query).get(KEY, "")
        know(asked_for(text))


def asked_for(text: str) -> Known | None:
    """None for nothing and for what is no moment: the page then says so (frame/context.py)."""
    try:
        return Known(read_moment(text)) if text else None
    except (ValueError, OverflowError):
        return None


def _of_callback(body: Any) -> str:
    """From the address among the arguments of a callback."""
    for text in _texts(body):
        if text.startswith("?") and f"{KEY}=" in text:
            return read_search(text).get(KEY, "")
    return ""


def _texts(body: Any) -> Iterator[str]:
    if not isinstance(body, dict):
        return
    for part in ("inputs", "state"):
        given = body.get(part)
        for entry in given if isinstance(given, list) else []:
            value = entry.get("value") if isinstance(entry, dict) else None
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str):
                    yield text
