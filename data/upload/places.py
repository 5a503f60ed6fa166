"""To which unit a row belongs (domain.md §2): named unit, else town, zone layer, county.

A `Gazetteer` holds what the store knows of places; it resolves names and codes, and points against
the uploaded or shipped boundaries.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyproj
import shapely
from sqlalchemy import Connection, select

from data.numbers import whole_number
from data.provinces import PROVINCES
from data.store.engine import city_of
from data.store.models import District, ReferenceFeature, Town
from data.upload.mapping import normal
from data.vocabulary import ReferenceLayer

#: Farther outside the city is an error, nearer a warning (the coast is generalised, ports grow).
MAX_OUTSIDE_M = 3_000.0
_TOWN_SUFFIX = re.compile(r"(街道办事处|街道办|办事处|街道|镇|乡)$")

_PROVINCE_SUFFIX = re.compile(r"(壮族|回族|维吾尔)?自治区$|省$|市$")

Objects = np.ndarray[Any, Any]


@dataclass
class Gazetteer:
    """districts: code → row. zone_shapes / county_shapes: polygons with their codes."""

    districts: dict[str, dict[str, Any]]
    towns: dict[str, dict[str, Any]]
    district_names: dict[str, str] = field(default_factory=dict)
    town_names: dict[str, list[str]] = field(default_factory=dict)
    shapes: dict[str, Any] = field(default_factory=dict)  # district code → polygon
    town_shapes: dict[str, Any] = field(default_factory=dict)
    city_name: str = ""

    def __post_init__(self) -> None:
        for code, row in self.districts.items():
            for name in (code, row["name"], row["short_name"], *row["aliases"]):
                self.district_names.setdefault(_place_key(name), code)
        for code, row in self.towns.items():
            for name in (row["name"], *row["aliases"]):
                for key in {_place_key(name), _TOWN_SUFFIX.sub("", _place_key(name))}:
                    self.town_names.setdefault(key, []).append(code)

    @cached_property
    def city(self) -> Any:
        """The units' area together; None where no boundary is known."""
        return shapely.union_all(list(self.shapes.values())) if self.shapes else None

    @property
    def zones(self) -> set[str]:
        return {code for code, row in self.districts.items() if row["is_zone"]}

    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the city; the world where no boundary is known."""
        if not self.shapes:
            return (-180.0, -90.0, 180.0, 90.0)
        west, south, east, north = shapely.total_bounds(list(self.shapes.values())).tolist()
        return (west, south, east, north)

    def district(self, text: str) -> str | None:
        """The unit of a code (6, 9 or 12 digits) or name; None for an unknown one."""
        key = _place_key(text)
        if key in self.district_names:
            return self.district_names[key]
        if whole_number(key) is not None and len(key) in (9, 12):
            return self.district_names.get(key[:6])
        for prefix in self._before_names:
            if key.startswith(prefix) and key.removeprefix(prefix) in self.district_names:
                return self.district_names[key.removeprefix(prefix)]
        return None

    @cached_property
    def _before_names(self) -> tuple[str, ...]:
        """What may stand before a unit's name: city, province or both, the longest first."""
        cities = {self.city_name, self.city_name.removesuffix("市")}
        known = {PROVINCES.get(code[:2], "") for code in self.districts}
        provinces = known | {_PROVINCE_SUFFIX.sub("", name) for name in known}
        found = {p + c for p in (*provinces, "") for c in (*cities, "")} - {""}
        return tuple(sorted((_place_key(p) for p in found), key=lambda p: (-len(p), p)))

    def town(self, text: str, within: str | None = None) -> str | None:
        """The town of a code or name; `within` (a unit or county) chooses among namesakes."""
        key = _place_key(text)
        if whole_number(key) is not None:
            return key[:9] if key[:9] in self.towns else None
        found = self.town_names.get(key) or self.town_names.get(_TOWN_SUFFIX.sub("", key), [])
        if within is not None and len(found) > 1:
            near = [c for c in found if within in (self._unit(c), self._county(c))]
            found = near or found
        return found[0] if len(found) == 1 else None

    def _unit(self, town: str) -> str:
        return str(self.towns[town]["district_code"])

    def _county(self, town: str) -> str | None:
        county: str | None = self.towns[town]["county_code"]
        return county

    def has_zones(self, county: str) -> bool:
        """Whether a functional zone may lie in this county."""
        return any(
            row["is_zone"] and row["county_code"] in (county, None)
            for row in self.districts.values()
        ) and self._zone_counties(county)

    def _zone_counties(self, county: str) -> bool:
        of_towns = {
            t["county_code"] for t in self.towns.values() if t["district_code"] in self.zones
        }
        of_units = {row["county_code"] for row in self.districts.values() if row["is_zone"]}
        return county in of_towns | of_units


