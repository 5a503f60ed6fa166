"""Districts and towns on the map: the sum of each, and how much that is a km².

A patch counts for the unit that it belongs to, wherever it lies: a zone whose boundary nobody
uploaded lies inside a county's, and is listed beside the map instead of being coloured with it.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from data.errors import SupervisionError
from data.maps.classes import Classes, classes_for
from data.maps.cube import MapCube
from data.maps.ground import equal_area, km2
from data.maps.measures import MapMeasure
from data.maps.points import totals, values
from data.maps.question import MapQuestion
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.places import district_shapes, town_shapes, towns
from data.store.queries.reference_layers import iter_features, layer_states
from data.store.queries.stamp import districts
from data.units import PARTS_PER_MU, format_mu
from data.vocabulary import ReferenceLayer

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: What a unit can be: as the address says it → the layer of its boundaries.
UNITS = {"district": ReferenceLayer.DISTRICTS, "town": ReferenceLayer.TOWNS}
#: What a km² is of.
WHOLE, FARMLAND = "辖区面积", "耕地面积"


class NoSuchUnit(SupervisionError):
    """A kind of unit that is not offered."""


def read_unit(text: str) -> str:
    """`district` for an empty text. Raises NoSuchUnit."""
    if text and text not in UNITS:
        known = "、".join(f"{key}（{layer.label}）" for key, layer in UNITS.items())
        raise NoSuchUnit(f"没有分区方式“{text[:20]}”。可用的：{known}。")
    return text or "district"


@dataclass(frozen=True, slots=True)
class Area:
    """A unit with its boundary. shape: WKB EPSG:4490. value: int64 parts as in points. km2: of the
    base; density: unit/km², None where the base is empty. is_indicative: shipped as 示意."""

    code: str
    name: str
    shape: bytes
    value: int
    km2: float
    density: float | None
    is_indicative: bool


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A unit without a boundary, or patches without a unit."""

    name: str
    value: int


@dataclass(frozen=True)
class Areas:
    """base: of what the km² are. total: of all units, placed or not."""

    measure: MapMeasure
    is_difference: bool
    base: str
    areas: list[Area]
    unplaced: list[Unplaced]

    @property
    def total(self) -> int:
        return sum(a.value for a in self.areas) + sum(u.value for u in self.unplaced)

    def density_text(self, area: Area) -> str:
        if area.density is None:
            return "—"
        sign = ("+" if area.density > 0 else "−" if area.density < 0 else "") * self.is_difference
        number = format_mu(abs(area.density) if sign else area.density)
        return f"{sign}{number}{self.measure.unit}/km²"

    def classes(self) -> Classes:
        """Of the densities, in parts of PARTS_PER_MU of the unit."""
        m = self.measure
        a_km2 = MapMeasure(m.key, m.label, f"{m.unit}/km²", is_area=True)
        return classes_for(a_km2, [parts(a) for a in self.areas], self.is_difference)


def parts(area: Area) -> int:
    return round((area.density or 0.0) * PARTS_PER_MU)


@dataclass(frozen=True, slots=True)
class _Unit:
    code: str
    name: str
    value: int


def areas(
    conn: Connection, store: Store, cube: MapCube, scope: Scope, question: MapQuestion, by: str
) -> Areas:
    """by: `district` or `town`. Only units of the reader's districts."""
    narrowed = scope.narrowed_to(question.district)
    if by == "town":
        units, shapes = _towns(conn, cube, scope, question, narrowed), town_shapes(conn)
    else:
        units, shapes = _districts(conn, cube, scope, question, narrowed), district_shapes(conn)
    known = _by_code(shapes)
    farmland = _farmland_of(conn, store, cube, UNITS[by])
    placed: list[Area] = []
    unplaced: list[Unplaced] = []
    for unit in units:
        shape = known.get(unit.code)
        if shape is None:
            if unit.value or by == "district":
                unplaced.append(Unplaced(unit.name, unit.value))
            continue
        size = _km2(shape["geom"]) if farmland is None else farmland.get(unit.code, 0.0)
        number = question.what.number(unit.value)
        density = number / size if size > 0 else None
        indicative = bool(shape["is_indicative"])
        placed.append(
            Area(unit.code, unit.name, shape["geom"], unit.value, size, density, indicative)
        )
    base = WHOLE if farmland is None else FARMLAND
    return Areas(question.what, question.is_difference, base, placed, unplaced)


