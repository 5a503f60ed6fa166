"""`/map/…`: bins and patches of a question, for the map in the browser (docs/maps.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask

from callbacks.maps.answers import JSON, Asked, answered, as_json
from data.colours import tokens
from data.errors import SupervisionError
from data.geo import collection, feature
from data.maps.bins import bin_level, bins
from data.maps.classes import classes_for
from data.maps.mercator import MAX_ZOOM, check_tile
from data.maps.patch_tiles import COLOURINGS, LEGENDS, patch_classes, patch_tile
from data.maps.points import totals
from data.services import Services

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: A screen of 4K has 8,000; more are not asked for by a map.
MOST_SQUARES = 20_000


def _zoom(asked: Asked) -> float:
    try:
        zoom = float(asked.arguments.get("zoom", ""))
    except ValueError:
        zoom = -1.0
    if not 0 <= zoom <= MAX_ZOOM:
        raise SupervisionError(f"缩放级别无法识别。应为 0 到 {MAX_ZOOM} 的数。")
    return zoom


def bins_document(asked: Asked) -> dict[str, Any]:
    """Squares of the view with exact sums. total: of the squares shown; whole: of everything that
    the question selects; unlocated: of what has no position."""
    q = asked.question
    found = bins(asked.cube, asked.scope, q, asked.box, bin_level(_zoom(asked)))
    if len(found) > MOST_SQUARES:
        raise SupervisionError("范围太大、格子太多，地图画不下。请缩小范围，或降低缩放级别。")
    classes = classes_for(q.what, found.value, q.is_difference)
    say = q.what.change_text if q.is_difference else q.what.text
    features = []
    for value, patches, box in zip(
        found.value.tolist(), found.patches.tolist(), found.boxes(), strict=True
    ):
        west, south, east, north = box
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        features.append(
            feature(
                {"type": "Polygon", "coordinates": [ring]},
                kind="bin",
                value=q.what.number(value),
                text=say(value),
                patches=patches,
                box=box,
                step=classes.step(value),
                colour=classes.colour(value),
            )
        )
    whole = totals(asked.cube, asked.scope, q)

    def sum_of(value: int, patches: int) -> dict[str, Any]:
        return {"value": q.what.number(value), "text": say(value), "patches": patches}

    return {
        **collection(features),
        "unit": q.what.unit,
        "is_difference": q.is_difference,
        "legend": classes.legend(),
        "total": sum_of(found.total, found.total_patches),
        "whole": sum_of(whole.value, whole.patches),
        "unlocated": sum_of(whole.unlocated_value, whole.unlocated_patches),
    }


def _colouring(asked: Asked) -> str:
    colouring = asked.arguments.get("colour") or "status"
    if colouring not in COLOURINGS:
        known = "、".join(f"{key}（{label}）" for key, label in COLOURINGS.items())
        raise SupervisionError(f"没有着色方式“{colouring[:40]}”。可用的：{known}。")
    return colouring


def patches_document(conn: Connection, asked: Asked, z: int, x: int, y: int) -> dict[str, Any]:
    found = patch_tile(conn, asked.cube, asked.scope, asked.question, _colouring(asked), z, x, y)
    return collection(found)


def patch_legend(asked: Asked) -> dict[str, Any]:
    """What the colours of patches mean: colour (`#RRGGBB`) and text."""
    colouring = _colouring(asked)
    if colouring == "measure":
        classes = patch_classes(asked.cube, asked.scope, asked.question)
        return {"title": asked.question.what.label, "legend": classes.legend()}
    known = tokens()
    entries = [{"colour": known[name], "text": text} for name, text in LEGENDS[colouring]]
    return {"title": COLOURINGS[colouring], "legend": entries}


def register_routes(server: flask.Flask, services: Services) -> None:
    @server.get("/map/bins.json")
    def map_bins() -> flask.Response:
        return answered(
            services,
            ("bins",),
            JSON,
            lambda _, asked: as_json(bins_document(asked)),
            "bbox",
            "zoom",
        )

    @server.get("/map/patches/<int:z>/<int:x>/<int:y>.json")
    def map_patches(z: int, x: int, y: int) -> flask.Response:
        check_tile(z, x, y)
        return answered(
            services,
            (z, x, y),
            JSON,
            lambda conn, asked: as_json(patches_document(conn, asked, z, x, y)),
            "colour",
        )

    @server.get("/map/patches/legend.json")
    def map_patch_legend() -> flask.Response:
        return answered(
            services, ("legend",), JSON, lambda _, asked: as_json(patch_legend(asked)), "colour"
        )
