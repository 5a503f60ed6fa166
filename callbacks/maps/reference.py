"""`/map/reference/…`: overlay tiles of the reference layers, which there are, and what is where."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import flask

from callbacks.frame.address import search_of_request
from callbacks.frame.context import read_context
from callbacks.maps.answers import JSON, PNG, as_json, conditional, reader
from components.links import read_search
from data.errors import NotFound, SupervisionError
from data.maps.reference import (
    FeatureFound,
    LayerShown,
    features_at,
    layers_shown,
    overlay_tile,
)
from data.scope import Scope
from data.services import Services
from data.store.queries.map_facts import content_version
from data.vocabulary import ReferenceLayer


def _layer(name: str) -> ReferenceLayer:
    """Raises NotFound."""
    try:
        return ReferenceLayer(name)
    except ValueError:
        known = "、".join(f"{layer.value}（{layer.label}）" for layer in ReferenceLayer)
        raise NotFound(f"没有参考图层“{name[:40]}”。可用的图层：{known}。") from None


def _layers(text: str) -> list[ReferenceLayer]:
    """`farmland,redline`; all for nothing. Raises NotFound."""
    return [_layer(name) for name in text.split(",") if name] or list(ReferenceLayer)


def _degrees(name: str, limit: float) -> float:
    """Raises SupervisionError."""
    try:
        value = float(read_search(search_of_request()).get(name, ""))
    except ValueError:
        value = math.nan
    if not -limit <= value <= limit:
        raise SupervisionError("位置无法识别。应写作 lon=122.12&lat=37.32（度）。")
    return value


def layers_document(layers: list[LayerShown]) -> list[dict[str, Any]]:
    return [
        {
            "layer": one.layer.value,
            "label": one.layer.label,
            "features": one.features,
            "colour": one.colour,
            "is_boundary": one.is_boundary,
            "is_indicative": one.is_indicative,
            "version": one.version,
        }
        for one in layers
    ]


def found_document(found: list[FeatureFound]) -> list[dict[str, Any]]:
    return [{**asdict(one), "layer": one.layer.value, "label": one.layer.label} for one in found]


def register_routes(server: flask.Flask, services: Services) -> None:
    store = services.store

    def scope_and_version() -> tuple[Scope, str]:
        search = search_of_request()
        with store.read() as conn:
            return read_context(conn, services.settings, search).scope, content_version(conn)

    @server.get("/map/reference.json")
    def map_reference() -> flask.Response:
        scope, version = scope_and_version()

        def make() -> bytes:
            with store.read() as conn:
                return as_json(layers_document(layers_shown(conn, store, scope)))

        return conditional((version, reader(scope)), JSON, make)

    @server.get("/map/reference/<name>/<int:z>/<int:x>/<int:y>.png")
    def map_reference_tile(name: str, z: int, x: int, y: int) -> flask.Response:
        scope, _ = scope_and_version()
        tile = overlay_tile(store, scope, _layer(name), z, x, y)
        return conditional((tile.version,), PNG, tile.png)

    @server.get("/map/reference/at.json")
    def map_reference_at() -> flask.Response:
        scope, version = scope_and_version()
        lon, lat = _degrees("lon", 180), _degrees("lat", 90)
        layers = _layers(read_search(search_of_request()).get("layers", ""))
        return conditional(
            (version, reader(scope), lon, lat, tuple(layers)),
            JSON,
            lambda: as_json(found_document(features_at(store, scope, lon, lat, layers))),
        )
