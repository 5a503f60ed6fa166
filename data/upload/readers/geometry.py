"""Shapes of a file become what the store keeps: valid, flat, EPSG:4490, with area and a point.

Everything is vectorised over whole columns; work goes in chunks so that memory stays flat, and the
chunks go through two threads (GEOS and PROJ work outside the interpreter's lock).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import shapely

from data.ellipsoid import areas_m2
from data.errors import Issue, UploadRefused
from data.upload.readers.base import MAX_COORDINATE, MAX_VERTICES, Geometry

_CHUNK = 20_000
_POINT, _MULTIPOINT, _COLLECTION = 0, 4, 7
_POLYGONAL = (3, 6)
BROKEN = "图形已损坏，无法读取。"

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]
Project = Callable[[Floats, Floats], tuple[Floats, Floats]]
#: start, end → their shapes (None for none) and by index what is wrong with those unreadable
Build = Callable[[int, int], tuple[Shapes, dict[int, str]]]


def wkb_types(wkb: Shapes) -> npt.NDArray[np.int64]:
    """OGC number of each shape's type without Z and M (10 curve polygon, 16 TIN…); -1 for none."""
    heads = b"".join(w[:5] if w is not None and len(w) >= 5 else b"\1\xff\xff\xff\xff" for w in wkb)
    raw = np.frombuffer(heads, dtype=np.dtype([("order", "u1"), ("type", "<u4")]))
    types = np.where(raw["order"] == 1, raw["type"], raw["type"].byteswap()).astype(np.int64)
    return np.where(types == 0xFFFFFFFF, -1, (types & 0x0FFFFFFF) % 1000)


def from_wkb(wkb: Shapes) -> tuple[Shapes, dict[int, str]]:
    """Shapes of WKB and what is wrong with unreadable ones. Open rings are closed."""
    types = wkb_types(wkb)
    known = wkb.copy()
    known[types > _COLLECTION] = None
    try:
        shapes = shapely.from_wkb(known, on_invalid="fix")
    except (NotImplementedError, shapely.errors.GEOSException):  # one among many: find it
        shapes = np.array([_one_from_wkb(w) for w in known], dtype=object)
    problems = {
        int(i): BROKEN for i in np.flatnonzero(shapely.is_missing(shapes)) if wkb[i] is not None
    }
    for i in np.flatnonzero(types > _COLLECTION):
        problems[int(i)] = "图形是曲面或三维体（如 TIN、多面体），无法读取，请转换为普通面后导出。"
    return shapes, problems


def _one_from_wkb(wkb: bytes | None) -> shapely.Geometry | None:
    try:
        return shapely.from_wkb(wkb, on_invalid="fix")
    except (NotImplementedError, shapely.errors.GEOSException):
        return None


