"""`/api/features/…`: OGC API – Features, Part 1: Core, for GIS (docs/api.md).

Read-only, as GeoJSON, in the scope of the account that asks. Requirements of the standard
(OGC 17-069r4) are named where they decide something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import flask

from callbacks.api.asking import MOST_ROWS, day_of, known_of, once_each, status_of
from callbacks.api.lists import content_key, tagged, unchanged
from callbacks.api.rate import too_often
from callbacks.api.routes_of import FEATURES
from callbacks.frame.needs import needs
from components import paths
from data.acting import acting
from data.errors import SupervisionError
from data.exports import count_rows
from data.known import knowing
from data.maps.mercator import Box, read_box
from data.numbers import MOST_ID, whole_number
from data.periods import default_as_of, utc_now
from data.rights import Right
from data.services import Services
from data.tables.columns import as_json
from data.tables.features import (
    Collection,
    Days,
    Part,
    collection,
    collections,
    feature,
    features,
)
from data.tables.listing import Asked, district_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

JSON, GEOJSON = "application/json", "application/geo+json"
_OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMS_TO = tuple(
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{part}"
    for part in ("core", "geojson", "oas30")
)
#: Features of a page where the address says nothing.
USUAL = 1_000
#: What narrows a collection of patches beside the standard's own parameters.
OF_PATCHES = ("as_of", "district", "status", "known_on")
OF_ITEMS = ("bbox", "datetime", "limit", "offset")
Answer = dict[str, Any]


def _link(path: str, rel: str, kind: str, title: str) -> dict[str, str]:
    root = flask.request.host_url.rstrip("/")
    return {"href": root + path, "rel": rel, "type": kind, "title": title}


def landing() -> Answer:
    return {
        "title": "卫片执法监管 图斑与参考图层",
        "description": "OGC API – Features：各年度图斑和参考图层，只含账户范围内的内容。",
        "links": [
            _link(FEATURES, "self", JSON, "本页"),
            _link(f"{paths.API}openapi.json", "service-desc", _OPENAPI, "接口描述"),
            _link(paths.API, "service-doc", "text/html", "接口说明"),
            _link(f"{FEATURES}conformance", "conformance", JSON, "遵循的标准"),
            _link(f"{FEATURES}collections", "data", JSON, "图层"),
        ],
    }


def described(one: Collection) -> Answer:
    """A collection as the standard describes it (/req/core/fc-md-links)."""
    path = f"{FEATURES}collections/{one.id}"
    return {
        "id": one.id,
        "title": one.title,
        "description": one.about,
        "itemType": "feature",
        "crs": [_CRS84],
        "links": [
            _link(path, "self", JSON, one.title),
            _link(f"{path}/items", "items", GEOJSON, one.title),
        ],
    }


def listed(conn: Connection) -> Answer:
    found = collections(conn, acting().scope)
    return {
        "links": [_link(f"{FEATURES}collections", "self", JSON, "图层")],
        "collections": [described(one) for one in found.values()],
    }


# ---- what is asked for ---------------------------------------------------------------------------


def read_days(text: str | None) -> Days | None:
    """`2023-05-24`, a moment, or an interval with .. or nothing for an open end."""
    if not text:
        return None
    ends = text.split("/")
    if len(ends) == 1:
        ends *= 2
    if len(ends) != 2:
        raise SupervisionError("datetime 应写作 2023-05-24 或 2023-05-01/2023-05-31。")
    first, last = (None if end in ("", "..") else _day(end) for end in ends)
    return first, last


def _day(text: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise SupervisionError(
            "datetime 无法识别，应写作 2023-05-24 或 2023-05-01/2023-05-31。"
        ) from None


def read_bbox(text: str | None) -> Box | None:
    """Four numbers, or six of which the heights do not count (/req/core/fc-bbox-definition)."""
    if not text:
        return None
    numbers = text.split(",")
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    return read_box(",".join(numbers))


def read_part(arguments: Mapping[str, str]) -> Part:
    """A limit beyond the largest is that one and no error (/req/core/fc-limit-response-1)."""
    limit = whole_number(arguments.get("limit", str(USUAL)), 1, 10**12)
    offset = whole_number(arguments.get("offset", "0"), 0, 10**12)
    if limit is None or offset is None:
        raise SupervisionError("limit 应为从 1 起、offset 应为从 0 起的整数，请改正地址后重试。")
    box = read_bbox(arguments.get("bbox"))
    return Part(box, read_days(arguments.get("datetime")), offset, min(limit, MOST_ROWS))


def read_question(
    conn: Connection, services: Services, of: Collection, arguments: Mapping[str, str]
) -> Asked:
    today = services.settings.today()
    as_of = default_as_of(of.year, today) if of.year else today
    if "as_of" in arguments:
        as_of = day_of(arguments["as_of"])
    status = status_of(arguments.get("status"))
    return Asked(of.year, as_of, district_of(conn, arguments.get("district")), status)


# ---- routes --------------------------------------------------------------------------------------


def register_routes(server: flask.Flask, services: Services) -> None:
    @contextmanager
    def reading(arguments: Mapping[str, str]) -> Iterator[Connection]:
        with knowing(known_of(arguments)), services.store.read() as conn:
            yield conn

    def answered(
        kind: str, taken: tuple[str, ...], make: Callable[[Connection, Mapping[str, str]], Answer]
    ) -> flask.Response:
        arguments = once_each(taken)
        refused = too_often(server, services)
        if refused is not None:
            return refused
        with reading(arguments) as conn:
            question = f"{flask.request.base_url}?{urlencode(sorted(arguments.items()))}"
            tag = content_key(conn, services, question)
            known = unchanged(tag)
            if known is not None:
                return known
            return tagged(flask.Response(as_json(make(conn, arguments)), content_type=kind), tag)

    @server.get(FEATURES)
    @needs(Right.READ)
    def features_landing() -> flask.Response:
        return answered(JSON, (), lambda conn, _: landing())

    @server.get(f"{FEATURES}conformance")
    @needs(Right.READ)
    def features_conformance() -> flask.Response:
        return answered(JSON, (), lambda conn, _: {"conformsTo": list(CONFORMS_TO)})

    @server.get(f"{FEATURES}collections")
    @needs(Right.READ)
    def features_collections() -> flask.Response:
        return answered(JSON, (), lambda conn, _: listed(conn))

    @server.get(f"{FEATURES}collections/<name>")
    @needs(Right.READ)
    def features_collection(name: str) -> flask.Response:
        return answered(JSON, (), lambda conn, _: described(collection(conn, acting().scope, name)))

    @server.get(f"{FEATURES}collections/<name>/items")
    @needs(Right.EXPORT)
    def features_items(name: str) -> flask.Response:
        def make(conn: Connection, arguments: Mapping[str, str]) -> Answer:
            of = collection(conn, acting().scope, name)
            part = read_part(arguments)
            found = features(conn, of, read_question(conn, services, of, arguments), part)
            count_rows(len(found.features))
            return _page(arguments, part, found.features, found.matched, found.more)

        return answered(GEOJSON, OF_ITEMS + OF_PATCHES, make)

    @server.get(f"{FEATURES}collections/<name>/items/<int:number>")
    @needs(Right.EXPORT)
    def features_item(name: str, number: int) -> flask.Response:
        def make(conn: Connection, arguments: Mapping[str, str]) -> Answer:
            of = collection(conn, acting().scope, name)
            asked = read_question(conn, services, of, arguments)
            found = feature(conn, of, asked, min(number, MOST_ID))
            count_rows(1)
            path = f"{FEATURES}collections/{of.id}"
            links = [
                _link(f"{path}/items/{number}", "self", GEOJSON, of.title),
                _link(path, "collection", JSON, of.title),
            ]
            return {**found, "links": links}

        return answered(GEOJSON, OF_PATCHES, make)


def _page(
    arguments: Mapping[str, str],
    part: Part,
    found: list[dict[str, Any]],
    matched: int | None,
    more: bool,
) -> Answer:
    path = flask.request.path
    own = f"?{urlencode(arguments)}" if arguments else ""
    links = [_link(f"{path}{own}", "self", GEOJSON, "本页")]
    if more:
        onward = {**arguments, "limit": part.limit, "offset": part.offset + part.limit}
        links.append(_link(f"{path}?{urlencode(onward)}", "next", GEOJSON, "下一页"))
    told = {} if matched is None else {"numberMatched": matched}
    return {
        "type": "FeatureCollection",
        "features": found,
        "numberReturned": len(found),
        **told,
        "timeStamp": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}",
        "links": links,
    }
