"""`/heatmap/named.json`: what a patch on the map is called, in its card and for a screen reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from flask import Flask, Response

from callbacks.maps.answers import JSON, Asked, answered, as_json
from components import paths
from data.errors import SupervisionError
from data.maps.patch_tiles import LEGENDS, token_of
from data.maps.points import selected
from data.numbers import whole_number
from data.services import Services
from data.store.queries.patch_rows import patch_rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATH = f"{paths.HEATMAP}/named.json"
#: As in assets/js/heatmap_frames.js: so many patches of a screen can be reached by the keyboard.
MOST_NAMED = 200
_STATUS = dict(LEGENDS["status"])


def _ids(asked: Asked) -> list[int]:
    """Raises SupervisionError."""
    given = [whole_number(part) for part in asked.arguments.get("ids", "").split(",")]
    known = [number for number in given if number is not None]
    if len(given) > MOST_NAMED or len(known) < len(given):
        raise SupervisionError(
            f"图斑无法识别。ids 应为图斑的内部编号，用英文逗号隔开，最多{MOST_NAMED}个。"
        )
    return known


def named_document(conn: Connection, asked: Asked) -> dict[str, Any]:
    """id → district (short name, that of the day) and status (as the legend 办理状态 says it), of
    those that the reader sees and the question's filters pass. Raises SupervisionError."""
    q, cube = asked.question, asked.cube
    rows = np.flatnonzero(np.isin(cube.patches["id"], np.array(_ids(asked))))
    rows = rows[selected(cube, asked.scope, q.now, rows)]
    names = {d.code: d.short_name for d in asked.context.stamp.districts}
    return {
        "patches": {
            str(row["id"]): {
                "district": names.get(row["district_code"], row["district_code"]),
                "status": _STATUS[token_of(row, "status", is_over=False)],
            }
            for row in patch_rows(conn, cube.patches["id"][rows].tolist(), q.as_of)
        }
    }


def register_routes(server: Flask, services: Services) -> None:
    @server.get(PATH)
    def heatmap_named() -> Response:
        return answered(
            services,
            ("named",),
            JSON,
            lambda conn, asked: as_json(named_document(conn, asked)),
            "ids",
        )
