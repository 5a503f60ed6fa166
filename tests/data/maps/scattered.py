"""Cubes of patches anywhere, without a store: for what only adds up positions and values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from data.maps.cube import MapCube
from data.maps.mercator import CURVE_ZOOM, cells, curve
from data.store.measures import MAPPED_AREAS
from data.store.queries.map_facts import NEVER
from data.units import PARTS_PER_MU
from tests.data.store.queries.stored import HUANCUI, WENDENG

ISSUED = date(2023, 5, 8)
DISTRICTS = [HUANCUI, WENDENG]
TOWNS = ["371002001", "371002002", "371003101"]

#: lon, lat, 亩 of unlawful farmland, number in DISTRICTS, number in TOWNS, unlawful from.
Placed = tuple[float, float, float, int, int, date]


def patch(
    lon: float, lat: float, mu: float = 1.0, district: int = 0, town: int = 0, since: date = ISSUED
) -> Placed:
    return lon, lat, mu, district, town, since


def cube_with(placed: Sequence[Placed]) -> MapCube:
    """Each patch unlawful from its day on, never eliminated; lon NaN: without a position."""
    lon = np.array([p[0] for p in placed], dtype=np.float64)
    lat = np.array([p[1] for p in placed], dtype=np.float64)
    place = np.full(len(placed), 4**CURVE_ZOOM, dtype=np.int64)
    here = ~np.isnan(lon)
    place[here] = curve(*cells(lon[here], lat[here], CURVE_ZOOM))
    order = np.argsort(place, kind="stable")
    count, ordered = len(placed), [placed[at] for at in order.tolist()]
    district = np.array([p[3] for p in ordered], dtype=np.int16)
    tile_x, tile_y = cells(np.nan_to_num(lon), np.nan_to_num(lat), CURVE_ZOOM)
    patches: dict[str, Any] = {
        "x": tile_x[order].astype(np.int32),
        "y": tile_y[order].astype(np.int32),
        "id": order.astype(np.int64) + 1,
        "lon": lon[order],
        "lat": lat[order],
        "curve": place[order],
        "issued": np.full(count, ISSUED.toordinal(), dtype=np.int32),
        "withdrawn": np.full(count, NEVER, dtype=np.int32),
        "due": np.full(count, date(2023, 5, 24).toordinal(), dtype=np.int32),
        "reported": np.full(count, NEVER, dtype=np.int32),
        "transferred": np.zeros(count, dtype=np.int32),
        "district": district,
        "from_district": district,
        "month": np.zeros(count, dtype=np.int16),
        "town": np.array([p[4] for p in ordered], dtype=np.int16),
        "kind": np.zeros(count, dtype=np.int16),
        "is_land": np.ones(count, dtype=bool),
        "has_parcels": np.ones(count, dtype=bool),
        "parcels_until": np.full(count, ISSUED.toordinal(), dtype=np.int32),
        "determined": np.full(count, NEVER, dtype=np.int32),
    }
    parts = np.array([round(p[2] * PARTS_PER_MU) for p in ordered], dtype=np.int64)
    intervals: dict[str, Any] = {
        "row": np.arange(count, dtype=np.int64),
        "from": np.array([p[5].toordinal() for p in ordered], dtype=np.int32),
        "to": np.full(count, NEVER, dtype=np.int32),
        "unlawful_parcels": np.ones(count, dtype=np.int64),
        **{name: np.zeros(count, dtype=np.int64) for name in MAPPED_AREAS},
        "unlawful_farmland_mu": parts,
    }
    names = {"district": DISTRICTS, "month": ["2023-05"], "town": TOWNS, "kind": ["other_change"]}
    version = str(hash(tuple(placed)))
    returned = {name: np.array([], dtype=np.int64) for name in ("row", "from", "to")}
    return MapCube(
        2023,
        version,
        patches,
        intervals,
        returned,
        names,
        int(here.sum()),
        pending_ids=lambda ids, day: [],
    )


def scatter(count: int, seed: int = 7, around: tuple[float, float] = (122.1, 37.2)) -> list[Placed]:
    """Places within some 15 km, half of them in either district, of up to 20 亩."""
    rng = np.random.default_rng(seed)
    spots = rng.normal(around, (0.08, 0.06), (count, 2))
    sizes = rng.uniform(0.1, 20.0, count)
    return [
        patch(float(x), float(y), float(mu), at % 2, at % 3)
        for at, ((x, y), mu) in enumerate(zip(spots, sizes, strict=True))
    ]
