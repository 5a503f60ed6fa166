"""Collections of features: the patches of each work year and the reference layers, as GeoJSON.

Positions are degrees of EPSG:4490, which lie within decimetres of WGS 84.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson
import shapely

from data.errors import NotFound
from data.scope import Scope
from data.store.queries.list_filters import ColumnFilter, Operator
from data.store.queries.patch_list import Box, PatchQuery, patch_page, shapes_of
from data.store.queries.reference_layers import (
    FeatureText,
    feature_of,
    features_touching,
    layer_states,
    may_see,
)
from data.store.queries.stamp import work_years
from data.tables.columns import COUNT, DAY, FLAG, TEXT, Columns, as_row
from data.tables.listing import Asked
from data.tables.looking import PATCH_COLUMNS, patch_query
from data.vocabulary import ReferenceLayer

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PATCHES = "patches-"
_LAYER_COLUMNS: Columns = {
    "id": COUNT,
    "code": TEXT,
    "name": TEXT,
    "programme": TEXT,
    "recorded_on": DAY,
    "has_evidence": FLAG,
}
#: Beginning and end of days, None where it is open.
Days = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class Collection:
    """year: of patches; 0 of a reference layer."""

    id: str
    title: str
    about: str
    year: int = 0
    layer: ReferenceLayer | None = None

    @property
    def columns(self) -> Columns:
        return PATCH_COLUMNS if self.layer is None else _LAYER_COLUMNS


@dataclass(frozen=True, slots=True)
class Part:
    """Which features: those whose boxes meet `box`, and that were issued in `days` (of a reference
    layer without meaning, since its features have no time)."""

    box: Box | None
    days: Days | None
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Found:
    """matched: how many there are in all, None where that is not known. more: there are others."""

    features: list[dict[str, Any]]
    matched: int | None
    more: bool


def collections(conn: Connection, scope: Scope) -> dict[str, Collection]:
    """Those that there is something in and the reader may see."""
    found = [
        Collection(
            f"{_PATCHES}{year}",
            f"{year}年度图斑",
            f"Patches of {year}, each with its figures",
            year,
        )
        for year in work_years(conn)
    ]
    found += [
        Collection(layer.value, layer.label, f"Reference layer {layer.value}", layer=layer)
        for layer in layer_states(conn)
        if may_see(scope, layer)
    ]
    return {one.id: one for one in found}


def collection(conn: Connection, scope: Scope, name: str) -> Collection:
    """Raises NotFound."""
    known = collections(conn, scope)
    if name not in known:
        raise NotFound(f"没有图层“{name[:40]}”。可用：{'、'.join(known)}。")
    return known[name]


def features(conn: Connection, of: Collection, asked: Asked, part: Part) -> Found:
    if of.layer is not None:
        limit = part.limit + 1
        told = features_touching(conn, of.layer, part.box, part.offset, limit)
        return Found(list(map(_of_layer, told[: part.limit])), None, len(told) == limit)
    query = patch_query(asked, part.offset, part.limit)
    page = patch_page(conn, asked.scope, replace(query, touching=part.box, filters=_in(part.days)))
    made = _of_patches(conn, page.rows)
    more = part.offset + len(made) < page.total
    return Found(made, page.total if page.exact else None, more)


def feature(conn: Connection, of: Collection, asked: Asked, number: int) -> dict[str, Any]:
    """One of the collection. Raises NotFound for one that is not there, or not for the reader."""
    found: Sequence[dict[str, Any]] = ()
    if of.layer is not None:
        told = feature_of(conn, of.layer, number)
        found = [_of_layer(told)] if told is not None else ()
    else:
        query: PatchQuery = replace(patch_query(asked, 0, 1), ids=(number,))
        found = _of_patches(conn, patch_page(conn, asked.scope, query).rows)
    if not found:
        raise NotFound(f"“{of.title}”中没有第{number}号要素。")
    return found[0]


def _in(days: Days | None) -> Mapping[str, ColumnFilter]:
    if days is None or days == (None, None):
        return {}
    first, last = days
    return {
        "issued_on": ColumnFilter(Operator.BETWEEN, first or date.min, last or date.max),
    }


def _of_patches(conn: Connection, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    shapes = shapes_of(conn, [row["id"] for row in rows])
    return [
        _feature(row["id"], _shape(shapes.get(row["id"]), row), as_row(PATCH_COLUMNS, row))
        for row in rows
    ]


def _shape(shape: bytes | None, row: Mapping[str, Any]) -> Any:
    """Of a patch without a shape its point, where one is known."""
    if shape is not None:
        return _geometry(shape)
    if row["lon"] is None:
        return None
    return {"type": "Point", "coordinates": [row["lon"], row["lat"]]}


def _of_layer(told: FeatureText) -> dict[str, Any]:
    return _feature(told.id, _geometry(told.geom), as_row(_LAYER_COLUMNS, told))


def _geometry(shape: bytes) -> Any:
    return orjson.Fragment(shapely.to_geojson(shapely.from_wkb(shape)))


def _feature(number: int, geometry: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": number, "geometry": geometry, "properties": properties}
