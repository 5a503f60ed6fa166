"""Where the demo's patches lie: town edges, roads between towns, the coast; always on land.

Town centres are approximate and roads are straight lines between them: 示意, nothing is decided by
them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from itertools import count as count_up
from typing import Any

import numpy as np
import pandas as pd
import shapely

from data.store.seeding import SEEDS_DIR

Rng = np.random.Generator
_M_PER_DEG_LAT = 110_990.0

#: Approximate centres of towns (degrees).
TOWN_CENTRES: dict[str, tuple[float, float]] = {
    "371002001": (122.113, 37.510), "371002002": (122.123, 37.498), "371002003": (122.135, 37.487),
    "371002011": (122.128, 37.540), "371002012": (122.075, 37.487), "371002100": (122.060, 37.462),
    "371002101": (122.010, 37.425), "371002102": (122.190, 37.412), "371002109": (122.290, 37.300),
    "371071004": (122.060, 37.525), "371071007": (122.082, 37.512), "371071108": (121.935, 37.425),
    "371072008": (122.152, 37.452), "371072009": (122.132, 37.432), "371072010": (122.115, 37.442),
    "371072103": (122.270, 37.395), "371072105": (122.345, 37.365),
    "371073107": (122.070, 37.330), "371073112": (121.980, 37.300), "371073113": (122.130, 37.290),
    "371003001": (122.045, 37.200), "371003002": (122.075, 37.205), "371003003": (122.058, 37.188),
    "371003100": (122.135, 37.222), "371003101": (122.225, 37.170), "371003102": (122.100, 37.120),
    "371003103": (122.245, 37.100), "371003104": (122.120, 37.005), "371003105": (122.180, 37.035),
    "371003106": (121.985, 37.055), "371003107": (121.945, 37.020), "371003108": (121.900, 36.965),
    "371003109": (121.860, 37.170), "371003110": (121.960, 37.190), "371003111": (121.900, 37.280),
    "371003400": (122.020, 37.230),
    "371082001": (122.520, 36.990), "371082002": (122.420, 36.890), "371082003": (122.425, 36.905),
    "371082004": (122.375, 36.930), "371082005": (122.460, 36.920), "371082006": (122.360, 36.925),
    "371082007": (122.490, 37.170), "371082008": (122.455, 37.160), "371082009": (122.540, 37.140),
    "371082010": (122.470, 37.110), "371082101": (122.560, 37.250), "371082102": (122.570, 37.330),
    "371082103": (122.500, 37.290), "371082104": (122.420, 37.360), "371082105": (122.420, 37.260),
    "371082106": (122.370, 37.270), "371082107": (122.335, 37.195), "371082108": (122.370, 37.120),
    "371082109": (122.320, 37.130), "371082110": (122.370, 37.030), "371082111": (122.260, 36.980),
    "371082112": (122.280, 36.940),
    "371083001": (121.540, 36.920), "371083100": (121.500, 36.930), "371083101": (121.500, 36.870),
    "371083102": (121.600, 36.775), "371083103": (121.690, 36.835), "371083104": (121.600, 36.900),
    "371083105": (121.720, 36.930), "371083106": (121.680, 36.990), "371083107": (121.620, 37.020),
    "371083108": (121.530, 37.020), "371083109": (121.420, 37.010), "371083110": (121.260, 37.060),
    "371083111": (121.350, 37.060), "371083112": (121.400, 36.920), "371083114": (121.680, 36.875),
}  # fmt: skip


@dataclass(frozen=True)
class Land:
    """counties: code → polygon (degrees). towns: columns of the seed, with lon and lat."""

    counties: dict[str, Any]
    towns: pd.DataFrame


@cache
def land() -> Land:
    document = json.loads((SEEDS_DIR / "boundaries.geojson").read_text(encoding="utf-8"))
    counties = {
        f["properties"]["code"]: shapely.geometry.shape(f["geometry"]) for f in document["features"]
    }
    towns = pd.read_csv(SEEDS_DIR / "towns.csv", dtype=str, keep_default_na=False)
    places = [
        _ashore(counties[c], TOWN_CENTRES[t])
        for t, c in zip(towns["code"], towns["county_code"], strict=True)
    ]
    towns["lon"], towns["lat"] = zip(*places, strict=True)
    return Land(counties, towns)


def _ashore(county: Any, centre: tuple[float, float]) -> tuple[float, float]:
    """The centre, moved into its county where the approximation lies outside."""
    point = shapely.Point(centre)
    inside = county.buffer(-0.01)
    if inside.contains(point):
        return centre
    moved = shapely.get_point(shapely.shortest_line(inside, point), 0)
    return moved.x, moved.y


def pitch_m(count: int) -> float:
    """Distance of the lattice that keeps patches apart: closer where there are very many."""
    city_m2 = 5.8e9
    return float(min(420.0, math.sqrt(city_m2 / (5.0 * max(count, 1)))))


def positions(rng: Rng, town_codes: np.ndarray[Any, Any], pitch: float) -> pd.DataFrame:
    """A free place for each patch of the towns given: lon, lat, kind (edge, road, coast).

    Candidates are drawn around, between and seaward of towns, snapped to a lattice and kept once.
    Patches that find no place near their town lie anywhere in its county.
    """
    scene = land()
    towns = scene.towns.set_index("code")
    count = len(town_codes)
    result = pd.DataFrame(
        {"lon": np.full(count, np.nan), "lat": np.full(count, np.nan), "kind": "edge"}
    )
    taken: set[int] = set()
    county_of = towns.loc[town_codes, "county_code"].to_numpy()
    home = towns.loc[town_codes, ["lon", "lat"]].to_numpy(dtype=float)
    for attempt in count_up():
        open_ = np.flatnonzero(np.isnan(result["lon"].to_numpy()))
        if not len(open_):
            break
        lon, lat, kind = _candidates(rng, scene, home[open_], county_of[open_], attempt)
        lon, lat, cell = _snap(lon, lat, pitch)
        ok = np.zeros(len(open_), dtype=bool)
        for code in np.unique(county_of[open_]):
            at = np.flatnonzero(county_of[open_] == code)
            inner = _inner(code)
            ok[at] = shapely.contains_xy(inner, lon[at], lat[at])
        for i in np.flatnonzero(ok):
            if cell[i] in taken:
                ok[i] = False
            else:
                taken.add(int(cell[i]))
        chosen = open_[ok]
        result.loc[chosen, "lon"], result.loc[chosen, "lat"] = lon[ok], lat[ok]
        result.loc[chosen, "kind"] = kind[ok]
    # off the lattice's middle by what leaves neighbours apart
    result["lon"] += rng.uniform(-0.08, 0.08, count) * pitch / _m_per_deg_lon(37.1)
    result["lat"] += rng.uniform(-0.08, 0.08, count) * pitch / _M_PER_DEG_LAT
    return result


@cache
def _inner(code: str) -> Any:
    """A county without a strip along its border, so that a patch stays inside it."""
    shape = land().counties[code].buffer(-0.0022).simplify(0.0003)
    shapely.prepare(shape)
    return shape


def _candidates(
    rng: Rng, scene: Land, home: Any, county_of: Any, attempt: int
) -> tuple[Any, Any, Any]:
    count = len(home)
    spread = 1.0 + 0.35 * attempt
    angle = rng.uniform(0, 2 * np.pi, count)
    distance = rng.gamma(3.0, 650.0 * spread, count)  # metres: thickest one to three km out
    lon = home[:, 0] + distance * np.cos(angle) / _m_per_deg_lon(home[:, 1])
    lat = home[:, 1] + distance * np.sin(angle) / _M_PER_DEG_LAT
    kind = np.full(count, "edge", dtype=object)
    other = scene.towns[["lon", "lat"]].to_numpy(dtype=float)
    road = rng.random(count) < 0.28
    if road.any():
        gaps = np.hypot(other[:, 0] - home[road][:, [0]], other[:, 1] - home[road][:, [1]])
        near = np.argsort(gaps, axis=1)[:, 1:4]
        target = other[near[np.arange(road.sum()), rng.integers(0, 3, road.sum())]]
        along = rng.uniform(0.05, 0.95, road.sum())[:, None]
        aside = rng.normal(0, 160 * spread, (road.sum(), 2)) / [90_000, _M_PER_DEG_LAT]
        place = home[road] + along * (target - home[road]) + aside
        lon[road], lat[road], kind[road] = place[:, 0], place[:, 1], "road"
    coast = ~road & (rng.random(count) < 0.16)
    for code in np.unique(county_of[coast]) if coast.any() else []:
        at = np.flatnonzero(coast & (county_of == code))
        line = np.array(max(_parts(_inner(code)), key=lambda p: p.area).exterior.coords)
        gaps = np.hypot(line[:, 0] - home[at][:, [0]], line[:, 1] - home[at][:, [1]])
        nearest = np.argsort(gaps, axis=1)[:, : max(8, min(60, gaps.shape[1]))]
        place = line[nearest[np.arange(len(at)), rng.integers(0, nearest.shape[1], len(at))]]
        place = place + rng.normal(0, 350 * spread, place.shape) / [90_000, _M_PER_DEG_LAT]
        lon[at], lat[at], kind[at] = place[:, 0], place[:, 1], "coast"
    if attempt > 25:  # crowded: anywhere in the county
        for code in np.unique(county_of):
            at = np.flatnonzero(county_of == code)
            west, south, east, north = scene.counties[code].bounds
            lon[at], lat[at] = rng.uniform(west, east, len(at)), rng.uniform(south, north, len(at))
    return lon, lat, kind


def _parts(shape: Any) -> list[Any]:
    return list(getattr(shape, "geoms", [shape]))


def _m_per_deg_lon(lat: Any) -> Any:
    return 111_320.0 * np.cos(np.radians(lat))


def _snap(lon: Any, lat: Any, pitch: float) -> tuple[Any, Any, Any]:
    """Middle of the lattice cell, and its number."""
    step_lat = pitch / _M_PER_DEG_LAT
    step_lon = pitch / _m_per_deg_lon(37.1)
    row = np.floor((lat - 36.0) / step_lat).astype(np.int64)
    column = np.floor((lon - 120.0) / step_lon).astype(np.int64)
    return (
        120.0 + (column + 0.5) * step_lon,
        36.0 + (row + 0.5) * step_lat,
        row * 1_000_000 + column,
    )


def shapes(rng: Rng, lon: Any, lat: Any, area_m2: Any) -> Any:
    """Irregular polygons of six to eight corners around the places, of about the areas given."""
    count = len(lon)
    corners = rng.integers(6, 9, count)
    polygons = np.empty(count, dtype=object)
    for number in (6, 7, 8):
        at = np.flatnonzero(corners == number)
        if not len(at):
            continue
        turn = np.arange(number) * 2 * np.pi / number
        angle = turn + rng.uniform(-0.25, 0.25, (len(at), number)) + rng.uniform(0, 1, (len(at), 1))
        radius = rng.uniform(0.75, 1.15, (len(at), number))
        x, y = radius * np.cos(angle) * 1.25, radius * np.sin(angle) * 0.85
        own = 0.5 * np.abs((x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1))
        scale = np.sqrt(area_m2[at] / own)[:, None]
        px = lon[at][:, None] + x * scale / _m_per_deg_lon(lat[at])[:, None]
        py = lat[at][:, None] + y * scale / _M_PER_DEG_LAT
        ring = np.stack([px, py], axis=2)
        polygons[at] = shapely.polygons(np.concatenate([ring, ring[:, :1]], axis=1))
    return polygons
