"""What a new store starts with: the units, the towns and the 示意 county boundaries."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import Connection, insert, select

from data.store.models import District, ReferenceFeature, Town
from data.vocabulary import ReferenceLayer

SEEDS_DIR = Path(__file__).parent / "seeds"


def load_seeds(conn: Connection) -> None:
    """Fill places of an empty store; does nothing where there are districts already."""
    if conn.scalar(select(District.code).limit(1)) is not None:
        return
    districts = json.loads((SEEDS_DIR / "districts.json").read_text(encoding="utf-8"))
    conn.execute(insert(District), districts)
    with (SEEDS_DIR / "towns.csv").open(encoding="utf-8", newline="") as file:
        towns = [_town(row) for row in csv.DictReader(file)]
    conn.execute(insert(Town), towns)
    boundaries = json.loads((SEEDS_DIR / "boundaries.geojson").read_text(encoding="utf-8"))
    features = [
        reference_row(
            ReferenceLayer.DISTRICTS,
            f["properties"]["code"],
            f["properties"]["name"],
            shapely.geometry.shape(f["geometry"]),
        )
        for f in boundaries["features"]
    ]
    conn.execute(insert(ReferenceFeature), features)


def _town(row: dict[str, str]) -> dict[str, Any]:
    return {
        "code": row["code"],
        "name": row["name"],
        "district_code": row["district_code"],
        "county_code": row["county_code"] or None,
        "aliases": [alias for alias in row["aliases"].split("|") if alias],
    }


def reference_row(layer: ReferenceLayer, code: str, name: str, shape: Any) -> dict[str, Any]:
    """One shipped feature; batch_id stays empty, which marks it 示意."""
    west, south, east, north = shape.bounds
    return {
        "layer": layer.value,
        "code": code,
        "name": name,
        "min_lon": west,
        "min_lat": south,
        "max_lon": east,
        "max_lat": north,
        "geom": shapely.to_wkb(shape),
    }
