"""Answers kept between changes of the store: the second reader of a view waits for nothing.

A callback that only reads is marked, and its answer kept under what was asked and all that it can
depend on: the reader, the day, the head of the history, and every other single value of the store.
Whatever is written moves one of these, so that nothing kept can be old. Each process keeps its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import flask
from cachetools import LRUCache
from dash import Dash

from callbacks.frame.context import reader_scope
from data.scope import Scope
from data.services import Services
from data.store.meta import content_key

if TYPE_CHECKING:
    from sqlalchemy import Connection

_Callback = TypeVar("_Callback", bound=Callable[..., Any])

_CALLBACKS = "_dash-update-component"
_MARK = "answer_is_kept"
_WALL = b"screen=1"
#: Bytes of answers that a process keeps; one larger than the whole is not kept.
SIZE = 64 * 2**20


def keep_answer(callback: _Callback) -> _Callback:
    """Marks a callback whose answer follows from its arguments, the store and the day alone."""
    setattr(callback, _MARK, True)
    return callback


class Answers:
    """key → the body of an answer; those asked longest ago go first. Safe among threads."""

    def __init__(self, size: int = SIZE) -> None:
        self._kept: LRUCache[str, bytes] = LRUCache(size, getsizeof=len)
        self._lock = Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            return self._kept.get(key)

    def put(self, key: str, body: bytes) -> None:
        with self._lock:
            if len(body) <= self._kept.maxsize:
                self._kept[key] = body


def answer_key(conn: Connection, scope: Scope, today: str, body: bytes) -> str:
    """What an answer depends on: what was asked (`body`), who asks, the day, and the store's
    content."""
    digest = hashlib.sha256(body)
    reader = "all" if scope.districts is None else ",".join(sorted(scope.districts))
    for part in (reader, today, *content_key(conn)):
        digest.update(b"\0" + part.encode())
    return digest.hexdigest()


def install(app: Dash, services: Services) -> None:
    """Answer marked callbacks from what was kept. To be called after the guard's own install."""
    server: flask.Flask = app.server
    path = app.config.requests_pathname_prefix + _CALLBACKS
    answers = Answers()

    @server.before_request
    def look_up() -> flask.Response | None:
        request = flask.request
        if request.path != path or request.method != "POST" or not is_kept(app, request.get_json()):
            return None
        if _WALL in request.get_data():  # it says how old its data are by the clock
            return None
        with services.store.read() as conn:
            today = services.settings.today().isoformat()
            key = answer_key(conn, reader_scope(), today, request.get_data())
        body = answers.get(key)
        if body is not None:
            return flask.Response(body, mimetype="application/json")
        flask.g.answer_key = key
        return None

    @server.after_request
    def keep(response: flask.Response) -> flask.Response:
        key = flask.g.get("answer_key")
        plain = response.is_json and "Content-Encoding" not in response.headers
        if key is not None and response.status_code == 200 and plain:
            answers.put(key, response.get_data())
        return response


def forget_answer() -> None:
    """The answer to the present request is not to be kept."""
    if flask.has_request_context():
        flask.g.pop("answer_key", None)


def is_kept(app: Dash, asked: Any) -> bool:
    """Whether the callback of a request is marked."""
    output = asked.get("output") if isinstance(asked, dict) else None
    known = app.callback_map.get(output) if isinstance(output, str) else None
    return bool(getattr((known or {}).get("callback"), _MARK, False))