def _place_key(text: Any) -> str:
    return normal(str(text))


def load_gazetteer(conn: Connection, with_shapes: bool = True) -> Gazetteer:
    """What the store knows of places now; boundaries only where something has to be located."""
    districts = {r["code"]: dict(r) for r in conn.execute(select(District.__table__)).mappings()}
    towns = {r["code"]: dict(r) for r in conn.execute(select(Town.__table__)).mappings()}
    if not with_shapes:
        return Gazetteer(districts, towns, city_name=city_of(conn))
    r = ReferenceFeature
    query = select(r.layer, r.code, r.geom).where(
        r.layer.in_([ReferenceLayer.DISTRICTS.value, ReferenceLayer.TOWNS.value])
    )
    shapes: dict[str, list[Any]] = {}
    town_shapes: dict[str, list[Any]] = {}
    for layer, code, geom in conn.execute(query):
        target = shapes if layer == ReferenceLayer.DISTRICTS.value else town_shapes
        if code is not None:
            target.setdefault(code, []).append(shapely.from_wkb(geom))
    return Gazetteer(
        districts,
        towns,
        shapes={code: _one(parts) for code, parts in shapes.items()},
        town_shapes={code: _one(parts) for code, parts in town_shapes.items()},
        city_name=city_of(conn),
    )


