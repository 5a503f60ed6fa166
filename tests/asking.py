"""Asks the joined application as a browser does: callbacks over HTTP, with or without proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Dash
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from callbacks.frame.guard import TOKEN_COOKIE, TOKEN_HEADER

CALLBACKS = "/_dash-update-component"
ORIGIN = "http://localhost"
TOKEN = "t" * 43
#: What Dash's own script and assets/js/upload.js send with a change.
PROOF = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", TOKEN_HEADER: TOKEN}


def with_token(client: FlaskClient) -> FlaskClient:
    """The client with the cookie that a page gave it."""
    client.set_cookie(TOKEN_COOKIE, TOKEN)
    return client


def callback_ending(app: Dash, *parts: str) -> str:
    """The one callback of the server whose outputs name all the parts."""
    found = [
        output
        for output, known in app.callback_map.items()
        if "callback" in known and all(part in output for part in parts)
    ]
    assert len(found) == 1, found
    return str(found[0])


def body_of(
    app: Dash, output: str, values: Mapping[str, Any], triggered: str | None = None
) -> dict[str, Any]:
    """What the renderer sends for a callback. values: by `id.property`; what is missing is null.

    A pattern of ids ({"name": ["ALL"]}) takes a list of (id, value) pairs.
    """
    known = app.callback_map[output]

    def entries(wanted: list[dict[str, Any]]) -> list[Any]:
        made: list[Any] = []
        for one in wanted:
            key = f"{one['id']}.{one['property']}"
            value = values.get(key)
            if str(one["id"]).startswith("{"):
                made.append(
                    [{"id": i, "property": one["property"], "value": v} for i, v in value or ()]
                )
            else:
                made.append({"id": one["id"], "property": one["property"], "value": value})
        return made

    outputs = [
        {"id": o.component_id, "property": o.component_property} for o in _flat(known["output"])
    ]
    inputs = entries(known["inputs"])
    first = known["inputs"][0]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": inputs,
        "state": entries(known["state"]),
        "changedPropIds": [triggered or f"{first['id']}.{first['property']}"],
    }


def _flat(output: Any) -> list[Any]:
    return list(output) if isinstance(output, list | tuple) else [output]


def ask(
    client: FlaskClient,
    app: Dash,
    output: str,
    values: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    triggered: str | None = None,
) -> TestResponse:
    body = body_of(app, output, values, triggered)
    return client.post(CALLBACKS, json=body, headers=dict(headers or {}))


_GRID = {"startRow": 0, "endRow": 100, "filterModel": {}, "sortModel": []}


def usual_values(app: Dash, output: str, search: str, year: int, patch_no: str) -> dict[str, Any]:
    """What a browser has at hand for any callback of a page with this address."""
    known = app.callback_map[output]
    values: dict[str, Any] = {
        "location.search": search,
        "location.pathname": "/",
        "frame-choice.data": [str(year), None, None, "/", search],
        "patch-address.data": {"year": str(year), "patch_no": patch_no},
    }
    for one in (*known["inputs"], *known["state"]):
        name = f"{one['id']}.{one['property']}"
        if one["property"] == "getRowsRequest":
            values[name] = _GRID
        elif one["id"] == "bench-address":
            values[name] = values["patch-address.data"]
        elif str(one["id"]).endswith("-query") and one["property"] == "data":
            values[name] = search
        elif one["property"] == "bounds" or "bounds" in str(one["id"]):
            values[name] = [[36.5, 121.0], [37.7, 123.0]]
        elif one["property"] == "zoom":
            values[name] = 9
    return values
