"""A server with nothing but one module's addresses, as the browser asks for them."""

from __future__ import annotations

from typing import Any

import flask

from callbacks.frame import faults
from callbacks.maps import answers as map_answers
from data.services import Services
from data.store.engine import Store


def map_client(store: Store, routes: Any) -> Any:
    """routes: a module of callbacks with register_routes. Nothing is remembered from before."""
    server = flask.Flask("maps")
    routes.register_routes(server, Services(store.settings, store))
    faults.in_routes(server)
    map_answers.answers.clear()
    return server.test_client()
