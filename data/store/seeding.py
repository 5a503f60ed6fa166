"""What a new store starts with: the units, the towns and the 示意 county boundaries that are
shipped, or the units and towns of another city (city_places.py)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import Connection, Table, insert, select

from data.store import city_places, facts
from data.store.city_places import CityPlaces, own_places
from data.store.models import District, ReferenceFeature, Town
from data.vocabulary import ReferenceLayer

SEEDS_DIR = Path(__file__).parent / "seeds"


def load_seeds(conn: Connection, places: CityPlaces | None = None) -> None:
    """Fill places of an empty store; does nothing where there are districts already."""
    if conn.scalar(select(District.code).limit(1)) is not None:
        return
    if places is not None:
        facts.keep_value(conn, city_places.KEY, places.kept())
    for model, rows in zip((District, Town, ReferenceFeature), first_places(conn), strict=True):
        if rows:
            conn.execute(insert(model), list(rows))


Rows = tuple[dict[str, Any], ...]


def first_places(conn: Connection) -> tuple[Rows, Rows, Rows]:
    """Units, towns and boundaries with which this store began; the history tells of what changed
    since. Features are numbered from 1 on in this order."""
    own = own_places(conn)
    return _shipped() if own is None else (own.districts, own.towns, ())


@cache
def _shipped() -> tuple[Rows, Rows, Rows]:
    districts = json.loads((SEEDS_DIR / "districts.json").read_text(encoding="utf-8"))
    with (SEEDS_DIR / "towns.csv").open(encoding="utf-8", newline="") as file:
        towns = [_town(row) for row in csv.DictReader(file)]
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
    return tuple(districts), tuple(towns), tuple(features)


def first_rows(conn: Connection) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Whole rows with which this store began, as the tables hold them, with their number."""
    for model, rows in zip((District, Town, ReferenceFeature), first_places(conn), strict=True):
        table = model.__table__
        assert isinstance(table, Table)
        empty: dict[str, Any] = dict.fromkeys(c.name for c in table.columns)
        for number, row in enumerate(rows, start=1):
            whole = {**empty, **row}
            yield table, {**whole, "id": number} if "id" in whole else whole


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