def centres(shapes: Shapes) -> tuple[Floats, Floats]:
    """Middle of each shape's box, as the file has it: what the CRS is decided on."""
    box = shapely.bounds(shapes)
    with np.errstate(invalid="ignore", over="ignore"):
        return (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2


def finish(
    build: Build,
    row_numbers: npt.NDArray[np.int64],
    project: Project | None,
    sheet: str | None = None,
) -> tuple[Geometry, list[Issue]]:
    """build: shapes of rows start to end as the file has them, called once for each chunk.
    project: from the file's x, y to degrees; None where build gives degrees already. Shapes that
    cannot be kept become issues.

    Raises UploadRefused for an absurd number of vertices.
    """
    vertices = 0

    def one(start: int) -> tuple[Geometry, list[Issue]]:
        nonlocal vertices
        end = min(start + _CHUNK, len(row_numbers))
        shapes, broken = build(start, end)
        vertices += int(shapely.get_num_coordinates(shapes).sum())
        if vertices > MAX_VERTICES:
            raise UploadRefused(f"图形顶点超过 {MAX_VERTICES:,} 个，请拆分后分次上传。")
        return _finish_chunk(shapes, broken, project, row_numbers[start:end], sheet)

    starts = range(0, max(len(row_numbers), 1), _CHUNK)
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        parts = list(pool.map(one, starts))
    return joined([g for g, _ in parts]), [issue for _, issues in parts for issue in issues]


def joined(parts: list[Geometry]) -> Geometry:
    return Geometry(
        *(
            np.concatenate([getattr(p, name) for p in parts])
            for name in ("wkb", "area_m2", "lon", "lat", "bounds", "repaired")
        )
    )


def points(lon: Floats, lat: Floats) -> Geometry:
    """A point a row; none where a coordinate is missing or impossible."""
    missing = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    lon, lat = np.where(missing, np.nan, lon), np.where(missing, np.nan, lat)
    shapes = shapely.points(lon, lat)
    wkb = shapely.to_wkb(shapes)
    wkb[missing] = None
    return Geometry(
        wkb=wkb,
        area_m2=np.where(missing, np.nan, 0.0),
        lon=lon,
        lat=lat,
        bounds=np.column_stack([lon, lat, lon, lat]),
        repaired=np.zeros(len(lon), dtype=bool),
    )


def _finish_chunk(
    shapes: Shapes,
    issues: dict[int, str],
    project: Project | None,
    row_numbers: npt.NDArray[np.int64],
    sheet: str | None,
) -> tuple[Geometry, list[Issue]]:
    shapes = shapes.copy()

    def drop(where: npt.NDArray[np.bool_], message: str) -> None:
        for index in np.flatnonzero(where):
            issues[int(index)] = message
        shapes[where] = None

    shapes[shapely.is_empty(shapes)] = None
    _unwrap(shapes)
    kinds = shapely.get_type_id(shapes)
    drop(
        ~np.isin(kinds, (-1, _POINT, *_POLYGONAL)),
        "图形不是面也不是点，无法入库；请改为面图层导出。",
    )
    coords, owner = shapely.get_coordinates(shapes, return_index=True)
    wild = ~(np.abs(coords) < MAX_COORDINATE).all(axis=1)  # nan and inf are wild, too
    if wild.any():
        drop(_marked(len(shapes), owner[wild]), "图形坐标不是有效数字。")
        coords, owner = shapely.get_coordinates(shapes, return_index=True)
    lon, lat = project(coords[:, 0], coords[:, 1]) if project else (coords[:, 0], coords[:, 1])
    astray = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    if astray.any():
        bad = _marked(len(shapes), owner[astray])
        drop(bad, "图形坐标超出坐标系的范围。")
        lon, lat, owner = lon[~bad[owner]], lat[~bad[owner]], owner[~bad[owner]]
    if project:
        shapes = shapely.set_coordinates(shapes, np.column_stack([lon, lat]))
    elif (shapely.get_coordinate_dimension(shapes) > 2).any():
        shapes = shapely.force_2d(shapes)
    repaired = ~(shapely.is_valid(shapes) | shapely.is_missing(shapes))
    if repaired.any():
        _repair(shapes, repaired)
        lost = repaired & shapely.is_missing(shapes)
        drop(lost, "图形无法修复（没有面积）。")
        repaired &= ~lost
    inner = shapely.point_on_surface(shapes)
    geometry = Geometry(
        wkb=shapely.to_wkb(shapes),
        area_m2=areas_m2(shapes),
        lon=shapely.get_x(inner),
        lat=shapely.get_y(inner),
        bounds=shapely.bounds(shapes),
        repaired=repaired,
    )
    return geometry, [
        Issue(int(row_numbers[i]), None, message, sheet) for i, message in sorted(issues.items())
    ]


def _marked(length: int, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(length, dtype=bool)
    mask[indices] = True
    return mask


def _unwrap(shapes: Shapes) -> None:
    """Collections down to their polygons, multipoints of one to the point; in place."""
    kinds = shapely.get_type_id(shapes)
    for i in np.flatnonzero(kinds == _COLLECTION):
        shapes[i] = _polygons_of(shapes[i]) or shapes[i]
    single = (kinds == _MULTIPOINT) & (shapely.get_num_geometries(shapes) == 1)
    shapes[single] = shapely.get_geometry(shapes[single], 0)


def _repair(shapes: Shapes, where: npt.NDArray[np.bool_]) -> None:
    """make_valid, keeping what has an area; in place. None where nothing has."""
    mended = shapely.make_valid(shapes[where], method="structure", keep_collapsed=False)
    for i, shape in zip(np.flatnonzero(where), mended, strict=True):
        shapes[i] = shape if shape.geom_type in ("Polygon", "MultiPolygon") else _polygons_of(shape)
        if shapes[i] is not None and shapes[i].is_empty:
            shapes[i] = None


def _polygons_of(shape: shapely.Geometry) -> shapely.Geometry | None:
    flat: list[shapely.Geometry] = []
    waiting = [shape]
    while waiting:
        part = waiting.pop()
        if part.geom_type == "Polygon" and not part.is_empty:
            flat.append(part)
        elif hasattr(part, "geoms"):
            waiting.extend(part.geoms)
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else shapely.MultiPolygon(flat)