def _one(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


@dataclass
class Located:
    """Per row: unit by polygon (zone before county), county by polygon, town by polygon, metres
    outside the city (0 inside, nan without a place).
    """

    zone: Objects
    county: Objects
    town: Objects
    outside_m: np.ndarray[Any, np.dtype[np.float64]]


def locate(gazetteer: Gazetteer, lon: Any, lat: Any, wkb: Objects | None) -> Located:
    """Where points lie; wkb sharpens the distance of those outside the city."""
    count = len(lon)
    known = np.isfinite(lon) & np.isfinite(lat)
    zone, county, town = (np.full(count, None, dtype=object) for _ in range(3))
    outside_m = np.full(count, np.nan)
    for code, shape in gazetteer.shapes.items():
        target = zone if code in gazetteer.zones else county
        target[_inside(shape, lon, lat, known)] = code
    for code, shape in gazetteer.town_shapes.items():
        town[_inside(shape, lon, lat, known)] = code
    if gazetteer.city is None:
        outside_m[known] = 0.0
        return Located(zone, county, town, outside_m)
    placed = np.array([z is not None or c is not None for z, c in zip(zone, county, strict=True)])
    inside = known & placed.astype(bool)
    outside_m[inside] = 0.0
    rest = np.flatnonzero(known & ~inside)
    if len(rest):
        outside_m[rest] = _distances(gazetteer.city, lon[rest], lat[rest], wkb, rest)
    return Located(zone, county, town, outside_m)


def _inside(shape: Any, lon: Any, lat: Any, known: Any) -> Any:
    west, south, east, north = shape.bounds
    boxed = known & (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    found = np.zeros(len(lon), dtype=bool)
    rows = np.flatnonzero(boxed)
    if len(rows):
        shapely.prepare(shape)
        found[rows] = shapely.contains_xy(shape, lon[rows], lat[rows])
    return found


def _metric(city: Any) -> pyproj.Transformer:
    """To metres around the city: a transverse Mercator through its middle."""
    west, south, east, north = city.bounds
    target = (
        f"+proj=tmerc +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} +ellps=GRS80 +units=m"
    )
    return pyproj.Transformer.from_crs(4490, target, always_xy=True)


def _distances(city: Any, lon: Any, lat: Any, wkb: Objects | None, rows: Any) -> Any:
    transformer = _metric(city)

    def metres(coordinates: Any) -> Any:
        return np.column_stack(transformer.transform(coordinates[:, 0], coordinates[:, 1]))

    shapes = shapely.points(lon, lat)
    if wkb is not None:
        own = shapely.from_wkb(wkb[rows])
        shapes = np.where(shapely.is_missing(own), shapes, own)
    near = shapely.transform(city, metres)
    shapely.prepare(near)
    with np.errstate(invalid="ignore"):
        moved = np.array([shapely.transform(s, metres) for s in shapes], dtype=object)
        result = shapely.distance(near, moved)
    return np.where(np.isfinite(result), result, math.inf)


def nearest_district(gazetteer: Gazetteer, lon: float, lat: float) -> str | None:
    """The unit whose boundary is nearest to a point just outside the city."""
    if not gazetteer.shapes:
        return None
    point = shapely.Point(lon, lat)
    return min(gazetteer.shapes, key=lambda code: gazetteer.shapes[code].distance(point))


@dataclass
class Placed:
    """The answer for one row. warnings are (field, sentence) pairs; error likewise or None."""

    district: str | None
    county: str | None
    town: str | None
    source: str
    warnings: list[tuple[str, str]]
    error: tuple[str, str] | None = None


def place(
    gazetteer: Gazetteer,
    named: str | None,
    county_named: str | None,
    town_named: str | None,
    zone: str | None,
    county: str | None,
    town_found: str | None,
    outside_m: float,
    nearest: str | None,
) -> Placed:
    """Decide for one row from resolved names (codes) and what `locate` found (codes)."""
    warnings: list[tuple[str, str]] = []
    town = town_named or town_found
    zone_named = county_named if county_named in gazetteer.zones else None
    real_county = county_named if zone_named is None else None
    if named or zone_named:
        district, source = named or zone_named, "explicit"
    elif town:
        district = gazetteer.towns[town]["district_code"]
        source = "town" if town_named else "town_layer"
    elif zone:
        district, source = zone, "zone_layer"
    else:
        district, source = real_county or county or nearest, "county"
        if district is None:
            return Placed(None, None, town, source, [], ("district_code", _NO_PLACE))
        located = math.isfinite(outside_m)
        zones_drawn = bool(gazetteer.zones & set(gazetteer.shapes))
        if gazetteer.has_zones(district) and not (located and zones_drawn):
            name = gazetteer.districts[district]["short_name"]
            warnings.append(
                ("district_code", f"暂按行政区归入{name}，可能属功能区。请补填区市或乡镇。")
            )
    assert district is not None
    if source in ("zone_layer", "county") and county and real_county not in (None, county):
        by_name = gazetteer.districts[str(real_county)]["short_name"]
        by_place = gazetteer.districts[county]["short_name"]
        warnings.append(("county_code", f"行政区为{by_name}，位置却在{by_place}，请核对。"))
    unit_county = gazetteer.districts[district]["county_code"] or (
        None if district in gazetteer.zones else district
    )
    if source in ("explicit", "town", "town_layer"):
        found = zone or (county if unit_county is not None else None)
        disagrees = (zone is not None and zone != district) or (
            zone is None and county is not None and unit_county not in (None, county)
        )
        if disagrees and found is not None:
            by_name = gazetteer.districts[district]["short_name"]
            by_place = gazetteer.districts[found]["short_name"]
            warnings.append(("district_code", f"填报为{by_name}，位置却在{by_place}，请核对。"))
    final_county = real_county or county or unit_county
    return Placed(district, final_county, town, source, warnings)


_NO_PLACE = "没有位置：请补充图形、中心经纬度，或填写区市、乡镇。"
