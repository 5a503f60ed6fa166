"""What every address of a map has in common: the question, the reader, 304, a cache, sentences.

Answers may stay in the browser but are asked about each time (`no-cache` with an ETag), so that an
upload shows at once and a reader whose rights have ended sees nothing more.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flask
import orjson

from callbacks.frame.address import search_of_request
from callbacks.frame.context import PageContext, read_context
from components.links import read_search
from data.errors import SupervisionError
from data.maps.cube import MapCube, map_cube
from data.maps.mercator import Box, read_box
from data.maps.question import MapQuestion, read_question
from data.scope import Scope
from data.services import Services

if TYPE_CHECKING:
    from sqlalchemy import Connection

JSON = "application/json"
PNG = "image/png"
_KEPT_BYTES = 64_000_000


@dataclass(frozen=True)
class Asked:
    """One request read. arguments: the address's own, as texts."""

    context: PageContext
    question: MapQuestion
    cube: MapCube
    arguments: Mapping[str, str]

    @property
    def scope(self) -> Scope:
        return self.context.scope

    @property
    def box(self) -> Box:
        """Raises BadBox."""
        return read_box(self.arguments.get("bbox", ""))


def read_asked(conn: Connection, services: Services) -> Asked:
    """Raises SupervisionError where a part of the address cannot be read: a map's parts are asked
    for by a program, which shall not get another view than it asked for."""
    search = search_of_request()
    context = read_context(conn, services.settings, search)
    if context.problems:
        raise SupervisionError(context.problems[0])
    arguments = read_search(search)
    question = read_question(arguments, context.year, context.as_of, context.district)
    return Asked(context, question, map_cube(services.store, context.year, conn), arguments)


class _Answers:
    """Finished answers by key, the least recently asked for given up first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], bytes]) -> bytes:
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        made = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += len(made)
            while self._bytes > _KEPT_BYTES:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return made

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._bytes = 0


answers = _Answers()


def _digest(parts: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def reader(scope: Scope) -> tuple[str, ...] | None:
    """The scope as a part of a key."""
    return None if scope.districts is None else tuple(sorted(scope.districts))


def conditional(
    key: tuple[object, ...], content_type: str, make: Callable[[], bytes]
) -> flask.Response:
    """304 where the browser has this very answer, else the answer, from the cache where it is
    there. key: everything that the answer depends on: version, reader, question, place.
    """
    tag = _digest((flask.request.path, *key))
    # a compressed answer's tag has the method behind a colon
    held = {known.split(":")[0] for known in flask.request.if_none_match.as_set()}
    if tag in held:
        response = flask.Response(status=304)
    else:
        response = flask.Response(answers.get(tag, make), content_type=content_type)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, Accept-Encoding"
    return response


def answered(
    services: Services,
    place: tuple[object, ...],
    content_type: str,
    make: Callable[[Connection, Asked], bytes],
    *more: str,
) -> flask.Response:
    """The answer to a question about a place (a tile, a name). more: arguments of the address that
    it also depends on.
    """
    with services.store.read() as conn:
        asked = read_asked(conn, services)
        own = tuple(asked.arguments.get(name, "") for name in more)
        key = (asked.cube.version, reader(asked.scope), asked.question, place, own)
        return conditional(key, content_type, lambda: make(conn, asked))


def as_json(document: Any) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
