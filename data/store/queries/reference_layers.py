"""Reference layers for maps: which there are, their boxes, and shapes by number.

Places are no secret and take no scope, as in places.py; for 其他专项图斑, which are cases, the
caller asks `may_see` first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from data.scope import Scope
from data.store.models import ReferenceFeature, Upload
from data.vocabulary import ReferenceLayer

_READ_AT_ONCE = 5_000
#: A database takes only so many parameters a statement.
_ASKED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class LayerState:
    """features: how many. batch_id: the last upload that brought some of them, None for none.
    is_indicative: some are shipped as 示意. version: a text that differs for any two contents of
    the layer.
    """

    layer: ReferenceLayer
    features: int
    batch_id: int | None
    version: str
    is_indicative: bool


@dataclass(frozen=True, slots=True)
class FeatureText:
    """What is written of one feature. recorded_on, has_evidence: of 其他专项图斑."""

    id: int
    code: str | None
    name: str | None
    programme: str | None
    recorded_on: date | None
    has_evidence: bool | None
    geom: bytes


def may_see(scope: Scope, layer: ReferenceLayer) -> bool:
    """其他专项图斑 are cases of districts, and a feature does not say of which; zones have no
    boundary that would tell. Only who may see every district sees them."""
    return layer is not ReferenceLayer.OTHER_PROGRAMME or scope.districts is None


def layer_states(conn: Connection) -> dict[ReferenceLayer, LayerState]:
    """The layers that have features, in the vocabulary's order."""
    states = (_layer_state(conn, layer) for layer in ReferenceLayer)
    return {state.layer: state for state in states if state is not None}


def _layer_state(conn: Connection, layer: ReferenceLayer) -> LayerState | None:
    f = ReferenceFeature
    of_layer = f.layer == layer.value
    count, first, last, total = conn.execute(
        select(func.count(), func.min(f.id), func.max(f.id), func.sum(f.id)).where(of_layer)
    ).one()  # by the index alone
    if not count:
        return None
    batch = conn.scalar(select(f.batch_id).where(f.id == last))
    file = conn.scalar(select(Upload.file_sha256).where(Upload.id == batch))
    seal = f"{conn.engine.url}|{layer.value}|{count}|{first}|{last}|{total}|{batch}|{file}"
    version = hashlib.sha256(seal.encode()).hexdigest()[:16]
    # only boundaries are shipped, some ten: other layers need not be looked through
    shipped = select(f.id).where(of_layer, f.batch_id.is_(None)).limit(1)
    indicative = layer is ReferenceLayer.DISTRICTS and conn.scalar(shipped) is not None
    return LayerState(layer, int(count), batch, version, indicative)


def iter_features(
    conn: Connection, layer: ReferenceLayer
) -> Iterator[tuple[list[int], list[tuple[float, float, float, float]], list[bytes]]]:
    """All features of a layer, some thousands at a time: ids, boxes (west, south, east, north in
    degrees) and shapes (WKB EPSG:4490)."""
    f = ReferenceFeature
    query = (
        select(f.id, f.min_lon, f.min_lat, f.max_lon, f.max_lat, f.geom)
        .where(f.layer == layer.value)
        .order_by(f.id)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for rows in conn.execute(query).partitions():
        yield [r[0] for r in rows], [(r[1], r[2], r[3], r[4]) for r in rows], [r[5] for r in rows]


def geometries(conn: Connection, ids: Sequence[int]) -> list[bytes]:
    """Shapes (WKB EPSG:4490) by number, in no particular order."""
    f = ReferenceFeature
    found: list[bytes] = []
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        some = ids[start : start + _ASKED_AT_ONCE]
        found += conn.scalars(select(f.geom).where(f.id.in_(some)))
    return found


def features_touching(
    conn: Connection,
    layer: ReferenceLayer,
    box: tuple[float, float, float, float] | None,
    offset: int,
    limit: int,
) -> list[FeatureText]:
    """Features by their numbers whose boxes meet the given one (west, south, east, north in
    degrees); None: wherever they lie."""
    f = ReferenceFeature
    query = select(f.id).where(f.layer == layer.value).order_by(f.id).offset(offset).limit(limit)
    if box is not None:
        west, south, east, north = box
        query = query.where(f.min_lon <= east, f.max_lon >= west)
        query = query.where(f.min_lat <= north, f.max_lat >= south)
    ids = conn.scalars(query).all()
    some = range(0, len(ids), _ASKED_AT_ONCE)
    return [one for at in some for one in feature_texts(conn, ids[at : at + _ASKED_AT_ONCE])]


def feature_of(conn: Connection, layer: ReferenceLayer, number: int) -> FeatureText | None:
    f = ReferenceFeature
    known = conn.scalar(select(f.id).where(f.layer == layer.value, f.id == number))
    return feature_texts(conn, [number])[0] if known is not None else None


def feature_texts(conn: Connection, ids: Sequence[int]) -> list[FeatureText]:
    """What is written of features, in the order of their numbers given."""
    f = ReferenceFeature
    query = select(f.id, f.code, f.name, f.programme, f.recorded_on, f.has_evidence, f.geom).where(
        f.id.in_(ids)
    )
    found = {row.id: FeatureText(*row) for row in conn.execute(query)}
    return [found[i] for i in ids if i in found]
