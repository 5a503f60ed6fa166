"""Answers kept between changes of the store: the second reader of a view waits for nothing.

A callback that only reads is marked, and its answer kept under what was asked and all that it can
depend on: the reader, the day, the head of the history, and every other single value of the store.
Whatever is written moves one of these, so that nothing kept can be old. Each process keeps its own;
where a Redis is set, all of them share what they keep (shared_answers.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import flask
import orjson
from cachetools import LRUCache
from dash import Dash

from callbacks.frame.context import reader_scope
from callbacks.frame.shared_answers import SharedAnswers
from data.acting import acting
from data.code_version import code_version
from data.scope import Scope
from data.services import Services
from data.store.meta import content_key

if TYPE_CHECKING:
    from sqlalchemy import Connection

_Callback = TypeVar("_Callback", bound=Callable[..., Any])

_CALLBACKS = "_dash-update-component"
_MARK = "answer_is_kept"
_WALL = b"screen=1"
_KEEPER = "weipian_kept_answers"
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


def answer_key(conn: Connection, scope: Scope, today: str, asked: bytes, rights: str = "") -> str:
    """What an answer depends on: what was asked, who asks and what he may do, the day, the store's
    content and the program."""
    digest = hashlib.sha256(asked)
    reader = "all" if scope.districts is None else ",".join(sorted(scope.districts))
    for part in (reader, rights, today, code_version(), *content_key(conn)):
        digest.update(b"\0" + part.encode())
    return digest.hexdigest()


def asked_of(question: Any) -> bytes:
    """What was asked, whichever browser or program asks it: the callback with its values. A tick
    of the clock is no part of it: it moves walls alone, and these are not kept."""
    values = [
        (one.get("id"), one.get("property"), one.get("value") or None)
        for part in ("inputs", "state")
        for one in question.get(part) or ()
        if isinstance(one, dict) and one.get("property") != "n_intervals"
    ]
    return orjson.dumps([question.get("output"), values], option=orjson.OPT_SORT_KEYS)


class Keeper:
    """The answers that one program keeps: in its memory, and with others where they share them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._own = Answers()
        url = services.settings.cache_url
        self._shared = SharedAnswers(url) if url else None

    def key(self, question: Any) -> str:
        account = acting()
        rights = ",".join([account.role.value, *sorted(right.value for right in account.rights)])
        today = self._services.settings.today().isoformat()
        with self._services.store.read() as conn:
            return answer_key(conn, reader_scope(), today, asked_of(question), rights)

    def get(self, key: str) -> bytes | None:
        body = self._own.get(key)
        if body is None and self._shared is not None:
            body = self._shared.get(key)
            if body is not None:
                self._own.put(key, body)
        return body

    def put(self, key: str, body: bytes) -> None:
        self._own.put(key, body)
        if self._shared is not None:
            self._shared.put(key, body)


def install(app: Dash, services: Services) -> None:
    """Answer marked callbacks from what was kept. To be called after the guard's own install."""
    server: flask.Flask = app.server
    path = app.config.requests_pathname_prefix + _CALLBACKS
    keeper = server.extensions[_KEEPER] = Keeper(services)

    @server.before_request
    def look_up() -> flask.Response | None:
        request = flask.request
        if request.path != path or request.method != "POST" or not is_kept(app, request.get_json()):
            return None
        if _WALL in request.get_data():  # it says how old its data are by the clock
            return None
        key = keeper.key(request.get_json())
        body = keeper.get(key)
        if body is not None:
            return flask.Response(body, mimetype="application/json")
        flask.g.answer_key = key
        return None

    @server.after_request
    def keep(response: flask.Response) -> flask.Response:
        key = flask.g.get("answer_key")
        plain = response.is_json and "Content-Encoding" not in response.headers
        if key is not None and response.status_code == 200 and plain:
            keeper.put(key, response.get_data())
        return response


def answer_ahead(app: Dash, question: dict[str, Any]) -> bool:
    """Make and keep the answer that the acting account will get, unless it is kept already.

    question: the body of the request. Only what reads is marked to be kept, so that no gate and no
    guard stands before it here. Whether there is an answer now.
    """
    keeper: Keeper = app.server.extensions[_KEEPER]
    key = keeper.key(question)
    if keeper.get(key) is not None:
        return True
    path = app.config.requests_pathname_prefix + _CALLBACKS
    with app.server.test_request_context(path, method="POST", json=question):
        flask.g.answer_key = key
        response = app.server.make_response(app.server.dispatch_request())
        if response.status_code != 200 or flask.g.get("answer_key") is None:
            return False
        keeper.put(key, response.get_data())
    return True


def forget_answer() -> None:
    """The answer to the present request is not to be kept."""
    if flask.has_request_context():
        flask.g.pop("answer_key", None)


def is_kept(app: Dash, asked: Any) -> bool:
    """Whether the callback of a request is marked."""
    output = asked.get("output") if isinstance(asked, dict) else None
    known = app.callback_map.get(output) if isinstance(output, str) else None
    return bool(getattr((known or {}).get("callback"), _MARK, False))
