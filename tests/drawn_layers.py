"""Layers of boundaries as GeoJSON files, for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import select

from data.store.engine import Store
from data.store.models import Base

#: Around all of Weihai.
CITY = (121.2, 36.7, 122.7, 37.6)
#: Far away: 铜山区.
ELSEWHERE = (117.0, 34.0, 117.6, 34.5)
Box = tuple[float, float, float, float]


def layer_file(path: Path, *features: tuple[Mapping[str, Any], Box | Any]) -> Path:
    """features: properties with a box (west, south, east, north) or a shape."""
    document = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": dict(properties),
                "geometry": shapely.geometry.mapping(
                    shapely.box(*shape) if isinstance(shape, tuple) else shape
                ),
            }
            for properties, shape in features
        ],
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def tables(store: Store, *without: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every table as it stands but history, events, uploads and single values. Columns that only
    say which batch wrote a row are left out."""
    aside = {"history", "event", "upload", "meta", "geometry_archive", "job", *without}
    found: dict[str, list[tuple[Any, ...]]] = {}
    with store.read() as conn:
        for table in Base.metadata.sorted_tables:
            if table.name in aside:
                continue
            columns = [c for c in table.columns if c.name not in ("batch_id", "source_hash")]
            order = [c for c in columns if c.primary_key]
            rows = conn.execute(select(*columns).order_by(*order))
            found[table.name] = [tuple(map(_plain, row)) for row in rows]
    return found


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value
