"""Shapefiles: .shp by numpy, .dbf by `dbf`, put together again as one layer.

No GDAL: a missing or false .shx costs nothing, one bad record costs only itself, and a hundred
thousand polygons take half the time. Rings wound clockwise are shells, the others holes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from data.errors import UploadRefused
from data.upload import crs
from data.upload.readers.base import RawTable, ReadOptions
from data.upload.readers.dbf import read_dbf
from data.upload.readers.geometry import BROKEN, Project, Shapes, finish

Ints = npt.NDArray[np.int64]
_NULL = 0
_POINTS = (1, 11, 21)
_MULTIPOINTS = (8, 18, 28)
_LINES = (3, 13, 23)
_POLYGONS = (5, 15, 25)
_MULTIPATCH = 31
_MAX_RINGS = 5_000
_CUT_OFF = "图形文件（.shp）里没有这一条的图形，文件可能不完整，请从原软件重新导出。"


@dataclass(frozen=True, slots=True)
class ShapefileParts:
    """Paths of one layer's files; name: as the user knows it."""

    name: str
    shp: Path
    dbf: Path | None
    shx: Path | None
    prj: Path | None
    cpg: Path | None


def read_shapefile(parts: ShapefileParts, options: ReadOptions, notes: list[str]) -> RawTable:
    """The layer. Raises UploadRefused where it has no attributes, no shapes or is broken."""
    if parts.dbf is None:
        raise UploadRefused(
            f"图层“{parts.name}”缺少 .dbf 属性表，无法知道图斑编号。"
            "请把 .shp、.shx、.dbf、.prj 一起压缩。"
        )
    cpg = parts.cpg.read_bytes()[:64].decode("ascii", "ignore") if parts.cpg else None
    attributes = read_dbf(parts.dbf, cpg, options.encoding)
    notes += attributes.notes
    shp = _Shp(parts.shp, parts.shx, len(attributes.kept))
    if shp.type in _LINES:
        raise UploadRefused(f"图层“{parts.name}”是线图层，这里需要面（或点）图层。")
    count = len(attributes.kept)
    if shp.count != count:
        notes.append(
            f"图层“{parts.name}”有 {shp.count} 个图形、{count} 条属性，按次序配对，多出的忽略。"
        )
    kept = np.flatnonzero(attributes.kept)
    columns = attributes.columns if len(kept) == count else attributes.columns.take(pa.array(kept))
    table = RawTable(parts.name, columns, kept.astype(np.int64) + 1)
    if not options.wants_geometry:
        return table
    wkt = parts.prj.read_bytes()[:20_000].decode("utf-8", "ignore") if parts.prj else None
    x, y = shp.first_vertices()
    located = crs.decide(x, y, options, crs.declared_system(wkt))
    table.crs = located.decision
    table.geometry, table.unreadable = finish(
        # vertices go to degrees before they become shapes: half the work of doing it afterwards
        lambda start, end: shp.shapes(kept[start:end], located.to_lonlat),
        table.row_numbers,
        None,
        parts.name,
    )
    return table