def _by_code(shapes: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each unit once, of however many features it was uploaded."""
    known: dict[str, dict[str, Any]] = {}
    for shape in shapes:
        before = known.get(shape["code"])
        if before is not None:
            both = shapely.union(*(shapely.from_wkb(s["geom"]) for s in (before, shape)))
            shape = {**shape, "geom": shapely.to_wkb(both)}
        known[shape["code"]] = shape
    return known


def _districts(
    conn: Connection, cube: MapCube, scope: Scope, q: MapQuestion, narrowed: Scope
) -> list[_Unit]:
    sums = totals(cube, scope, q).by_district
    return [
        _Unit(d.code, d.short_name, sums.get(d.code, 0))
        for d in districts(conn)
        if narrowed.allows(d.code)
    ]


def _towns(
    conn: Connection, cube: MapCube, scope: Scope, q: MapQuestion, narrowed: Scope
) -> list[_Unit]:
    value = values(cube, scope, q, 0, len(cube.patches["id"]))
    names = cube.names["town"]
    # −1, no town, comes last
    sums = np.zeros(len(names) + 1, dtype=np.int64)
    np.add.at(sums, cube.patches["town"], value)
    by_code = dict(zip(names, sums.tolist(), strict=False))
    units = []
    for town in towns(conn):
        found = by_code.pop(town["code"], 0)
        if found or narrowed.allows(town["district_code"]):
            units.append(_Unit(town["code"], town["name"], found))
    units += [_Unit(code, code, found) for code, found in by_code.items() if found]
    if sums[-1]:
        units.append(_Unit("", "未填乡镇", int(sums[-1])))
    return units


_lock = threading.Lock()
_sizes: OrderedDict[bytes, float] = OrderedDict()
_farmland: OrderedDict[tuple[str, str], Mapping[str, float] | None] = OrderedDict()


def _km2(wkb: bytes) -> float:
    with _lock:
        known = _sizes.get(wkb)
    if known is None:
        known = float(km2(shapely.from_wkb(wkb)))
        with _lock:
            _sizes[wkb] = known
            while len(_sizes) > 500:
                _sizes.popitem(last=False)
    return known


# ---- farmland inside -----------------------------------------------------------------------------

_making = threading.Lock()


def _farmland_of(
    conn: Connection, store: Store, cube: MapCube, boundaries: ReferenceLayer
) -> Mapping[str, float] | None:
    """Code → km² of the layer 耕地 inside each unit; None where there is no such layer. Cut out
    once for the two layers as they are, and kept in a file beside the store."""
    key = (cube.version, boundaries.value)
    with _lock:
        if key in _farmland:
            return _farmland[key]
    with _making:  # some seconds for a few hundred thousand fields: never twice at once
        states = layer_states(conn)
        found: Mapping[str, float] | None = None
        if ReferenceLayer.FARMLAND in states and boundaries in states:
            name = f"{boundaries.value}-{states[boundaries].version}"
            file = (
                store.settings.local_dir
                / "maps"
                / "farmland"
                / (f"{name}-{states[ReferenceLayer.FARMLAND].version}.json")
            )
            if file.exists():
                found = json.loads(file.read_text(encoding="utf-8"))
            else:
                found = farmland_inside(conn, boundaries)
                file.parent.mkdir(parents=True, exist_ok=True)
                for old in file.parent.glob(f"{boundaries.value}-*.json"):
                    old.unlink(missing_ok=True)
                partial = file.with_suffix(".partial")
                partial.write_text(json.dumps(found), encoding="utf-8")
                partial.replace(file)
    with _lock:
        _farmland[key] = found
        while len(_farmland) > 8:
            _farmland.popitem(last=False)
    return found


def farmland_inside(conn: Connection, boundaries: ReferenceLayer) -> dict[str, float]:
    """Code → km² of the layer 耕地 inside each unit of the layer."""
    shapes = town_shapes(conn) if boundaries is ReferenceLayer.TOWNS else district_shapes(conn)
    known = _by_code(shapes)
    units: Any = equal_area(np.array([shapely.from_wkb(s["geom"]) for s in known.values()]))
    found = np.zeros(len(units))
    for _, _, wkb in iter_features(conn, ReferenceLayer.FARMLAND):
        fields: Any = equal_area(shapely.from_wkb(np.array(wkb, dtype=object)))
        tree = shapely.STRtree(fields)
        unit, inside = tree.query(units, predicate="contains_properly")
        np.add.at(found, unit, shapely.area(fields[inside]))
        whole = set(zip(unit.tolist(), inside.tolist(), strict=True))
        met, meeting = (side.tolist() for side in tree.query(units, predicate="intersects"))
        for pair in set(zip(met, meeting, strict=True)) - whole:
            found[pair[0]] += float(shapely.intersection(units[pair[0]], fields[pair[1]]).area)
    return dict(zip(known, (found / 1e6).tolist(), strict=True))
