"""勘测定界 TXT: `[属性描述]` … `[地块坐标]`, parcels of rings `J1,圈号,X,Y`.

X is the northing and Y the easting. The line before a parcel's points carries 点数, 面积, 地块编号,
地块名称, 图形属性, 图幅号, 用途, 地类编码 and @. A ring that lies in an odd number of others
is a hole, whatever its number. Areas usually are hectares, and so the column is called
地块面积(公顷) unless the head names another unit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyproj
import shapely

from data.errors import UploadRefused
from data.upload import crs
from data.upload.readers import encoding
from data.upload.readers.base import MAX_ROWS, RawTable, ReadOptions
from data.upload.readers.geometry import BROKEN, Shapes, finish

_FIELDS = ("点数", "地块面积", "地块编号", "地块名称", "图形属性", "图幅号", "用途", "地类编码")
_UNITS = {
    "公顷": "公顷",
    "亩": "亩",
    "平方米": "平方米",
    "平米": "平方米",
    "米": "平方米",
    "ha": "公顷",
}


@dataclass(slots=True)
class _Parcel:
    line: int
    cells: list[str]
    rings: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    broken: str | None = None


def read_survey(path: Path, name: str, options: ReadOptions, notes: list[str]) -> RawTable:
    """One row a parcel; row numbers are the lines of the file. Raises UploadRefused."""
    text, _ = encoding.decode_text(path.read_bytes(), options.encoding)
    head, parcels = _parsed(text)
    if not parcels:
        raise UploadRefused("勘测定界文件的 [地块坐标] 下没有地块，请检查后重新导出。")
    if len(parcels) > MAX_ROWS:
        raise UploadRefused(f"文件超过 {MAX_ROWS:,} 个地块，请拆分后分次上传。")
    unit = _UNITS.get(head.get("面积单位", "").lower(), "公顷")
    numbers = np.array([p.line for p in parcels], dtype=np.int64)
    table = RawTable(name, _columns(parcels, unit), numbers)
    notes.append(f"勘测定界文件：X 为北坐标、Y 为东坐标，面积单位按{unit}读取。")
    if not options.wants_geometry:
        return table
    corners = [c for p in parcels for ring in p.rings.values() for c in ring[:1]]
    north, east = np.array(corners, dtype=float).reshape(-1, 2).T
    located = crs.decide(east, north, options, _declared(head, east), may_swap=True)
    table.crs = located.decision

    def build(start: int, end: int) -> tuple[Shapes, dict[int, str]]:
        chunk = parcels[start:end]
        shapes = np.full(len(chunk), None, dtype=object)
        problems: dict[int, str] = {}
        for i, parcel in enumerate(chunk):
            try:
                shapes[i] = None if parcel.broken else _shape(parcel)
            except (ValueError, shapely.errors.GEOSException):
                parcel.broken = BROKEN
            if shapes[i] is None:
                problems[i] = parcel.broken or "界址点不足三个，不能成面。"
        return shapes, problems

    table.geometry, table.unreadable = finish(build, numbers, located.to_lonlat, name)
    return table


def _parsed(text: str) -> tuple[dict[str, str], list[_Parcel]]:
    head: dict[str, str] = {}
    parcels: list[_Parcel] = []
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip().strip("\ufeff")
        if not line:
            continue
        if line.startswith("["):
            section = line.strip("[]")
        elif section == "地块坐标":
            cells = [c.strip() for c in re.split(r"[,，]", line)]
            if cells[-1] == "@":
                parcels.append(_Parcel(number, cells[:-1]))
            elif parcels:
                _add_point(parcels[-1], cells, number)
        elif "=" in line:
            key, _, value = line.partition("=")
            head[key.strip()] = value.strip()
    return head, parcels


def _add_point(parcel: _Parcel, cells: list[str], line: int) -> None:
    try:
        ring, north, east = cells[1], float(cells[2]), float(cells[3])
    except (IndexError, ValueError):
        parcel.broken = parcel.broken or f"第 {line} 行的界址点应为“点号,圈号,X,Y”，无法读取。"
        return
    parcel.rings.setdefault(ring, []).append((north, east))


def _shape(parcel: _Parcel) -> shapely.Geometry | None:
    rings = [[(e, n) for n, e in ring] for ring in parcel.rings.values()]
    faces = np.array([shapely.Polygon(r) for r in rings if len(r) >= 3], dtype=object)
    if len(faces) < 2:
        return faces[0] if len(faces) else None
    area = shapely.area(faces)
    inner, outer = shapely.STRtree(faces).query(shapely.point_on_surface(faces), predicate="within")
    around = area[outer] > area[inner]
    inner, outer = inner[around], outer[around]
    is_hole = np.bincount(inner, minlength=len(faces)) % 2 == 1
    home = np.full(len(faces), -1)
    order = np.argsort(-area[outer], kind="stable")
    home[inner[order]] = outer[order]  # the smallest face around a ring is written last
    edges = shapely.get_exterior_ring(faces)
    parts = [
        shapely.Polygon(edges[i], list(edges[is_hole & (home == i)]))
        for i in np.flatnonzero(~is_hole)
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _columns(parcels: list[_Parcel], unit: str) -> pa.Table:
    width = max(len(p.cells) for p in parcels)
    names = [f"{n}({unit})" if n == "地块面积" else n for n in _FIELDS[:width]]
    names += [f"列{i + 1}" for i in range(len(names), width)]
    padded = [p.cells + [""] * (width - len(p.cells)) for p in parcels]
    arrays = [
        pa.array([c or None for c in column], pa.string()) for column in zip(*padded, strict=True)
    ]
    return pa.Table.from_arrays(arrays, names=names)


def _declared(head: dict[str, str], east: np.ndarray) -> tuple[int, str | None] | None:
    """坐标系, 几度分带 and 带号 of the head, as an EPSG code; None where they do not say."""
    system = head.get("坐标系", "") + head.get("坐标系统", "")
    zone = re.sub(r"\D", "", head.get("带号", ""))
    band = re.sub(r"\D", "", head.get("几度分带", "3")) or "3"
    if not zone or not len(east) or len(zone) > 3:
        return None
    number, prefixed = int(zone), bool(np.nanmedian(np.abs(east)) > 1e6)
    bases = _BASES.get((next((k for k in ("80", "54") if k in system), "2000"), band))
    if bases is None:
        return None
    with_prefix, without, least, most = bases
    if not least <= number <= most:
        return None
    code = (with_prefix if prefixed else without) + number - least
    try:
        pyproj.CRS.from_epsg(code)
    except pyproj.exceptions.CRSError:
        return None
    return code, None


#: (system, width of zones) → code of the first zone with and without prefix, first and last zone.
_BASES = {
    ("2000", "3"): (4513, 4534, 25, 45),
    ("2000", "6"): (4491, 4502, 13, 23),
    ("80", "3"): (2349, 2370, 25, 45),
    ("80", "6"): (2327, 2338, 13, 23),
    ("54", "3"): (2401, 2422, 25, 45),
    ("54", "6"): (21413, 21453, 13, 23),
}
