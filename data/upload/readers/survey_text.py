"""勘测定界 TXT: `[属性描述]` … `[地块坐标]`, parcels of rings `J1,圈号,X,Y`.

X is the northing and Y the easting. The line before a parcel's points carries 点数, 面积, 地块编号,
地块名称, 图形属性, 图幅号, 用途, 地类编码 and @; it is known without @ and without 点数 too. A ring
that lies in an odd number of others is a hole, whatever its number. Areas usually are hectares, and
so the column is called 地块面积(公顷) unless the head names another unit, or the shapes tell one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyproj
import shapely

from data.errors import Issue, UploadRefused
from data.numbers import whole_number
from data.units import AreaUnit, area_unit, m2_to_mu
from data.upload import crs
from data.upload.readers import encoding
from data.upload.readers.base import MAX_ROWS, RawTable, ReadOptions
from data.upload.readers.geometry import BROKEN, Shapes, finish

_FIELDS = ("点数", "地块面积", "地块编号", "地块名称", "图形属性", "图幅号", "用途", "地类编码")
#: The header of the areas, with their unit.
_AREA = "地块面积({})"
#: Where 图形属性 stands, and what it says.
_ATTRIBUTE, _ATTRIBUTES = 4, ("面", "线", "点", "多边形", "polygon")
#: Of parcels with the same flaw so many are named.
_MOST_NAMED = 3
_POINT_NAME = re.compile(r"[A-Za-z]{1,3}-?[0-9]")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?")
#: Shares of the shape's area between which the right unit leads.
_NEAR = (0.8, 1.25)


@dataclass(slots=True)
class _Parcel:
    line: int
    cells: list[str]
    rings: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    broken: str | None = None
    flaws: set[str] = field(default_factory=set)


def read_survey(path: Path, name: str, options: ReadOptions, notes: list[str]) -> RawTable:
    """One row a parcel; row numbers are the lines of the file. Raises UploadRefused."""
    text, _ = encoding.decode_text(path.read_bytes(), options.encoding)
    head, parcels = _parsed(text)
    if not parcels:
        raise UploadRefused("勘测定界文件的 [地块坐标] 下没有地块，请检查后重新导出。")
    if len(parcels) > MAX_ROWS:
        raise UploadRefused(f"文件超过 {MAX_ROWS:,} 个地块，请拆分后分次上传。")
    numbers = np.array([p.line for p in parcels], dtype=np.int64)
    declared = _declared_unit(head)
    notes += [*_mended(parcels), *_miscounted(parcels)]
    table = RawTable(name, _columns(parcels, declared or AreaUnit.HA), numbers)
    table.says.assumed = [] if declared else [_AREA.format(AreaUnit.HA.label)]
    if not options.wants_geometry:
        notes.append(_read_as(declared or AreaUnit.HA, declared is not None))
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

    table.geometry, unreadable = finish(build, numbers, located.to_lonlat, name)
    table.unreadable = [*_nameless(parcels, name), *unreadable]
    unit = declared or _unit_of_shapes(parcels, table.geometry.area_m2)
    table.columns = _columns(parcels, unit or AreaUnit.HA)
    table.says.assumed = [] if declared else [_AREA.format((unit or AreaUnit.HA).label)]
    notes.append(_read_as(unit or AreaUnit.HA, declared is not None, unit is not None))
    return table


def _declared_unit(head: dict[str, str]) -> AreaUnit | None:
    """What 面积单位 of the head says; 米 there means square metres. Raises UploadRefused."""
    said = head.get("面积单位", "")
    unit = AreaUnit.M2 if said in ("米", "m") else area_unit(said)
    if said and unit is None:
        raise UploadRefused(
            f"勘测定界文件的面积单位“{said[:20]}”不认识，应为公顷、亩、平方米或平方千米。"
            "请改正文件头的“面积单位=”后重新上传。"
        )
    return unit


def _unit_of_shapes(parcels: list[_Parcel], area_m2: np.ndarray) -> AreaUnit | None:
    """The unit in which the areas written are those of the shapes; None where none is."""
    written = np.array([_number(p.cells[1]) if len(p.cells) > 1 else np.nan for p in parcels])
    known = (written > 0) & (area_m2 > 0)
    if not known.any():
        return None
    for unit in (AreaUnit.HA, AreaUnit.M2, AreaUnit.MU, AreaUnit.KM2):
        mu = written[known] * unit.numerator / unit.denominator
        ratio = float(np.median(mu / m2_to_mu(1.0) / area_m2[known]))
        if _NEAR[0] <= ratio <= _NEAR[1]:
            return unit
    return None


def _number(text: str) -> float:
    return float(text) if _NUMBER.fullmatch(text) else np.nan


def _read_as(unit: AreaUnit, is_declared: bool, is_measured: bool = False) -> str:
    how = "文件头写明" if is_declared else "文件没有写明，按图形面积判断" if is_measured else "默认"
    return f"勘测定界文件：X 为北坐标、Y 为东坐标，面积单位按{unit.label}读取（{how}）。"


def _nameless(parcels: list[_Parcel], name: str) -> list[Issue]:
    """Parcels whose line lacks 点数 and holds no 地块编号: it may have been read askew."""
    sentence = (
        "地块说明行缺少点数，也没有地块编号。应为“点数,面积,地块编号,地块名称,图形属性,图幅号,"
        "用途,地类编码,@”，请补齐后重新上传。"
    )
    return [
        Issue(p.line, None, sentence, name)
        for p in parcels
        if "count" in p.flaws and not "".join(p.cells[2:3])
    ]


def _mended(parcels: list[_Parcel]) -> list[str]:
    """Notes on parcel lines that were not as they should be."""
    notes = []
    for flaw, what in (
        ("mark", "末尾没有“@”，已按地块读取"),
        ("count", "缺少点数，已按“面积,地块编号,地块名称,图形属性”对齐"),
    ):
        lines = [p.line for p in parcels if flaw in p.flaws]
        if lines:
            more = f"等 {len(lines)} 行" if len(lines) > 1 else ""
            notes.append(f"勘测定界文件：第 {lines[0]} 行{more}的地块说明{what}，请核对。")
    return notes


def _miscounted(parcels: list[_Parcel]) -> list[str]:
    """Notes on parcels with other points than their line says. A ring's first point, said again at
    its end, may be counted or not."""
    notes, wrong = [], []
    for parcel in parcels:
        said = whole_number(parcel.cells[0]) if parcel.cells else None
        rings = list(parcel.rings.values())
        points = sum(map(len, rings))
        closed = sum(len(ring) > 1 and ring[0] == ring[-1] for ring in rings)
        if said and not points - closed <= said <= points:
            wrong.append((parcel.line, said, points))
    for line, said, points in wrong[:_MOST_NAMED]:
        notes.append(
            f"勘测定界文件：第 {line} 行的地块说明写明{said}个界址点，实际读到{points}个，"
            "图形可能不完整，请核对。"
        )
    if len(wrong) > _MOST_NAMED:
        notes.append(f"勘测定界文件：另有 {len(wrong) - _MOST_NAMED} 个地块的界址点数与说明不符。")
    return notes


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
            _take_line(parcels, [c.strip() for c in _half_width(line).split(",")], number)
        elif "=" in line:
            key, _, value = line.partition("=")
            head[key.strip()] = value.strip()
    return head, parcels


def _half_width(line: str) -> str:
    return line.replace("，", ",").replace("＠", "@").replace("﹫", "@")


def _take_line(parcels: list[_Parcel], cells: list[str], line: int) -> None:
    """A point, or the line before a parcel's points: with @ at its end, or without but with texts
    where a point has numbers. Nothing is passed over: what is neither makes a parcel broken."""
    marked = any(c.endswith("@") for c in cells)
    if marked or _is_parcel_line(cells):
        parcel = _Parcel(line, _without_mark(cells))
        parcel.flaws |= set() if marked else {"mark"}
        if _lacks_count(parcel.cells):
            parcel.cells.insert(0, "")
            parcel.flaws.add("count")
        parcels.append(parcel)
    elif parcels:
        _add_point(parcels[-1], cells, line)
    else:
        broken = f"第 {line} 行之前没有地块说明行（点数,面积,地块编号,…,@），无法知道是哪个地块。"
        parcels.append(_Parcel(line, [], broken=broken))


def _without_mark(cells: list[str]) -> list[str]:
    cells = [c.removesuffix("@").strip() for c in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _is_parcel_line(cells: list[str]) -> bool:
    if any(c.lower() in _ATTRIBUTES for c in cells[2:7]):
        return True
    is_point = len(cells) >= 4 and all(_NUMBER.fullmatch(c) for c in cells[2:4])
    return len(cells) > 5 and not is_point and not _POINT_NAME.match(cells[0])


def _lacks_count(cells: list[str]) -> bool:
    """Whether 图形属性 stands one place too early, and the first cell is no count."""
    found = [i for i, c in enumerate(cells) if c.lower() in _ATTRIBUTES]
    return bool(found) and found[0] == _ATTRIBUTE - 1 and whole_number(cells[0]) is None


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


def _columns(parcels: list[_Parcel], unit: AreaUnit) -> pa.Table:
    width = max(max(len(p.cells) for p in parcels), len(_FIELDS))
    names = [_AREA.format(unit.label) if n == "地块面积" else n for n in _FIELDS[:width]]
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