class _Shp:
    """Records of a .shp. starts, sizes: byte ranges of the records' contents. rows: of the .dbf."""

    def __init__(self, path: Path, shx: Path | None, rows: int) -> None:
        self.raw = path.read_bytes()
        if len(self.raw) < 100 or self.raw[:4] != b"\x00\x00\x27\x0a":
            raise UploadRefused("图形文件（.shp）已损坏或不是 Shapefile，请从原软件重新导出。")
        self.type = struct.unpack_from("<i", self.raw, 32)[0]
        self._bytes = np.frombuffer(self.raw, dtype=np.uint8)
        indexed = self._indexed(shx)
        if indexed is None or len(indexed[0]) < rows:  # none, false or cut off
            walked = self._walked()
            if indexed is None or len(walked[0]) > len(indexed[0]):
                indexed = walked
        self.starts, self.sizes = indexed
        self.count = len(self.starts)

    def _indexed(self, shx: Path | None) -> tuple[Ints, Ints] | None:
        """Ranges by the index, where it agrees with the records; it can be false or another's."""
        if shx is None:
            return None
        raw = shx.read_bytes()[100:]
        pairs = np.frombuffer(raw[: len(raw) // 8 * 8], dtype=">i4").reshape(-1, 2)
        starts, sizes = pairs[:, 0].astype(np.int64) * 2, pairs[:, 1].astype(np.int64) * 2
        if not len(starts) or (starts < 100).any() or (sizes < 4).any():
            return None
        if (starts + 8 + sizes > len(self.raw)).any():
            return None
        if (self._ints(starts + 4, ">i4") * 2 != sizes).any():
            return None
        return starts + 8, sizes

    def _walked(self) -> tuple[Ints, Ints]:
        starts, sizes = [], []
        at, end = 100, len(self.raw)
        unpack = struct.Struct(">i").unpack_from
        while at + 12 <= end:
            size = unpack(self.raw, at + 4)[0] * 2
            if size < 4 or at + 8 + size > end:
                break  # the rest is cut off or garbage
            starts.append(at + 8)
            sizes.append(size)
            at += 8 + size
        return np.array(starts, dtype=np.int64), np.array(sizes, dtype=np.int64)

    def _ints(self, at: Ints, kind: str = "<i4") -> Ints:
        """The 32-bit integers at these bytes, aligned or not; 0 beyond the end."""
        inside = at + 4 <= len(self._bytes)
        safe = np.where(inside, at, 0)
        found = self._bytes[safe[:, None] + np.arange(4)].copy().view(kind).ravel()
        return np.where(inside, found, 0).astype(np.int64)

    def first_vertices(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """One vertex a record, nan for records without: what the CRS is decided on."""
        types = self._ints(self.starts)
        at = np.where(np.isin(types, _POINTS), self.starts + 4, self.starts + 40)
        polygons = np.isin(types, (*_POLYGONS, _MULTIPATCH))
        at = np.where(polygons, self.starts + 44 + 4 * self._ints(self.starts + 36), at)
        ends = self.starts + self.sizes
        good = (types != _NULL) & (at >= self.starts) & (at + 16 <= ends)
        xy = np.full((self.count, 2), np.nan)
        xy[good] = self._bytes[at[good][:, None] + np.arange(16)].copy().view("<f8")
        return xy[:, 0], xy[:, 1]

    def shapes(self, records: Ints, project: Project) -> tuple[Shapes, dict[int, str]]:
        """Shapes of these records, and what is wrong with unreadable ones: those past the end too,
        as a row without its shape would pass for a patch that has none."""
        shapes = np.full(len(records), None, dtype=object)
        problems: dict[int, str] = dict.fromkeys(
            np.flatnonzero(records >= self.count).tolist(), _CUT_OFF
        )
        present = np.flatnonzero(records < self.count)
        starts, sizes = self.starts[records[present]], self.sizes[records[present]]
        types = self._ints(starts)
        self._points(shapes, problems, present, starts, sizes, types, project)
        polygonal = np.isin(types, _POLYGONS)
        rings, points = self._ints(starts + 36), self._ints(starts + 40)
        sound = (rings >= 0) & (points >= 0) & (44 + 4 * rings + 16 * points <= sizes)
        for i in present[polygonal & ~sound]:
            problems[int(i)] = BROKEN
        use = polygonal & sound & (rings > 0) & (points > 0)
        self._polygons(
            shapes, problems, present[use], starts[use], rings[use], points[use], project
        )
        odd = ~np.isin(types, (_NULL, *_POINTS, *_MULTIPOINTS, *_POLYGONS))
        for i, kind in zip(present[odd], types[odd], strict=True):
            if kind == _MULTIPATCH:
                problems[int(i)] = "图形是三维多面体（multipatch），无法读取，请转换为面后导出。"
            elif kind in _LINES:
                problems[int(i)] = "图形是线，不是面，无法入库。"
            else:
                problems[int(i)] = BROKEN
        return shapes, problems

    def _points(
        self,
        shapes: Shapes,
        problems: dict[int, str],
        owners: Ints,
        starts: Ints,
        sizes: Ints,
        types: Ints,
        project: Project,
    ) -> None:
        for kinds, offset, least in ((_POINTS, 4, 20), (_MULTIPOINTS, 40, 56)):
            of_kind = np.isin(types, kinds)
            for i in np.flatnonzero(of_kind & (sizes < least)):
                problems[int(owners[i])] = BROKEN
            good = of_kind & (sizes >= least)
            if kinds is _MULTIPOINTS:
                several = good & (self._ints(starts + 36) != 1)
                for i in np.flatnonzero(several):
                    problems[int(owners[i])] = "图形是多点，无法入库；请改为面或单点。"
                good &= ~several
            at = (starts[good] + offset)[:, None] + np.arange(16)
            xy = self._bytes[at].copy().view("<f8").reshape(-1, 2)
            shapes[owners[good]] = shapely.points(*project(xy[:, 0], xy[:, 1]))

    def _polygons(
        self,
        shapes: Shapes,
        problems: dict[int, str],
        owners: Ints,
        starts: Ints,
        rings: Ints,
        points: Ints,
        project: Project,
    ) -> None:
        if not len(owners):
            return
        lengths, counts = self._ring_lengths(starts, rings, points)
        for owner in owners[counts == 0]:
            problems[int(owner)] = BROKEN
        use = counts > 0
        if not use.any():
            return
        coords = self._gathered(starts[use] + 44 + 4 * rings[use], points[use])
        if np.isnan(coords).any():  # closes no ring; inf does, and is refused later
            np.nan_to_num(coords, copy=False, nan=np.inf)
        lonlat = np.column_stack(project(coords[:, 0], coords[:, 1]))
        ring_of_point = np.repeat(np.arange(len(lengths)), lengths)
        full = lengths >= 3  # a ring of fewer points encloses nothing
        if not full.all():
            kept = full[ring_of_point]
            lonlat, ring_of_point = lonlat[kept], (np.cumsum(full) - 1)[ring_of_point[kept]]
        owner_of_ring = np.repeat(owners, counts)[full]
        _assemble(shapes, owner_of_ring, shapely.linearrings(lonlat, indices=ring_of_point))
        for owner in owners[shapely.is_missing(shapes[owners])]:
            problems.setdefault(int(owner), BROKEN)

    def _ring_lengths(self, starts: Ints, rings: Ints, points: Ints) -> tuple[Ints, Ints]:
        """Points of every ring in order, and rings of every record, 0 where its table is false."""
        counts = rings.copy()
        lengths = list(points[:, None])
        for i in np.flatnonzero(rings > 1):
            firsts = np.frombuffer(self.raw, "<i4", int(rings[i]), int(starts[i]) + 44)
            sizes = np.diff(firsts.astype(np.int64), append=points[i])
            if firsts[0] != 0 or sizes.min() < 0 or rings[i] > _MAX_RINGS:
                counts[i], sizes = 0, sizes[:0]
            lengths[i] = sizes
        return np.concatenate(lengths), counts

    def _gathered(self, at: Ints, points: Ints) -> npt.NDArray[np.float64]:
        """The vertices of records whose points begin at these bytes, one after the other."""
        total = int(points.sum())
        if (at % 4).any():  # legal, if nobody writes it
            blocks = [
                np.frombuffer(self.raw, "<f8", 2 * n, a)
                for a, n in zip(at.tolist(), points.tolist(), strict=True)
            ]
            return np.concatenate(blocks).reshape(-1, 2)
        words = np.frombuffer(self.raw, "<u4", len(self.raw) // 4)
        # words of one record follow each other: count on from each record's first
        step = np.ones(4 * total, dtype=np.int64)
        first = np.concatenate([[0], np.cumsum(4 * points[:-1])])
        step[first] = at // 4
        step[first[1:]] -= at[:-1] // 4 + 4 * points[:-1] - 1
        return words[np.cumsum(step)].view("<f8").reshape(-1, 2)


def _assemble(shapes: Shapes, owner_of_ring: Ints, rings: Shapes) -> None:
    """Rings, in the order of their owners, become the owners' polygons; in place."""
    if not len(rings):
        return
    first = np.flatnonzero(np.diff(owner_of_ring, prepend=-1))
    count = np.diff(first, append=len(owner_of_ring))
    single = first[count == 1]
    shapes[owner_of_ring[single]] = shapely.polygons(rings[single])
    for start, n in zip(first[count > 1].tolist(), count[count > 1].tolist(), strict=True):
        group = rings[start : start + n]
        try:
            shapes[owner_of_ring[start]] = _of_rings(group)
        except shapely.errors.GEOSException:  # rings too tangled to tell shells from holes
            shapes[owner_of_ring[start]] = shapely.multipolygons(shapely.polygons(group))


def _of_rings(rings: Shapes) -> shapely.Geometry:
    faces = shapely.polygons(rings)
    is_hole = shapely.is_ccw(rings)
    if is_hole.any() and not _holes_lie_in_shells(faces, is_hole):
        is_hole = _by_containment(faces)
    shells, holes = faces[~is_hole], rings[is_hole]
    if not len(holes):
        return shapely.multipolygons(shells)
    if len(shells) == 1:
        return shapely.polygons(rings[~is_hole][0], holes=holes)
    inside, around = shapely.STRtree(shells).query(faces[is_hole], predicate="within")
    order = np.argsort(-shapely.area(shells)[around], kind="stable")
    home = np.full(len(holes), -1)
    home[inside[order]] = around[order]  # the smallest shell around a hole is written last
    shell_rings = rings[~is_hole]
    parts = [shapely.polygons(r, holes=holes[home == i]) for i, r in enumerate(shell_rings)]
    parts += list(shapely.polygons(holes[home == -1]))
    return shapely.multipolygons(parts)


def _holes_lie_in_shells(faces: Shapes, is_hole: npt.NDArray[np.bool_]) -> bool:
    """By their boxes; not so where the rings are wound the wrong way round."""
    holes, shells = shapely.bounds(faces[is_hole]), shapely.bounds(faces[~is_hole])
    if not len(shells):
        return False
    west, south, east, north = (holes[:, None, i] - shells[None, :, i] for i in range(4))
    inside = (west >= 0) & (south >= 0) & (east <= 0) & (north <= 0)
    return bool(inside.any(axis=1).all())


def _by_containment(faces: Shapes) -> npt.NDArray[np.bool_]:
    """Which rings are holes: those inside an odd number of others."""
    area = shapely.area(faces)
    inner, outer = shapely.STRtree(faces).query(faces, predicate="within")
    inside = inner[area[outer] > area[inner]]
    depth: Ints = np.bincount(inside, minlength=len(faces))
    return np.asarray(depth % 2 == 1)
